"""Accept a turn: check what it names, set its credits aside, take its slot, and say what a worker is to do."""

from dataclasses import dataclass, replace
from typing import Any
from zlib import crc32

from parley.domain.avatars import Avatar
from parley.domain.times import iso
from parley.domain.turns import CHAT_MICROS, Turn, longest_samples, wanted_for_text
from parley.operations.caller import Caller
from parley.operations.choose_source import Source, choose_source
from parley.operations.choose_voice import choose_voice
from parley.operations.find_avatar import find_avatar
from parley.store.stores import Stores
from parley.store.workers import Worker
from parley.wire.backgrounds import AS_IS, parse_background
from parley.wire.turn_job import ChatMessage, Codec, TurnJob
from parley.wire.turn_token import sign
from parley.wire.turns import StartTurn

LONGEST_PERSONA = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedTurn:
    """A turn that is paid for and waits for a worker."""

    turn: Turn
    body: StartTurn
    avatar: Avatar
    source: Source
    codec: Codec
    voice: str

    def at(self, worker: Worker) -> Turn:
        """The turn as it is once that worker serves it."""
        return replace(
            self.turn, worker_id=worker.id, worker_address=worker.address, worker_fingerprint=worker.fingerprint
        )


def start_turn(
    stores: Stores,
    caller: Caller,
    body: StartTurn,
    turn_id: str,
    *,
    worker: Worker,
    codec: Codec,
    idempotency_key: str | None = None,
) -> StartedTurn:
    """The turn, `streaming`, in the first place with `worker`; nobody was told yet.

    Raises NotFound, NotReady, InvalidInput, IdempotencyConflict, InsufficientCredits, ConcurrencyLimit: then nothing
    was written.
    """
    avatar = find_avatar(stores, caller, body.avatar_id)
    said = "source_kind" in body.model_fields_set
    source = choose_source(stores, avatar, body.source_kind, body.video_cache_id, kind_was_said=said)
    language = body.language if "language" in body.model_fields_set else None
    voice = choose_voice(stores.settings.voices, avatar, body.voice_id, language)
    now = stores.clock.now()
    turn = Turn(
        id=turn_id,
        tenant_id=caller.space.tenant,
        environment=caller.space.environment,
        avatar_id=avatar.id,
        mode=body.mode,
        sample_rate=body.audio.sample_rate,
        key_id=caller.key_id,
        idempotency_key=idempotency_key,
        worker_id=worker.id,
        worker_address=worker.address,
        worker_fingerprint=worker.fingerprint,
        created_at=iso(now),
        updated_at=iso(now),
    )
    wanted = CHAT_MICROS if body.text is None else wanted_for_text(body.text, body.speed)
    stored = stores.turns.start(turn, wanted, caller.plan, now)
    return StartedTurn(turn=stored, body=body, avatar=avatar, source=source, codec=codec, voice=voice)


def turn_job(started: StartedTurn, worker: Worker) -> TurnJob:
    """What that worker is told."""
    body, turn = started.body, started.turn
    colour = parse_background(body.background_id)
    return TurnJob(
        turn_id=turn.id,
        worker_id=worker.id,
        rig_key=started.source.rig_key,
        clip_key=started.source.clip_key,
        mode=body.mode,
        text=body.text,
        messages=tuple(ChatMessage(role=said.role, content=said.content) for said in body.messages or ()),
        persona=persona_of(started.avatar) if body.mode == "chat" else None,
        voice=started.voice,
        language=body.language,
        speed=body.speed,
        emotion=body.emotion,
        intensity=body.intensity,
        width=body.video.width,
        height=body.video.height,
        fps=body.video.fps,
        codec=started.codec,
        sample_rate=body.audio.sample_rate,
        visemes=body.visemes,
        background=None if colour == AS_IS else colour,
        seed=crc32(turn.id.encode()) >> 1 if body.seed is None else body.seed,
        low_latency_first_chunk=body.low_latency_first_chunk,
        playout_delay_ms=body.playout_delay_ms,
        max_buffer_delay_ms=body.max_buffer_delay_ms,
        # What is paid for is the relay's to watch: a hold grows while its turn speaks.
        max_samples=longest_samples(turn.sample_rate),
    )


def turn_token(stores: Stores, turn_id: str, worker_id: str) -> str:
    """What opens that turn on that worker, for a minute. Raises Unavailable where no key is set."""
    return sign(turn_id, worker_id, stores.settings.turn_key, int(stores.clock.now().timestamp()))


def persona_of(avatar: Avatar) -> str | None:
    """What its owner wrote under `persona` in the avatar's settings or metadata."""
    for place in (avatar.settings, avatar.metadata):
        persona: Any = place.get("persona")
        if isinstance(persona, str) and persona.strip():
            return persona.strip()[:LONGEST_PERSONA]
    return None
