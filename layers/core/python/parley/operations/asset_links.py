"""Signed addresses of assets: giving them out, and knowing our own when they come back."""

import re
from urllib.parse import unquote, urlsplit

from parley.domain.assets import Asset
from parley.domain.spaces import Space
from parley.store.stores import Stores

LINK_SECONDS = 3600
_ASSET_PATH = re.compile(r"assets/(?P<tenant>[^/]+)/(?P<environment>[^/]+)/(?P<asset>ast_[0-9A-Za-z]+)$")


def public_url(stores: Stores, asset: Asset) -> str:
    """A link that reads the asset's bytes for an hour without a key."""
    return stores.uploads.presign_get(asset.s3_key, seconds=LINK_SECONDS, content_type=asset.content_type)


def own_asset_id(stores: Stores, space: Space, url: str) -> str | None:
    """The asset a URL names, when it is one of our own links to an asset of this space; None for any other URL.

    The link's signature and age do not matter: who asks owns the asset. A link to another tenant's is not ours to
    resolve; it is fetched like any URL, and its signature decides.
    """
    try:
        given = urlsplit(url)
    except ValueError:
        return None
    path = unquote(given.path)
    found = _ASSET_PATH.search(path)
    if found is None or (found["tenant"], found["environment"]) != (space.tenant, space.environment):
        return None
    ours = urlsplit(stores.uploads.presign_get(found[0], seconds=LINK_SECONDS))
    same = (given.scheme.lower(), given.netloc.lower(), path) == (ours.scheme, ours.netloc.lower(), unquote(ours.path))
    return found["asset"] if same else None
