"""The state folder: where everything that outlives a restart lies, and who may use it."""

import fcntl
import json
import os
import secrets
import time
from dataclasses import asdict, dataclass
from pathlib import Path

_PRIVATE_FILE = 0o600
_PRIVATE_FOLDER = 0o700
# After a kill -9 the last child needs a moment to notice; only then is the lock free.
LOCK_PATIENCE_SECONDS = 3.0


class StateFolderBusy(Exception):
    """Another platform runs on this folder."""


class StateFolderUnusable(Exception):
    """The folder cannot be made or written."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """What is drawn once per state folder: the key pepper, and the credentials that sign storage URLs."""

    key_pepper: str
    access_key_id: str
    secret_access_key: str


@dataclass(frozen=True, slots=True)
class ApiKeys:
    """The two keys `parley up` prints, and the tenant they belong to."""

    tenant: str
    test: str
    live: str


class StateFolder:
    """Paths and private files under one folder (default `.parley`)."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()

    @property
    def journal(self) -> Path:
        return self.root / "journal"

    @property
    def objects(self) -> Path:
        return self.root / "objects"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def lock_path(self) -> Path:
        return self.root / "lock"

    def prepare(self) -> None:
        """Makes the folders. Raises StateFolderUnusable with what to change."""
        try:
            for folder in (self.root, self.journal, self.objects, self.logs):
                folder.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
        except OSError as error:
            raise StateFolderUnusable(
                f"{self.root} cannot be made: {error.strerror}. Choose another with --state."
            ) from None
        if not os.access(self.root, os.W_OK | os.X_OK):
            raise StateFolderUnusable(f"{self.root} is not writable. Choose another with --state.")

    def secrets(self) -> Secrets:
        """The folder's secrets, drawn at first use."""
        path = self.root / "secrets.json"
        if not path.exists():
            drawn = Secrets(secrets.token_hex(32), "PARLEY" + secrets.token_hex(7).upper(), secrets.token_urlsafe(30))
            write_private(path, json.dumps(asdict(drawn), indent=1))
        return Secrets(**json.loads(path.read_text()))

    def api_keys(self) -> ApiKeys | None:
        """The keys made at the first start; None before that."""
        path = self.root / "keys.json"
        return ApiKeys(**json.loads(path.read_text())) if path.exists() else None

    def keep_api_keys(self, keys: ApiKeys) -> None:
        write_private(self.root / "keys.json", json.dumps(asdict(keys), indent=1))

    def lock(self, patience_seconds: float = LOCK_PATIENCE_SECONDS) -> int:
        """Takes the folder for this process tree; the file descriptor holds it. Raises StateFolderBusy.

        A child that inherits the descriptor keeps the folder taken until it is gone too.
        """
        descriptor = os.open(self.lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _PRIVATE_FILE)
        deadline = time.monotonic() + patience_seconds
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                holder = os.pread(descriptor, 200, 0).decode(errors="replace").strip()
                if _alive(holder) or time.monotonic() > deadline:
                    os.close(descriptor)
                    raise StateFolderBusy(
                        f"{self.root} is in use by another `parley up` (process {holder or 'unknown'}). "
                        "Stop it, or give this one its own folder with --state."
                    ) from None
                time.sleep(0.05)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        return descriptor


def write_private(path: Path, text: str) -> None:
    """Writes a file that only its owner may read; whole or not at all."""
    draft = path.with_name(path.name + ".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE_FILE)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _alive(holder: str) -> bool:
    if not holder.isdigit():
        return False
    try:
        os.kill(int(holder), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
