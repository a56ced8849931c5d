"""Our own objects as the API shows them."""

from dataclasses import asdict
from datetime import UTC, datetime

from parley.domain import keys
from parley.domain.assets import Asset
from parley.domain.avatars import Avatar
from parley.domain.batches import Batch
from parley.domain.keys import ApiKey, PresentedKey
from parley.domain.renders import CaptionsWish, Render
from parley.domain.system_avatars import system_picture_of
from parley.domain.times import iso
from parley.domain.video_caches import RECORDED, VideoCache
from parley.domain.wallet import Wallet
from parley.operations.asset_links import public_url
from parley.operations.open_batch import results_url
from parley.operations.report_usage import UsageReport
from parley.store.stores import Stores
from parley.wire import api_keys, assets, avatars, batches, credits, renders, usage, video_cache
from parley.wire.looks import Captions

LINK_SECONDS = 3600


def avatar_out(stores: Stores, avatar: Avatar) -> avatars.Avatar:
    picture = system_picture_of(avatar)
    shown = avatars.Avatar.model_validate(avatar)
    if picture is None:
        return shown
    url = stores.media.presign_get(picture, seconds=LINK_SECONDS, content_type="image/png")
    return shown.model_copy(update={"picture_url": url})


def asset_out(stores: Stores, asset: Asset) -> assets.Asset:
    duration = asset.duration_micros
    return assets.Asset(
        id=asset.id,
        tenant_id=asset.tenant_id,
        kind=asset.kind,
        purpose=asset.purpose if asset.kind == "image" else None,
        status=asset.status,
        content_type=asset.content_type,
        size_bytes=asset.size_bytes,
        sha256=asset.sha256,
        public_url=public_url(stores, asset),
        original_filename=asset.original_filename,
        metadata=dict(asset.metadata),
        width=asset.width,
        height=asset.height,
        duration_seconds=None if duration is None else duration / 1e6,
        error=asset.advice,
        error_code=asset.failure_code,
        created_at=asset.created_at,
        updated_at=asset.updated_at,
    )


def render_out(stores: Stores, render: Render) -> renders.Render:
    error = render.error
    return renders.Render(
        id=render.id,
        avatar_id=render.avatar_id,
        status=render.status,
        progress=render.progress,
        url=video_url(stores, render),
        captions_url=captions_url(stores, render),
        size=render.size,
        aspect_ratio="16:9" if render.aspect_ratio == "16:9" else "9:16" if render.aspect_ratio == "9:16" else "1:1",
        fps=render.fps,
        background=_background(render),
        captions=_captions(render.captions),
        emotion=render.emotion,
        intensity=render.intensity,
        seed=render.seed,
        frames=render.frames,
        duration_seconds=render.duration_seconds,
        width=render.width,
        height=render.height,
        reserved_credit_micros=render.reserved_credit_micros,
        billed_credit_micros=render.billed_credit_micros,
        error=None if error is None else renders.RenderError.model_validate(error),
        batch_id=render.batch_id,
        created_at=render.created_at,
        updated_at=render.updated_at,
        started_at=render.started_at,
        completed_at=render.completed_at,
    )


def video_url(stores: Stores, render: Render) -> str | None:
    """A link to the finished video, good for an hour."""
    if render.status != "completed" or render.output_key is None:
        return None
    kind = "video/webm" if render.output_key.endswith(".webm") else "video/mp4"
    return stores.media.presign_get(render.output_key, seconds=LINK_SECONDS, content_type=kind)


def captions_url(stores: Stores, render: Render) -> str | None:
    """A link to its captions as WebVTT, where its words were known."""
    if render.status != "completed" or render.captions_key is None:
        return None
    return stores.media.presign_get(render.captions_key, seconds=LINK_SECONDS, content_type="text/vtt")


def _background(render: Render) -> str:
    if render.background_asset_id is not None or render.background_url is not None:
        return "image"
    return render.background_id or render.background or "as_is"


def _captions(wish: CaptionsWish | None) -> Captions | None:
    return None if wish is None else Captions.model_validate(asdict(wish), by_name=True)


def video_cache_out(stores: Stores, cache: VideoCache) -> video_cache.VideoCachePlan:
    queued = cache.status == "queued"
    preview = cache.preview_key
    manifest = video_cache.VideoCacheManifest(
        id=cache.manifest_id,
        avatar_id=cache.avatar_id,
        asset_id=cache.asset_id,
        version=cache.version,
        settings=video_cache.VideoCacheSettings.model_validate(cache.settings),
        recorded_only=list(RECORDED),
        preview_url=None if preview is None else stores.media.presign_get(preview, seconds=LINK_SECONDS),
        lease_expires_at=iso(datetime.fromtimestamp(cache.lease_ends, UTC)) if queued else None,
        created_at=cache.created_at,
        updated_at=cache.updated_at,
    )
    plan = None if cache.plan is None else dict(cache.plan)
    return video_cache.VideoCachePlan(status="queued" if queued else "ready", manifest=manifest, plan=plan)


def batch_out(stores: Stores, batch: Batch) -> batches.Batch:
    error = batch.error
    return batches.Batch(
        id=batch.id,
        status=batch.status,
        lines=batch.lines,
        completed=batch.completed,
        failed=batch.failed,
        canceled=batch.canceled,
        results_url=results_url(stores, batch),
        error=None if error is None else renders.RenderError.model_validate(error),
        created_at=batch.created_at,
        updated_at=batch.updated_at,
        completed_at=batch.completed_at,
    )


def balance_out(tenant_id: str, wallet: Wallet) -> credits.CreditBalance:
    return credits.CreditBalance(
        tenant_id=tenant_id,
        balance_credit_micros=wallet.total,
        reserved_credit_micros=wallet.reserved,
        available_credit_micros=wallet.balance,
        lifetime_granted_credit_micros=wallet.lifetime_granted,
        lifetime_used_credit_micros=wallet.lifetime_used,
        updated_at=wallet.updated_at,
    )


def api_key_out(stores: Stores, key: ApiKey) -> api_keys.ApiKey:
    return api_keys.ApiKey.model_validate(_key_fields(stores, key))


def created_key_out(stores: Stores, key: ApiKey, presented: PresentedKey) -> api_keys.CreatedApiKey:
    return api_keys.CreatedApiKey.model_validate({**_key_fields(stores, key), "api_key": presented.text})


def _key_fields(stores: Stores, key: ApiKey) -> dict[str, object]:
    return {
        "id": key.id,
        "key_id": key.key_id,
        "tenant_id": key.tenant_id,
        "name": key.name,
        "environment": key.environment,
        "redacted_key": key.redacted,
        "scopes": sorted(key.scopes),
        "status": keys.effective_status(key, stores.clock.now()),
        "spend_limit_credit_micros": key.spend_limit,
        "spent_credit_micros": key.spent,
        "expires_at": key.expires_at,
        "created_at": key.created_at,
    }


def usage_out(report: UsageReport) -> usage.Usage:
    days = [
        usage.UsageDay.model_validate({"date": day.isoformat(), **_sums(sums)})
        for day, sums in sorted(report.days.items())
    ]
    totals = usage.UsageSums.model_validate(_sums(report.totals))
    period = {"from": report.since.isoformat(), "to": report.until.isoformat()}
    return usage.Usage.model_validate({**period, "data": days, "totals": totals})


def _sums(sums: object) -> dict[str, object]:
    return {name: getattr(sums, name) for name in usage.UsageSums.model_fields}
