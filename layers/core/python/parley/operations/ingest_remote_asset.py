"""Keep a file from the public web, or a copy of one of our own assets, as an asset."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from parley.domain.assets import Asset, AssetKind, AssetPurpose
from parley.operations.asset_links import own_asset_id
from parley.operations.caller import Caller
from parley.operations.upload_asset import MAX_BYTES, IncomingFile, upload_asset
from parley.store.fetch import GuardedFetcher
from parley.store.stores import Stores

LONGEST_NAME = 240


def ingest_remote_asset(
    stores: Stores,
    fetcher: GuardedFetcher,
    caller: Caller,
    *,
    url: str,
    kind: AssetKind,
    asset_id: str,
    purpose: AssetPurpose = "portrait",
    filename: str | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Asset:
    """As `upload_asset`, for the file behind `url`. Raises UrlRejected, and what `upload_asset` raises."""
    own_id = own_asset_id(stores, caller.space, url)
    with tempfile.TemporaryDirectory(prefix="parley-ingest-") as folder:
        path = str(Path(folder) / "file")
        if own_id is None:
            content_type = _fetch(fetcher, url, kind, path)
        else:
            source = stores.assets.get(caller.space, own_id)
            stores.uploads.get_file(source.s3_key, path)
            content_type = source.content_type
        file = IncomingFile(
            path=path,
            kind=kind,
            purpose=purpose,
            content_type=content_type,
            filename=filename or _name_in(url),
            metadata=metadata or {},
        )
        return upload_asset(stores, caller, file, asset_id)


def _fetch(fetcher: GuardedFetcher, url: str, kind: AssetKind, path: str) -> str | None:
    # The sound of a video file is sound.
    accept = ("audio", "video") if kind == "audio" else (kind,)
    with Path(path).open("w+b") as into:
        return fetcher.fetch(url, into, max_bytes=MAX_BYTES[kind], accept=accept).content_type


def _name_in(url: str) -> str | None:
    """The last step of the path, where it can be a file's name."""
    name = unquote(urlsplit(url).path).rpartition("/")[2]
    return name if 1 <= len(name) <= LONGEST_NAME and name.isprintable() else None
