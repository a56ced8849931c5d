"""Bring a render's speech, and the picture behind it, into the form that workers read, and hold what it will cost."""

from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from parley.domain.billing import speech_micros
from parley.domain.object_keys import background_key, speech_keys
from parley.domain.renders import Render
from parley.domain.spaces import Space
from parley.operations.await_system_rig import await_system_rig
from parley.operations.clear_render_files import clear_speech
from parley.store.fetch import GuardedFetcher
from parley.store.render_watch import watch
from parley.store.stores import Stores
from parley.wire.render_job import JobCaptions, RenderJob
from parley.wire.sizes import AUDIO_PRESIGNED_MAX_BYTES, IMAGE_MAX_BYTES

# The whole of a render may take this long, in seconds, beside the wait for a worker and per second of speech: the
# slowest renderer offered draws in real time, and a dead worker's job begins anew.
_LEEWAY_SECONDS = 120
_SECONDS_PER_SECOND = 3


@dataclass(frozen=True, slots=True)
class Made:
    """Canonical sound of that length in microseconds; phonemes and words, as JSON, where the text was known."""

    duration_micros: int
    phonemes: bytes | None = None


class SpeechMaker(Protocol):
    """Writes canonical sound and pictures into a file. Raises MediaRejected or InvalidInput for what cannot be used."""

    def decode(self, source: Path, into: Path, transcript: str | None, language: str | None) -> Made: ...

    def speak(self, text: str, voice: str | None, language: str | None, into: Path) -> Made: ...

    def picture(self, source: Path, into: Path) -> None:
        """A picture for behind the speaker, as PNG of a bounded size."""
        ...


def fetch_speech(
    stores: Stores, fetcher: GuardedFetcher, maker: SpeechMaker, space: Space, render_id: str
) -> RenderJob:
    """The job for a worker. Marks the render `processing`; safe to repeat.

    Raises Conflict (`render_ended`) for a render canceled meanwhile, NotFound, UrlRejected, MediaRejected,
    InvalidInput, InsufficientCredits when the speech is longer than the wallet can pay, and Unavailable when a system
    avatar does not become ready.
    """
    render = stores.renders.begin(space, render_id, stores.clock.now())
    watch(stores.table, space, render_id, stores.clock.now(), new_workflow=True)
    wav_key, phonemes_key = speech_keys(space, render_id)
    with TemporaryDirectory() as folder:
        wav = Path(folder) / "speech.wav"
        made = _make(stores, fetcher, maker, render, Path(folder) / "source", wav)
        cost = speech_micros(made.duration_micros, render.fps)
        stores.renders.top_up(space, render_id, cost, stores.clock.now())
        stores.media.put_file(wav_key, str(wav), "audio/wav")
        _put_background(stores, fetcher, maker, render, Path(folder))
    if made.phonemes is not None:
        stores.media.put(phonemes_key, made.phonemes, "application/json")
    if not watch(stores.table, space, render_id, stores.clock.now()):
        # Canceled meanwhile: whoever ended it cleared its files before these came.
        clear_speech(stores, space, render_id)
    await_system_rig(stores, render.asset_rig_key)
    return _job(stores, render, made)


def _make(stores: Stores, fetcher: GuardedFetcher, maker: SpeechMaker, render: Render, source: Path, wav: Path) -> Made:
    asked = render.source
    if asked.kind == "text":
        return maker.speak(asked.text or "", render.voice_id, render.language, wav)
    if asked.kind == "asset":
        asset = stores.assets.get(render.space, asked.asset_id or "")
        stores.uploads.get_file(asset.s3_key, str(source))
    else:
        with source.open("wb") as file:
            fetcher.fetch(asked.url or "", file, max_bytes=AUDIO_PRESIGNED_MAX_BYTES, accept=("audio", "video"))
    return maker.decode(source, wav, asked.transcript, render.language)


def _put_background(stores: Stores, fetcher: GuardedFetcher, maker: SpeechMaker, render: Render, folder: Path) -> None:
    """Where the render asks for a picture behind the speaker, into the media bucket with it."""
    source, png = folder / "picture", folder / "picture.png"
    if render.background_asset_id is not None:
        stores.uploads.get_file(stores.assets.get(render.space, render.background_asset_id).s3_key, str(source))
    elif render.background_url is not None:
        with source.open("wb") as file:
            fetcher.fetch(render.background_url, file, max_bytes=IMAGE_MAX_BYTES, accept=("image",))
    else:
        return
    maker.picture(source, png)
    stores.media.put_file(background_key(render.space, render.id), str(png), "image/png")


def _job(stores: Stores, render: Render, made: Made) -> RenderJob:
    wav_key, phonemes_key = speech_keys(render.space, render.id)
    has_picture = render.background_asset_id is not None or render.background_url is not None
    patience = stores.settings.render_heartbeat_seconds
    whole = patience + _LEEWAY_SECONDS + _SECONDS_PER_SECOND * made.duration_micros // 1_000_000
    return RenderJob(
        render_id=render.id,
        tenant=render.tenant_id,
        environment=render.environment,
        rig_key=render.asset_rig_key,
        speech_key=wav_key,
        phonemes_key=phonemes_key if made.phonemes is not None else None,
        size=render.size,
        aspect_ratio=render.aspect_ratio,
        fps=render.fps,
        seed=render.seed,
        emotion=render.emotion,
        intensity=render.intensity,
        background=render.background,
        background_key=background_key(render.space, render.id) if has_picture else None,
        captions=None if render.captions is None else JobCaptions(**asdict(render.captions)),
        heartbeat_seconds=patience,
        timeout_seconds=whole,
    )
