"""S3 objects that outlive the process: bodies are files of the state folder, everything else is a journal record."""

import threading
import time
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from moto.s3 import notifications
from moto.s3.models import FakeBucket, FakeKey, s3_backends

from local.cloud.journal import Journal, Value
from local.cloud.names import ACCOUNT, REGION, UPLOADS_BUCKET

# The gateway may still be receiving into a file that no object names yet.
_RECEIVING_SECONDS = 3600.0
_deferred = threading.local()


class DiskKey(FakeKey):
    """An object whose body lies in a file, not in moto's memory. Never changed: an overwrite is another file."""

    def __init__(self, record: Value, folder: Path) -> None:
        super().__init__(
            record["key"],
            b"",
            account_id=ACCOUNT,
            region_name=REGION,
            etag=record["etag"],
            version_id="null",
            bucket_name=record["bucket"],
            checksum_value=record.get("checksum"),
        )
        self.record = record
        self.path = folder / record["file"]
        self.contentsize = record["size"]
        self.last_modified = datetime.fromisoformat(record["modified"]).replace(tzinfo=None)
        self.checksum_algorithm = record.get("checksumAlgorithm")
        # Of an object that came in parts: without these its checksum passes for that of the whole, and readers that
        # verify it refuse the body.
        self.checksum_type = record.get("checksumType")
        self.checksum_parts = record.get("checksumParts")
        self.set_metadata(dict(record["metadata"]))

    @property  # type: ignore[override]
    def value(self) -> bytes:
        return self.path.read_bytes()

    @value.setter
    def value(self, new_value: bytes) -> None:
        del new_value  # FakeKey's constructor sets an empty body; ours is the file.

    def dispose(self, garbage: bool = False) -> None:
        """Nothing to close. moto disposes of an overwritten object while others may still read it."""
        del garbage


class Objects:
    """Keeps the journal and the files in step with what moto believes to lie in its buckets."""

    def __init__(self, folder: Path, journal: Journal) -> None:
        self._folder = folder
        self._journal = journal
        self._lock = threading.Lock()
        # Which file holds the body of `object:<bucket>/<key>`.
        self._files: dict[str, str] = {}

    def keep(self, bucket_name: str, key_name: str) -> None:
        """After an accepted write: the object's body goes to a file and its record to the journal, or its end does."""
        name = f"object:{bucket_name}/{key_name}"
        with self._lock:
            key = _bucket(bucket_name).keys.get(key_name)
            if isinstance(key, DiskKey):
                return
            if key is None:
                self._journal.append({name: None})
                self._drop_body(name)
                return
            file = self.new_file()
            file.write_bytes(key.value)
            self._replace(name, _record(key, bucket_name, file.name))

    def adopt(
        self, bucket_name: str, key_name: str, file: Path, size: int, etag: str, metadata: dict[str, str]
    ) -> None:
        """Makes a received file into an object, as if it had been PUT, event included. moto never sees the body."""
        record = {
            "bucket": bucket_name,
            "key": key_name,
            "file": file.name,
            "size": size,
            "etag": etag,
            "metadata": metadata,
            "modified": datetime.now(UTC).isoformat(),
        }
        with self._lock:
            key = self._replace(f"object:{bucket_name}/{key_name}", record)
        event = notifications.S3NotificationEvent.OBJECT_CREATED_PUT_EVENT
        notifications.send_event(ACCOUNT, event, _bucket(bucket_name), key)

    def put_back(self, record: Value) -> None:
        """Lays one journalled object into its bucket, without any event."""
        _bucket(record["bucket"]).keys.setlist(record["key"], [DiskKey(record, self._folder)])
        self._files[f"object:{record['bucket']}/{record['key']}"] = record["file"]

    def find(self, bucket_name: str, key_name: str) -> DiskKey | None:
        bucket = _backend().buckets.get(bucket_name)
        key = bucket.keys.get(key_name) if bucket is not None else None
        return key if isinstance(key, DiskKey) else None

    def new_file(self) -> Path:
        return self._folder / uuid.uuid4().hex

    def sweep(self) -> None:
        """Removes files that no object names: bodies of writes that were never answered."""
        living = set(self._files.values())
        recently = time.time() - _RECEIVING_SECONDS
        for file in self._folder.iterdir():
            if file.name not in living and file.stat().st_mtime < recently:
                file.unlink(missing_ok=True)

    def _replace(self, name: str, record: Value) -> DiskKey:
        self._journal.append({name: record})
        key: Any = DiskKey(record, self._folder)
        _bucket(record["bucket"]).keys.setlist(record["key"], [key])
        self._drop_body(name)
        self._files[name] = record["file"]
        return key

    def _drop_body(self, name: str) -> None:
        file = self._files.pop(name, None)
        if file is not None:
            (self._folder / file).unlink(missing_ok=True)


def send_created_event(key_name: str) -> None:
    """Tells the queues once more that this object of the uploads bucket was created."""
    bucket = _bucket(UPLOADS_BUCKET)
    event = notifications.S3NotificationEvent.OBJECT_CREATED_PUT_EVENT
    notifications.send_event(ACCOUNT, event, bucket, bucket.keys[key_name])


def defer_notifications() -> None:
    """moto tells the queue of a new object before the object has its metadata, and before we have kept it: a poller can
    be faster. Inside `held_notifications` events wait for the end of the block, and are dropped when it fails."""
    send_now = notifications.send_event

    def send_event(account_id: str, event_name: Any, bucket: Any, key: Any) -> None:
        waiting: list[Any] | None = getattr(_deferred, "events", None)
        if waiting is None:
            send_now(account_id, event_name, bucket, key)
        else:
            waiting.append((account_id, event_name, bucket, key))

    notifications.send_event = send_event


@contextmanager
def held_notifications() -> Generator[None]:
    _deferred.events = []
    try:
        yield
        events, _deferred.events = _deferred.events, None
        for event in events:
            notifications.send_event(*event)
    finally:
        _deferred.events = None


def _record(key: FakeKey, bucket_name: str, file_name: str) -> Value:
    return {
        "bucket": bucket_name,
        "key": key.name,
        "file": file_name,
        "size": key.contentsize,
        "etag": key.etag.strip('"'),
        "metadata": dict(key.metadata),
        "modified": key.last_modified.replace(tzinfo=UTC).isoformat(),
        "checksum": key.checksum_value,
        "checksumAlgorithm": key.checksum_algorithm,
        "checksumType": key.checksum_type,
        "checksumParts": key.checksum_parts,
    }


def _bucket(name: str) -> FakeBucket:
    return _backend().get_bucket(name)


def _backend() -> Any:
    return s3_backends[ACCOUNT]["aws"]
