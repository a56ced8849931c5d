"""The running workers, as they register themselves: where they are, whom to expect there, how much room they have."""

from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

from parley.domain.times import epoch
from parley.store.mapping import from_item, to_item
from parley.store.ports import ItemKey, Table, Write

PARTITION = "WORKERS"
_PREFIX = "WORKER#"
_FINGERPRINT_DIGITS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """`address` is https://host:port, on loopback http:// too; `fingerprint` the SHA-256 of its certificate, in hex.

    `free` of its `slots` have no stream; it lives until `lease_expires` (epoch seconds) unless it registers again.
    """

    id: str
    address: str
    fingerprint: str | None = None
    slots: int
    free: int
    lease_expires: int


class Workers:
    """The registry."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def live(self, at: datetime) -> list[Worker]:
        """Those that live and can be reached safely, most room first."""
        now = epoch(at)
        alive = [worker for worker in self._all() if worker.lease_expires > now and reachable(worker)]
        return sorted(alive, key=lambda worker: (-worker.free, worker.id))

    def load(self, at: datetime) -> tuple[int, int, int]:
        """(workers, slots, slots taken) of all that live, whether or not they can be reached."""
        now = epoch(at)
        alive = [worker for worker in self._all() if worker.lease_expires > now]
        return len(alive), sum(each.slots for each in alive), sum(max(0, each.slots - each.free) for each in alive)

    def register(self, worker: Worker) -> None:
        """What a worker writes of itself, here for those who play one."""
        self._table.write(Write(kind="put", key=worker_key(worker.id), item=to_item(worker)))

    def forget(self, worker_id: str) -> None:
        """A worker that ends says so."""
        self._table.write(Write(kind="delete", key=worker_key(worker_id)))

    def _all(self) -> list[Worker]:
        return [_read(item) for item in self._table.query_all(PARTITION, _PREFIX)]


def worker_key(worker_id: str) -> ItemKey:
    return ItemKey(PARTITION, f"{_PREFIX}{worker_id}")


def reachable(worker: Worker) -> bool:
    """Whether a turn may be sent there: over TLS to a known certificate, or without leaving this machine."""
    try:
        parts, port = urlsplit(worker.address), urlsplit(worker.address).port
    except ValueError:
        return False
    if parts.hostname is None or port is None or parts.username is not None or parts.path not in ("", "/"):
        return False
    if parts.scheme == "https":
        return _is_fingerprint(worker.fingerprint or "")
    return parts.scheme == "http" and _is_loopback(parts.hostname)


def _read(item: dict[str, object]) -> Worker:
    name = str(item["sk"]).removeprefix(_PREFIX)
    return from_item(Worker, {"slots": 0, "free": 0, "leaseExpires": 0, "address": "", **item, "id": name})


def _is_fingerprint(text: str) -> bool:
    return len(text) == _FINGERPRINT_DIGITS and all(digit in "0123456789abcdef" for digit in text.lower())


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
