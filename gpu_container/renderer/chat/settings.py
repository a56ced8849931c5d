"""Which language model answers, as the environment says, read once at a process's start."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

COMPLETIONS = "/chat/completions"


@dataclass(frozen=True)
class ChatSettings:
    """`url` goes before `bedrock_model_id`. `most_letters`: of a reply.

    `first_seconds`: until the first word; `pause_seconds`: between two pieces; `total_seconds`: for all of it.
    """

    url: str | None = None
    model: str | None = None
    api_key: str | None = field(default=None, repr=False)
    bedrock_model_id: str | None = None
    first_seconds: float = 20.0
    pause_seconds: float = 10.0
    total_seconds: float = 120.0
    most_letters: int = 4_000

    def __post_init__(self) -> None:
        if self.url is None:
            return
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("CHAT_URL must be an http or https URL, such as http://localhost:11434/v1")
        if not self.model:
            raise ValueError("CHAT_MODEL must name the model that CHAT_URL serves")

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> ChatSettings:
        """CHAT_URL, CHAT_MODEL, CHAT_API_KEY, BEDROCK_MODEL_ID; an empty one is absent. Raises ValueError."""
        env = os.environ if environ is None else environ
        return cls(
            url=env.get("CHAT_URL") or None,
            model=env.get("CHAT_MODEL") or None,
            api_key=env.get("CHAT_API_KEY") or None,
            bedrock_model_id=env.get("BEDROCK_MODEL_ID") or None,
        )

    @property
    def completions_url(self) -> str:
        """`url` may be the server's base, ending in /v1, or the whole address."""
        bare = (self.url or "").rstrip("/")
        return bare if bare.endswith(COMPLETIONS) else bare + COMPLETIONS
