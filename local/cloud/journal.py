"""An append-only file of "what lies under this key now", so that the cloud in memory survives a kill -9."""

import base64
import json
import os
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# The base is rewritten in the background once this much was appended to it.
COMPACT_AFTER_BYTES = 32 * 1024 * 1024
_BASE64 = "$base64"
Value = dict[str, Any]


class JournalCorrupt(Exception):
    """A record other than the last one cannot be read: the file was changed by something else than a crash."""


class Journal:
    """Last image wins: a key's newest record says what it holds, None that it is gone.

    Three files, read in this order: `base.jsonl` (one record per living key), `tail.old.jsonl` (being merged into the
    base) and `tail.jsonl` (appended to). A line is `crc32(json) json`. Each append is one write(2), so an answered
    request is in the kernel's hands, and survives the death of every process of ours.
    """

    def __init__(self, folder: Path, compact_after_bytes: int = COMPACT_AFTER_BYTES) -> None:
        self._base = folder / "base.jsonl"
        self._old_tail = folder / "tail.old.jsonl"
        self._tail = folder / "tail.jsonl"
        self._compact_after = compact_after_bytes
        self._lock = threading.Lock()
        self._file: int | None = None
        self._size = 0
        self._merging: threading.Thread | None = None

    def open(self) -> dict[str, Value]:
        """Reads all that was kept, rewrites it compactly, and opens for appending. Raises JournalCorrupt."""
        living = self._merged()
        if self._old_tail.exists() or self._tail.exists():
            _write_base(self._base, living)
            self._old_tail.unlink(missing_ok=True)
            self._tail.unlink(missing_ok=True)
        self._open_tail()
        return living

    def append(self, records: dict[str, Value | None]) -> None:
        """Keeps what these keys hold now. Returns when the kernel has it; raises OSError when the disk is full."""
        lines = b"".join(_line(key, value) for key, value in records.items())
        with self._lock:
            if self._file is None:
                raise OSError("the journal is not open")
            written = os.write(self._file, lines)
            if written != len(lines):
                # A torn record must not be followed by a good one: take it back and refuse.
                os.ftruncate(self._file, self._size)
                raise OSError("the disk is full: the journal took only part of a record")
            self._size += written
            if self._size > self._compact_after and self._merging is None:
                self._start_merging()

    def close(self) -> None:
        with self._lock:
            merging, self._merging = self._merging, None
            if self._file is not None:
                os.close(self._file)
                self._file = None
        if merging is not None:
            merging.join()

    def _open_tail(self) -> None:
        self._file = os.open(self._tail, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._size = os.fstat(self._file).st_size

    def _start_merging(self) -> None:
        assert self._file is not None
        os.close(self._file)
        self._tail.rename(self._old_tail)
        self._open_tail()
        self._merging = threading.Thread(target=self._merge_old_tail, name="journal-merge", daemon=True)
        self._merging.start()

    def _merge_old_tail(self) -> None:
        # A crash in between leaves the old tail beside the new base: reading it again changes nothing.
        _write_base(self._base, _living([self._base, self._old_tail]))
        self._old_tail.unlink()
        with self._lock:
            self._merging = None

    def _merged(self) -> dict[str, Value]:
        return _living([self._base, self._old_tail, self._tail])


def _living(files: list[Path]) -> dict[str, Value]:
    living: dict[str, Value] = {}
    for path in files:
        for key, value in _records(path):
            if value is None:
                living.pop(key, None)
            else:
                living[key] = value
    return living


def _line(key: str, value: Value | None) -> bytes:
    body = json.dumps([key, value], separators=(",", ":"), ensure_ascii=False, default=_bytes_as_text).encode()
    return b"%08x %s\n" % (zlib.crc32(body), body)


def _bytes_as_text(value: object) -> dict[str, str]:
    if not isinstance(value, bytes):
        raise TypeError(f"{type(value).__name__} cannot be kept in the journal")
    return {_BASE64: base64.b64encode(value).decode()}


def _text_as_bytes(value: Value) -> Any:
    # No attribute of an item looks like this: DynamoDB's JSON has objects where this has text.
    if len(value) == 1 and isinstance(value.get(_BASE64), str):
        return base64.b64decode(value[_BASE64])
    return value


def _records(path: Path) -> Iterator[tuple[str, Value | None]]:
    if not path.exists():
        return
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            body = line[9:-1]
            if line.endswith(b"\n") and line[:9] == b"%08x " % zlib.crc32(body):
                key, value = json.loads(body, object_hook=_text_as_bytes)
                yield key, value
            elif file.read(1):
                raise JournalCorrupt(f"{path}, line {number} is no record. Restore the folder, or move it away.")
            # Otherwise the last line is torn: the process died while writing it, so nobody was told that it holds.


def _write_base(path: Path, living: dict[str, Value]) -> None:
    draft = path.with_suffix(".new")
    with draft.open("wb") as file:
        file.writelines(_line(key, value) for key, value in living.items())
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
