"""The media bucket as a worker needs it: read whole objects, upload a file or a text, delete them again."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client


BLOCK_BYTES: Final = 1024 * 1024
"""Read at once of an object that is read as it is needed."""


class MediaBucket:
    """One S3 bucket."""

    def __init__(self, s3: S3Client, bucket: str) -> None:
        self._s3, self._bucket = s3, bucket

    def read(self, key: str) -> bytes:
        """The object's bytes. Raises FileNotFoundError when there is none of that key."""
        try:
            return self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except ClientError as error:
            raise _meaning(error, key) from error

    def open(self, key: str) -> BinaryIO:
        """The object as a file, read block by block as it is needed. Raises FileNotFoundError, then and later."""
        return io.BufferedReader(_ObjectFile(self._s3, self._bucket, key), BLOCK_BYTES)

    def upload(self, path: Path, key: str, content_type: str) -> None:
        self._s3.upload_file(str(path), self._bucket, key, ExtraArgs={"ContentType": content_type})

    def write_text(self, text: str, key: str, content_type: str) -> None:
        """Small files, UTF-8."""
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=text.encode(), ContentType=content_type)

    def delete(self, *keys: str) -> None:
        for key in keys:
            self._s3.delete_object(Bucket=self._bucket, Key=key)


class _ObjectFile(io.RawIOBase):
    """An object by byte ranges, all of one version of it."""

    def __init__(self, s3: S3Client, bucket: str, key: str) -> None:
        self._s3, self._bucket, self._key = s3, bucket, key
        self._at = 0
        try:
            head = s3.head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            raise _meaning(error, key) from error
        self._size, self._version = head["ContentLength"], head["ETag"]

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError("no place before the start")
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def readall(self) -> bytes:
        return self._range(self._size)

    # A buffer of the caller's, as the protocol has it; its type is not among those that can be named.
    def readinto(self, buffer: memoryview, /) -> int:  # pyright: ignore
        data = self._range(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def _range(self, length: int) -> bytes:
        last = min(self._at + length, self._size) - 1
        if last < self._at:
            return b""
        try:
            answer = self._s3.get_object(
                Bucket=self._bucket, Key=self._key, Range=f"bytes={self._at}-{last}", IfMatch=self._version
            )
            data = answer["Body"].read()
        except ClientError as error:
            raise _meaning(error, self._key) from error
        self._at += len(data)
        return data


def _meaning(error: ClientError, key: str) -> Exception:
    gone = error.response.get("Error", {}).get("Code") in ("NoSuchKey", "404", "PreconditionFailed", "412")
    return FileNotFoundError(key) if gone else error
