"""Accept a turn: check what it names, set its credits aside, take its slot, and say what a worker is to do."""

from dataclasses import dataclass, replace
from typing import Any
from zlib import crc32

from parley.domain.avatars import Avatar
from parley.domain.times import iso
from parley.domain.turns import (
    CHAT_MICROS,
    EXTENSION_MICROS,
    ROUNDING_MICROS,
    SOUND_MICROS,
    Turn,
    longest_samples,
    wanted_for_text,
)
from parley.operations.caller import Caller
from parley.operations.choose_source import Source, choose_source
from parley.operations.choose_voice import choose_voice
from parley.operations.find_avatar import find_avatar
from parley.operations.find_sound import TurnSound
from parley.store.stores import Stores
from parley.store.workers import Worker
from parley.wire.backgrounds import AS_IS, parse_background
from parley.wire.streams import OpenStream
from parley.wire.turn_job import ChatMessage, Codec, TurnAudio, TurnJob
from parley.wire.turn_token import sign
from parley.wire.turns import StartTurn

LONGEST_PERSONA = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedTurn:
    """A turn that is paid for and waits for a worker."""

    turn: Turn
    body: StartTurn | OpenStream
    avatar: Avatar
    source: Source
    codec: Codec
    voice: str | None = None
    audio: TurnAudio | None = None

    def at(self, worker: Worker) -> Turn:
        """The turn as it is once that worker serves it."""
        return replace(
            self.turn, worker_id=worker.id, worker_address=worker.address, worker_fingerprint=worker.fingerprint
        )


def start_turn(
    stores: Stores,
    caller: Caller,
    body: StartTurn | OpenStream,
    turn_id: str,
    *,
    worker: Worker,
    codec: Codec,
    idempotency_key: str | None = None,
    sound: TurnSound | None = None,
) -> StartedTurn:
    """The turn, `streaming`, in the first place with `worker`; nobody was told yet. `sound`: what was given to speak.

    Raises NotFound, NotReady, InvalidInput, IdempotencyConflict, InsufficientCredits, ConcurrencyLimit: then nothing
    was written.
    """
    avatar = find_avatar(stores, caller, body.avatar_id)
    said = "source_kind" in body.model_fields_set
    source = choose_source(stores, avatar, body.source_kind, body.video_cache_id, kind_was_said=said)
    voice = _voice(stores, avatar, body)
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
    known = None if sound is None else sound.micros
    stored = stores.turns.start(turn, _wanted(body, known), caller.plan, now, exact=known is not None)
    audio = None if sound is None else sound.audio
    return StartedTurn(turn=stored, body=body, avatar=avatar, source=source, codec=codec, voice=voice, audio=audio)


def _voice(stores: Stores, avatar: Avatar, body: StartTurn | OpenStream) -> str | None:
    """Of words alone: sound that is given has its own."""
    if not isinstance(body, StartTurn) or body.mode == "speak_audio":
        return None
    language = body.language if "language" in body.model_fields_set else None
    return choose_voice(stores.settings.voices, avatar, body.voice_id, language)


def _wanted(body: StartTurn | OpenStream, known_micros: int | None) -> int:
    """Credit micros to set aside at first; what is not known grows while it is spoken."""
    if known_micros is not None:
        return known_micros + ROUNDING_MICROS
    if not isinstance(body, StartTurn):
        return EXTENSION_MICROS
    if body.mode == "speak_audio":
        return SOUND_MICROS
    return CHAT_MICROS if body.text is None else wanted_for_text(body.text, body.speed)


def turn_job(started: StartedTurn, worker: Worker) -> TurnJob:
    """What that worker is told."""
    body, turn = started.body, started.turn
    words = body if isinstance(body, StartTurn) else None
    colour = parse_background(body.background_id)
    return TurnJob(
        turn_id=turn.id,
        worker_id=worker.id,
        rig_key=started.source.rig_key,
        clip_key=started.source.clip_key,
        mode=body.mode,
        persona=persona_of(started.avatar) if body.mode == "chat" else None,
        voice=started.voice,
        audio=started.audio,
        input_rate=24000 if isinstance(body, StartTurn) else body.sample_rate,
        **({} if words is None else _in_words(words)),
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
        # What is paid for is the relay's to watch: a hold grows while its turn speaks.
        max_samples=longest_samples(turn.sample_rate),
    )


def _in_words(body: StartTurn) -> dict[str, Any]:
    """What only a turn has that is asked for at once."""
    return {
        "text": body.text,
        "messages": tuple(ChatMessage(role=said.role, content=said.content) for said in body.messages or ()),
        "language": body.language,
        "speed": body.speed,
        "low_latency_first_chunk": body.low_latency_first_chunk,
        "playout_delay_ms": body.playout_delay_ms,
        "max_buffer_delay_ms": body.max_buffer_delay_ms,
    }


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
