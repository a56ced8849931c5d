"""`python -m renderer.server`: a worker that streams turns, known to the registry while it lives."""

from __future__ import annotations

import asyncio
import logging
import socket
import tempfile
import threading
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

import uvicorn

from renderer.given_sound import SoundFiles
from renderer.media.h264_stream import H264Stream
from renderer.media_bucket import MediaBucket
from renderer.planes import blank
from renderer.prepared_faces import PreparedFaces
from renderer.public_address import PUBLIC, PublicAddress, described_by_ec2
from renderer.speech import speak
from renderer.speech.settings import SpeechSettings
from renderer.speech.voice import require_voices
from renderer.task_protection import TaskProtection
from renderer.telemetry import log_as_json
from renderer.turn_app import TurnApp
from renderer.turn_certificate import Certificate, given_certificate, made_certificate
from renderer.turn_keys import token_keys
from renderer.turn_registration import Registration
from renderer.turn_settings import TurnSettings
from renderer.turn_slots import TurnSlots
from renderer.turn_speaker import chat_from_env
from renderer.types import RATE
from renderer.visemes.by_sound import NetworkVisemes

log = logging.getLogger("renderer.server")
_LAST_WORDS_SEC: Final = 5.0


class TurnServer(uvicorn.Server):
    """Told to end, it leaves the registry, lets running turns go on for `grace_seconds`, then ends them."""

    def __init__(self, config: uvicorn.Config, slots: TurnSlots, registration: Registration, grace: float) -> None:
        super().__init__(config)
        self._slots, self._registration, self._grace = slots, registration, grace

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._registration.start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._slots.close()
        await asyncio.to_thread(self._registration.end)
        await asyncio.to_thread(self._slots.wait_until_idle, self._grace)
        self._slots.stop_all()
        # Each says its last word before connections are closed, however busy the machine is.
        await asyncio.to_thread(self._slots.wait_until_idle, _LAST_WORDS_SEC)
        await super().shutdown(sockets)


def serve(settings: TurnSettings, listener: socket.socket | None = None) -> None:
    """Until SIGTERM or SIGINT. `listener` in place of the settings' host and port."""
    listener = listener or socket.create_server((settings.host, settings.port), backlog=512)
    host, port = listener.getsockname()[:2]
    with tempfile.TemporaryDirectory() as folder:
        certificate = _certificate(settings, Path(folder), host)
        slots = TurnSlots(settings.slots)
        slots.works = TaskProtection.from_env().works
        threading.Thread(target=warm, name="warm", daemon=True).start()
        table, s3 = _client("dynamodb"), _client("s3")
        registration = Registration(
            table,
            settings.table_name,
            settings.worker_id,
            address=_address(settings, "http" if certificate is None else "https", host, port),
            fingerprint=None if certificate is None else certificate.fingerprint,
            slots=settings.slots,
            free=lambda: slots.free,
            interval=settings.heartbeat_seconds,
            lease_seconds=settings.lease_seconds,
        )
        slots.changed = registration.changed
        media = MediaBucket(s3, settings.media_bucket)
        faces = PreparedFaces(media.read, settings.faces_kept)
        sounds = SoundFiles(MediaBucket(s3, settings.uploads_bucket).open, media.open)
        keys = token_keys(settings, lambda: _client("secretsmanager"))
        app = TurnApp(settings.worker_id, keys, slots, faces, sounds, cache(chat_from_env)).asgi()
        server = TurnServer(_config(app, certificate), slots, registration, settings.grace_seconds)
        log.info("turn worker started", extra={"workerId": settings.worker_id, "slots": settings.slots, "port": port})
        server.run(sockets=[listener])
        log.info("turn worker stopped", extra={"workerId": settings.worker_id})


def warm() -> None:
    """Loads what the first turn would wait for: voice, encoder, network."""
    speak("one")
    H264Stream(64, 64, 25).encode(blank(64, 64).i420)
    NetworkVisemes().track(blank(64, 64).i420.reshape(-1).view("int16")[: RATE // 100])


def _config(app: Any, certificate: Certificate | None) -> uvicorn.Config:
    tls: dict[str, Any] = {}
    if certificate is not None:
        tls = {"ssl_certfile": str(certificate.cert), "ssl_keyfile": str(certificate.key)}
    return uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="off", server_header=False, date_header=False,
        timeout_keep_alive=30, timeout_graceful_shutdown=2, **tls,
    )  # fmt: skip


def _address(settings: TurnSettings, scheme: str, host: str, port: int) -> str:
    """What goes into the registry. Raises ValueError where the public address that was asked for cannot be found."""
    if settings.address == PUBLIC:
        found = PublicAddress(described_by_ec2(_client("ec2"))).find()
        return f"{scheme}://{found}:{port}"
    return settings.address or f"{scheme}://{host}:{port}"


def _certificate(settings: TurnSettings, folder: Path, host: str) -> Certificate | None:
    """None on loopback, where nobody listens in. Raises ValueError where there is none and none can be made."""
    if settings.tls_cert is not None and settings.tls_key is not None:
        return given_certificate(Path(settings.tls_cert), Path(settings.tls_key))
    return None if ip_address(host).is_loopback else made_certificate(folder, settings.worker_id)


def _client(service: str) -> Any:
    import boto3

    # Its type lists every service of AWS; only the installed stubs' are known.
    return boto3.client(service)  # pyright: ignore


def main() -> None:
    """A worker by the environment's settings."""
    log_as_json()
    require_voices(SpeechSettings.from_env())
    serve(TurnSettings.from_env())


if __name__ == "__main__":
    main()
