"""A multipart file as a named file on our disk, for as long as a request needs it."""

import shutil
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import IO

from fastapi import UploadFile
from starlette.concurrency import run_in_threadpool

from parley.domain.assets import AssetKind, AssetPurpose
from parley.operations.upload_asset import IncomingFile

LONGEST_NAME = 240


@asynccontextmanager
async def on_disk(file: UploadFile, kind: AssetKind | None, purpose: AssetPurpose) -> AsyncGenerator[IncomingFile]:
    """The upload, copied piece by piece; gone afterwards."""
    with tempfile.NamedTemporaryFile(prefix="parley-upload-") as copy:
        await run_in_threadpool(_copy, file.file, copy.file)
        yield IncomingFile(
            path=copy.name, kind=kind, purpose=purpose, content_type=file.content_type, filename=_name(file.filename)
        )


def _copy(source: IO[bytes], target: IO[bytes]) -> None:
    source.seek(0)
    shutil.copyfileobj(source, target)
    target.flush()


def _name(name: str | None) -> str | None:
    """The last step of the client's path, in characters that can be shown."""
    plain = "".join(letter for letter in (name or "").replace("\\", "/").rpartition("/")[2] if letter.isprintable())
    return plain[:LONGEST_NAME] or None
