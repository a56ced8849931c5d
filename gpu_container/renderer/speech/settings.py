"""Which voices beside espeak-ng's are set up, as the environment says."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

SPEECH_PATH = "/audio/speech"


@dataclass(frozen=True)
class SpeechSettings:
    """`seconds`: how long the sound of one text may take to come; `most_bytes`: how large it may be."""

    polly: bool = False
    url: str | None = None
    model: str | None = None
    api_key: str | None = field(default=None, repr=False)
    seconds: float = 60.0
    most_bytes: int = 128 * 1024 * 1024
    """Half an hour at 24 kHz is 86 MB."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> SpeechSettings:
        """POLLY, SPEECH_URL, SPEECH_MODEL, SPEECH_API_KEY; an empty one is absent."""
        env = os.environ if environ is None else environ
        return cls(
            polly=env.get("POLLY", "").strip().lower() in ("1", "true", "yes", "on"),
            url=env.get("SPEECH_URL") or None,
            model=env.get("SPEECH_MODEL") or None,
            api_key=env.get("SPEECH_API_KEY") or None,
        )

    @property
    def speech_url(self) -> str:
        """`url` may be the server's base, ending in /v1, or the whole address."""
        bare = (self.url or "").rstrip("/")
        return bare if bare.endswith(SPEECH_PATH) else bare + SPEECH_PATH

    @property
    def url_is_good(self) -> bool:
        parts = urlsplit(self.url or "")
        return parts.scheme in ("http", "https") and bool(parts.hostname)
