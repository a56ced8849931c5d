"""/api/v1/assets: pictures, clips and sounds that were brought here."""

from typing import Annotated

from fastapi import APIRouter, Form, Path, Request, Response, UploadFile
from starlette.concurrency import run_in_threadpool

from functions.api.incoming import on_disk
from functions.api.inspected import inspected
from functions.api.prefer import Prefer, read_prefer
from functions.api.present import asset_out
from functions.api.protected import ProtectedRoute, needs
from functions.api.services import Ask, Asked
from parley.domain import assets as domain
from parley.domain.errors import InvalidInput
from parley.operations.delete_asset import delete_asset
from parley.operations.ingest_remote_asset import ingest_remote_asset
from parley.operations.presign_upload import presign_upload
from parley.operations.upload_asset import upload_asset
from parley.wire.assets import (
    PURPOSE,
    Asset,
    AssetKind,
    AssetList,
    AssetPurpose,
    DeletedAsset,
    IngestRemoteAsset,
    PresignedUpload,
    PresignUpload,
    UploadTarget,
)
from parley.wire.base import AssetId

router = APIRouter(prefix="/api/v1/assets", tags=["assets"], route_class=ProtectedRoute)
InPath = Annotated[AssetId, Path(alias="assetId", description="An asset's id; it begins with `ast_`.")]
FORM_FIELDS = frozenset({"file", "kind", "purpose"})


@router.get("", operation_id="listAssets", summary="List your assets")
@needs("avatars:read")
def list_all(asked: Asked) -> AssetList:
    """Newest first, at most 100."""
    return AssetList(data=[asset_out(asked.stores, asset) for asset in asked.stores.assets.list(asked.caller.space)])


@router.post("", status_code=201, operation_id="uploadAsset", summary="Upload a picture, a clip or a sound")
@needs("avatars:write")
async def upload(
    request: Request,
    response: Response,
    asked: Asked,
    file: UploadFile,
    kind: Annotated[AssetKind | None, Form(description="Told from the file when absent.")] = None,
    purpose: Annotated[AssetPurpose, Form(description=PURPOSE)] = "portrait",
    prefer: Prefer = None,
) -> Asset:
    """Images up to 16 MB, sounds and videos up to 32 MB. Waits up to 10 s for the inspection: `ready`, or 422 that
    says what to change, or `processing` when it takes longer.

    An image must show one person's face, unless `purpose` says that it is the `background` of a video to come.
    A video of 2 to 10 s in which one person's face is seen throughout can become an avatar. Any other is kept for its
    sound: it is `ready`, and `error` and `errorCode` say why it has no face to animate.
    """
    form = await request.form()
    if len(form.multi_items()) > len(form):
        raise InvalidInput("A field of this form is given twice. Send one file at a time.")
    if unknown := set(form) - FORM_FIELDS:
        raise InvalidInput(
            f"{', '.join(sorted(unknown))} is not a field of this form. Send file and, if you like, kind and purpose."
        )
    async with on_disk(file, kind, purpose) as incoming:
        asset = await run_in_threadpool(upload_asset, asked.stores, asked.caller, incoming, asked.asset_id())
    return await _verdict(asked, asset, prefer, response)


@router.post("/remote", status_code=201, operation_id="createRemoteAsset", summary="Bring a file from a public URL")
@needs("avatars:write", refuses=(404,))
async def ingest(body: IngestRemoteAsset, response: Response, asked: Asked, prefer: Prefer = None) -> Asset:
    """Fetched once, with bounds on size and time; only from the public internet. Then as for an upload."""

    def bring() -> domain.Asset:
        return ingest_remote_asset(
            asked.stores,
            asked.services.fetcher,
            asked.caller,
            url=body.remote_url,
            kind=body.kind,
            purpose=body.purpose,
            asset_id=asked.asset_id(),
            filename=body.original_filename,
            metadata=body.metadata,
        )

    return await _verdict(asked, await run_in_threadpool(bring), prefer, response)


@router.post("/uploads", status_code=201, operation_id="presignUpload", summary="Get an address for a large file")
@needs("avatars:write")
def presign(body: PresignUpload, asked: Asked) -> PresignedUpload:
    """PUT the bytes to `upload.url` with exactly `upload.headers`; the inspection starts by itself when they arrive.

    Sounds up to 200 MB, images up to 16 MB, videos up to 32 MB.
    """
    door = presign_upload(asked.stores, asked.caller, body, asked.asset_id())
    target = UploadTarget(url=door.url, headers=door.headers, expires_at=door.expires_at)
    return PresignedUpload(asset=asset_out(asked.stores, door.asset), upload=target)


@router.get("/{assetId}", operation_id="getAsset", summary="Read one asset and its verdict")
@needs("avatars:read", refuses=(404, 422))
def read(asset_id: InPath, asked: Asked) -> Asset:
    """When `failed`, `error` says what to change."""
    return asset_out(asked.stores, asked.stores.assets.get(asked.caller.space, asset_id))


@router.delete("/{assetId}", operation_id="deleteAsset", summary="Delete an asset and its bytes")
@needs("avatars:write", refuses=(404,))
def delete(asset_id: InPath, asked: Asked) -> DeletedAsset:
    """Refused with 409 `asset_in_use` while an avatar is made from it."""
    delete_asset(asked.stores, asked.caller, asset_id)
    return DeletedAsset(id=asset_id)


async def _verdict(asked: Ask, asset: domain.Asset, prefer: str | None, response: Response) -> Asset:
    most = asked.services.options.upload_wait_seconds
    preference = read_prefer(prefer, default_seconds=most, most_seconds=most)
    seen = await inspected(asked, asset, preference.wait_seconds)
    response.headers["Location"] = f"/api/v1/assets/{seen.id}"
    if preference.applied:
        response.headers["Preference-Applied"] = preference.applied
    return await run_in_threadpool(asset_out, asked.stores, seen)
