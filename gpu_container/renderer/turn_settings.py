"""What a worker that streams turns is told by its environment, read once at its start."""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from renderer.drawing_ahead import usable_cores

SLOTS_PER_CORE: Final = 3
"""A turn of 512 x 512 at 25 pictures a second takes about an eighth of a core, and three times that at its start."""
LEAST_KEY_BYTES: Final = 16


@dataclass(frozen=True)
class TurnSettings:
    """`host` and `port` to listen on (0: a free one); `address`: how the relay reaches us, None for that of `host`,
    `public` for the public IPv4 that the cloud gave us."""

    table_name: str
    media_bucket: str
    uploads_bucket: str
    token_key: bytes = field(repr=False)
    worker_id: str
    host: str = "127.0.0.1"
    port: int = 0
    address: str | None = None
    slots: int = SLOTS_PER_CORE
    heartbeat_seconds: float = 5.0
    lease_seconds: float = 15.0
    grace_seconds: float = 20.0
    faces_kept: int = 12
    tls_cert: str | None = None
    tls_key: str | None = None
    token_key_secret: str | None = None

    def __post_init__(self) -> None:
        if (self.token_key or not self.token_key_secret) and len(self.token_key) < LEAST_KEY_BYTES:
            raise ValueError(
                f"TURN_TOKEN_KEY must have at least {LEAST_KEY_BYTES} bytes, or TURN_TOKEN_KEY_SECRET name a secret"
            )
        if not 0 < self.heartbeat_seconds < self.lease_seconds:
            raise ValueError("TURN_HEARTBEAT_SECONDS must be above 0 and below TURN_LEASE_SECONDS")

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> TurnSettings:
        """TABLE_NAME, MEDIA_BUCKET, UPLOADS_BUCKET, and TURN_<NAME> for the rest. Raises ValueError."""
        env = os.environ if environ is None else environ
        name = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        return cls(
            table_name=env.get("TABLE_NAME", "parley"),
            media_bucket=env.get("MEDIA_BUCKET", "parley-media"),
            uploads_bucket=env.get("UPLOADS_BUCKET", "parley-uploads"),
            token_key=env.get("TURN_TOKEN_KEY", "").encode(),
            token_key_secret=env.get("TURN_TOKEN_KEY_SECRET") or None,
            worker_id=env.get("TURN_WORKER_ID", name),
            host=env.get("TURN_HOST", cls.host),
            port=int(env.get("TURN_PORT", cls.port)),
            address=env.get("TURN_ADDRESS") or None,
            slots=int(env.get("TURN_SLOTS", SLOTS_PER_CORE * usable_cores())),
            heartbeat_seconds=float(env.get("TURN_HEARTBEAT_SECONDS", cls.heartbeat_seconds)),
            lease_seconds=float(env.get("TURN_LEASE_SECONDS", cls.lease_seconds)),
            grace_seconds=float(env.get("TURN_GRACE_SECONDS", cls.grace_seconds)),
            tls_cert=env.get("TURN_TLS_CERT") or None,
            tls_key=env.get("TURN_TLS_KEY") or None,
            faces_kept=int(env.get("TURN_FACES_KEPT", cls.faces_kept)),
        )
