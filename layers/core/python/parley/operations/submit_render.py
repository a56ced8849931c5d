"""Accept a render: check what it names, set its credits aside, take its slot, and hand it to the workflow."""

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from parley.domain.avatars import Avatar
from parley.domain.billing import wanted_micros
from parley.domain.errors import InvalidInput, MediaRejected, NotReady
from parley.domain.renders import CaptionsWish, Render, SpeechSource
from parley.domain.system_avatars import rig_to_draw
from parley.domain.times import iso
from parley.operations.asset_links import own_asset_id
from parley.operations.caller import Caller
from parley.operations.choose_voice import choose_voice
from parley.operations.find_avatar import find_avatar
from parley.operations.find_sound import ready_sound
from parley.operations.wake_fleet import wake_fleet
from parley.store.fetch import GuardedFetcher
from parley.store.stores import Stores
from parley.wire.backgrounds import AS_IS, parse_background
from parley.wire.renders import SubmitRender

logger = Logger(service="parley")


def submit_render(
    stores: Stores,
    fetcher: GuardedFetcher,
    caller: Caller,
    body: SubmitRender,
    render_id: str,
    *,
    batch_id: str | None = None,
    batch_line: int | None = None,
) -> Render:
    """The render, `queued`; nothing is fetched yet. The same id again gives it as it stands and charges nothing.

    Raises NotFound, NotReady, InvalidInput, MediaRejected, UrlRejected, InsufficientCredits, ConcurrencyLimit.
    """
    avatar = find_avatar(stores, caller, body.avatar_id)
    source, duration = _source(stores, fetcher, caller, body)
    wish = body.background or body.background_id or AS_IS
    picture_id, picture_url = _background_picture(stores, fetcher, caller, body)
    voice_id = _voice(stores, avatar, body)
    now = stores.clock.now()
    render = Render(
        id=render_id,
        tenant_id=caller.space.tenant,
        environment=caller.space.environment,
        avatar_id=avatar.id,
        asset_rig_key=rig_to_draw(avatar),
        source=source,
        size=body.size,
        aspect_ratio=body.aspect_ratio,
        fps=body.fps,
        background_id=wish,
        background=_colour(wish),
        background_asset_id=picture_id,
        background_url=picture_url,
        captions=_captions(body),
        voice_id=voice_id,
        language=body.language,
        seed=body.seed,
        emotion=body.emotion,
        intensity=body.intensity,
        key_id=caller.key_id,
        batch_id=batch_id,
        batch_line=batch_line,
        created_at=iso(now),
        updated_at=iso(now),
    )
    wanted = wanted_micros(source, body.fps, duration)
    stored = stores.renders.submit(render, wanted, caller.plan, now, exact=duration is not None)
    if stored.status == "queued":
        _hand_over(stores, stored)
    return stored


def _voice(stores: Stores, avatar: Avatar, body: SubmitRender) -> str | None:
    voices = stores.settings.voices
    if body.text is not None:
        return choose_voice(voices, avatar, body.voice_id, body.language)
    # Of sound that is given, only the words are placed by a voice of the language: none is heard.
    if body.language is not None:
        voices.match(body.language)
    return None if body.voice_id is None else voices.find(body.voice_id).id


def _colour(wish: str) -> str | None:
    """What is drawn behind the speaker: #rrggbb, transparent, or None for the portrait's own."""
    colour = parse_background(wish)
    return None if colour == AS_IS else colour


def _captions(body: SubmitRender) -> CaptionsWish | None:
    asked = body.captions
    if asked is None:
        return None
    return CaptionsWish(
        style=asked.style, position=asked.position, size=asked.size, offset_x=asked.offset_x, offset_y=asked.offset_y
    )


def _background_picture(
    stores: Stores, fetcher: GuardedFetcher, caller: Caller, body: SubmitRender
) -> tuple[str | None, str | None]:
    """The asset or the address of the picture behind the speaker, checked as far as can be without reading it."""
    asset_id, url = body.background_asset_id, body.background_url
    if url is not None:
        asset_id = own_asset_id(stores, caller.space, url)
        if asset_id is None:
            fetcher.check(url)
            return None, url
    if asset_id is None:
        return None, None
    asset = stores.assets.get(caller.space, asset_id)
    if asset.kind != "image":
        raise InvalidInput(f"Asset {asset.id} is no image. A background needs a picture.")
    if asset.status == "failed":
        # Its bytes are gone. One that only wants a face is what a background is: it needs to be sent as such.
        advice = "The picture was refused as a portrait. Upload it again with purpose background."
        known = asset.advice if (asset.failure_code or "").startswith(("image_", "media_")) else None
        raise MediaRejected(known or advice, asset.failure_code)
    if asset.status != "ready":
        raise NotReady(f"Asset {asset.id} is {asset.status}. Wait until it is ready.", "asset_not_ready")
    return asset.id, None


def _hand_over(stores: Stores, render: Render) -> None:
    """Tells the workflow, which starts once per render id however often it is told.

    The render is accepted already, so a queue that cannot be reached is no failure of the order: the sweeper sends
    again what nobody took up.
    """
    message = {"renderId": render.id, "tenant": render.tenant_id, "environment": render.environment}
    try:
        stores.submitted_queue.send(message)
    except (BotoCoreError, ClientError) as error:
        logger.warning("the workflow was not told yet", renderId=render.id, error=str(error))
    # While the speech is made a worker starts.
    wake_fleet(stores)


def _source(
    stores: Stores, fetcher: GuardedFetcher, caller: Caller, body: SubmitRender
) -> tuple[SpeechSource, int | None]:
    """Where the speech comes from, and its length in microseconds where that is known already."""
    if body.text is not None:
        return SpeechSource(kind="text", text=body.text), None
    asset_id = body.audio_asset_id
    if body.audio_url is not None:
        asset_id = own_asset_id(stores, caller.space, body.audio_url)
        if asset_id is None:
            fetcher.check(body.audio_url)
            return SpeechSource(kind="url", url=body.audio_url, transcript=body.transcript), None
    assert asset_id is not None  # SubmitRender holds exactly one of the three
    asset = ready_sound(stores.assets.get(caller.space, asset_id))
    return SpeechSource(kind="asset", asset_id=asset.id, transcript=body.transcript), asset.duration_micros
