"""The renderer's own worker on a loopback port, registered with a stage: what it speaks is real."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from parley.store import aws
from parley.store.workers import Worker
from renderer.given_sound import SoundFiles
from renderer.media_bucket import MediaBucket
from renderer.prepared_faces import PreparedFaces
from renderer.turn_app import TurnApp
from renderer.turn_slots import TurnSlots
from tests.functions.turn.turn_stage import TOKEN_KEY, Stage
from tests.loopback_server import LoopbackServer


@dataclass
class SpeakingWorker:
    slots: TurnSlots
    app: TurnApp


@contextmanager
def speaking_worker(stage: Stage, rig: bytes, slots: int = 4) -> Iterator[SpeakingWorker]:
    room = TurnSlots(slots)
    s3 = aws.s3()
    sounds = SoundFiles(MediaBucket(s3, "parley-uploads").open, MediaBucket(s3, "parley-media").open)
    faces = PreparedFaces(lambda _: rig)

    def clock() -> float:
        return stage.world.clock.at.timestamp()

    app = TurnApp("wrk_real", lambda: (TOKEN_KEY.encode(),), room, faces, sounds, clock=clock)
    with LoopbackServer(app.asgi()) as server:
        stage.stores.workers.register(
            Worker(
                id="wrk_real", address=server.url, fingerprint=None, slots=slots, free=slots,
                lease_expires=int(clock()) + 1_000_000,
            )
        )  # fmt: skip
        try:
            yield SpeakingWorker(room, app)
        finally:
            room.stop_all()
