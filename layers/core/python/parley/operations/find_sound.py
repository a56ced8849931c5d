"""The sound that somebody names to be spoken: which it is, how long, and how a worker comes by it."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from parley.domain.assets import Asset
from parley.domain.errors import InvalidInput, MediaRejected, NotReady
from parley.domain.object_keys import turn_sound_key
from parley.domain.spaces import Space
from parley.domain.turns import MICROS_PER_SECOND
from parley.operations.asset_links import own_asset_id
from parley.operations.caller import Caller
from parley.store.fetch import GuardedFetcher
from parley.store.stores import Stores
from parley.wire.sizes import AUDIO_MAX_BYTES
from parley.wire.turn_job import TurnAudio
from parley.wire.turns import StartTurn


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnSound:
    """`audio`: where a worker finds it; None while it is still to be fetched from `url`. `micros`: its length, where
    that is known."""

    audio: TurnAudio | None = None
    url: str | None = None
    micros: int | None = None


def find_sound(stores: Stores, fetcher: GuardedFetcher, caller: Caller, body: StartTurn) -> TurnSound | None:
    """What a turn of mode speak_audio names, None for any other; nothing is fetched yet.

    Raises NotFound, NotReady, InvalidInput, MediaRejected, UrlRejected.
    """
    if body.audio_pcm is not None:
        given = body.audio_pcm
        micros = len(given.pcm) // 2 * MICROS_PER_SECOND // given.sample_rate
        audio = TurnAudio(pcm=given.data.encode(), sample_rate=given.sample_rate)
        return TurnSound(audio=audio, micros=micros)
    asset_id = body.audio_asset_id
    if body.audio_url is not None:
        asset_id = own_asset_id(stores, caller.space, body.audio_url)
        if asset_id is None:
            fetcher.check(body.audio_url)
            return TurnSound(url=body.audio_url)
    if asset_id is None:
        return None
    asset = ready_sound(stores.assets.get(caller.space, asset_id))
    return TurnSound(audio=TurnAudio(s3_key=asset.s3_key), micros=asset.duration_micros)


def fetch_sound(stores: Stores, fetcher: GuardedFetcher, space: Space, turn_id: str, url: str) -> TurnAudio:
    """The file behind `url`, where workers read: `forget_sound` takes it away again. Raises UrlRejected."""
    with TemporaryDirectory(prefix="parley-turn-") as folder:
        path = Path(folder) / "sound"
        with path.open("w+b") as file:
            fetched = fetcher.fetch(url, file, max_bytes=AUDIO_MAX_BYTES, accept=("audio", "video"))
        key = turn_sound_key(space, turn_id)
        stores.media.put_file(key, str(path), fetched.content_type or "application/octet-stream")
    return TurnAudio(media_key=key)


def forget_sound(stores: Stores, audio: TurnAudio | None) -> None:
    """The copy that was fetched for one turn is gone. Not an error where there is none."""
    if audio is not None and audio.media_key is not None:
        stores.media.delete(audio.media_key)


def ready_sound(asset: Asset) -> Asset:
    """An asset that can be spoken. Raises InvalidInput, MediaRejected, NotReady."""
    if asset.kind == "image":
        raise InvalidInput(f"Asset {asset.id} is an image. Speech needs a sound file, or a video with sound.")
    if asset.status == "failed":
        raise MediaRejected(asset.advice or "The sound was refused. Upload another one.", asset.failure_code)
    if asset.status != "ready":
        raise NotReady(f"Asset {asset.id} is {asset.status}. Wait until it is ready.", "asset_not_ready")
    return asset
