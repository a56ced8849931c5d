"""The ObjectStore port on S3."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from parley.domain.errors import NotFound
from parley.store.ports import ObjectInfo

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

_ABSENT = frozenset({"NoSuchKey", "404", "NotFound"})


class S3Objects:
    """One bucket. Links to it begin with `links_base_url` where given: a front that asks S3 by the signed host."""

    def __init__(self, client: "Callable[[], S3Client]", bucket: str, links_base_url: str = "") -> None:
        self._client = client
        self.bucket = bucket
        self._links_base_url = links_base_url

    def put(self, key: str, data: bytes, content_type: str) -> None:
        self._client().put_object(Bucket=self.bucket, Key=key, Body=data, ContentType=content_type)

    def put_file(self, key: str, path: str, content_type: str) -> None:
        """In parts where the file is large; memory stays small."""
        self._client().upload_file(path, self.bucket, key, ExtraArgs={"ContentType": content_type})

    def get(self, key: str) -> bytes:
        """All of it, in memory. Raises NotFound."""
        try:
            return self._client().get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except ClientError as error:
            raise _meaning(error, key) from None

    def get_file(self, key: str, path: str) -> None:
        """Raises NotFound."""
        try:
            self._client().download_file(self.bucket, key, path)
        except ClientError as error:
            raise _meaning(error, key) from None

    def head(self, key: str) -> ObjectInfo | None:
        """None where there is no such object."""
        try:
            answer = self._client().head_object(Bucket=self.bucket, Key=key)
        except ClientError as error:
            if isinstance(_meaning(error, key), NotFound):
                return None
            raise
        return ObjectInfo(key, answer["ContentLength"], answer["ContentType"], answer["ETag"].strip('"'))

    def delete(self, key: str) -> None:
        """Deleting what is not there is no error."""
        self._client().delete_object(Bucket=self.bucket, Key=key)

    def list(self, prefix: str, *, limit: int = 1000) -> list[ObjectInfo]:
        """At most `limit` objects (1,000 at most), by key. Their content types are not known from a list: ""."""
        answer = self._client().list_objects_v2(Bucket=self.bucket, Prefix=prefix, MaxKeys=limit)
        return [
            ObjectInfo(found.get("Key", ""), found.get("Size", 0), "", found.get("ETag", "").strip('"'))
            for found in answer.get("Contents", [])
        ]

    def presign_get(self, key: str, *, seconds: int, content_type: str | None = None) -> str:
        """A URL that reads the object for so long."""
        parameters: dict[str, Any] = {"Bucket": self.bucket, "Key": key}
        if content_type:
            parameters["ResponseContentType"] = content_type
        return self._link(self._client().generate_presigned_url("get_object", Params=parameters, ExpiresIn=seconds))

    def presign_put(self, key: str, *, seconds: int, content_type: str, size_bytes: int | None = None) -> str:
        """A URL that writes the object for so long; the type, and the size where given, must be sent as signed."""
        parameters: dict[str, Any] = {"Bucket": self.bucket, "Key": key, "ContentType": content_type}
        if size_bytes is not None:
            parameters["ContentLength"] = size_bytes
        return self._link(self._client().generate_presigned_url("put_object", Params=parameters, ExpiresIn=seconds))

    def _link(self, signed: str) -> str:
        """The host is part of the signature, but the front puts it back: only path and query must stay."""
        if not self._links_base_url:
            return signed
        parts = urlsplit(signed)
        return f"{self._links_base_url}{parts.path}?{parts.query}"


def _meaning(error: ClientError, key: str) -> Exception:
    if error.response.get("Error", {}).get("Code") in _ABSENT:
        return NotFound(f"There is no object {key}.")
    return error
