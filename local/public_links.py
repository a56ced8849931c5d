"""Storage URLs as clients must see them: signed for the platform's one port, not for the cloud process behind it."""

from dataclasses import replace
from typing import Any

import boto3
from botocore.config import Config

from parley.store.objects import S3Objects
from parley.store.stores import Stores


class PubliclyLinked(S3Objects):
    """Reads and writes the bucket where it is; signs URLs for where clients reach it."""

    def __init__(self, inside: S3Objects, outside: S3Objects) -> None:
        super().__init__(inside._client, inside.bucket)
        self._outside = outside

    def presign_get(self, key: str, *, seconds: int, content_type: str | None = None) -> str:
        return self._outside.presign_get(key, seconds=seconds, content_type=content_type)

    def presign_put(self, key: str, *, seconds: int, content_type: str, size_bytes: int | None = None) -> str:
        return self._outside.presign_put(key, seconds=seconds, content_type=content_type, size_bytes=size_bytes)


def with_public_links(stores: Stores) -> Stores:
    """The same stores, whose URLs begin with the settings' public base URL, which the gateway answers."""
    config = Config(signature_version="s3v4", s3={"addressing_style": "path"})
    make: Any = boto3.client
    client = make("s3", endpoint_url=stores.settings.public_base_url, config=config)

    def linked(inside: Any) -> PubliclyLinked:
        return PubliclyLinked(inside, S3Objects(lambda: client, inside.bucket))

    return replace(stores, uploads=linked(stores.uploads), media=linked(stores.media))
