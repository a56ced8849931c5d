"""A worker in the registry: where it is and how much room it has, as long as it lives."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import AttributeValueTypeDef

log = logging.getLogger("renderer.turn_registration")
_TIDIED_SEC: Final = 3600.0


class Registration(threading.Thread):
    """Writes WORKERS / WORKER#<id> every `interval` seconds and soon after `changed`; removes it at the end."""

    def __init__(
        self,
        table: DynamoDBClient,
        table_name: str,
        worker_id: str,
        *,
        address: str,
        fingerprint: str | None,
        slots: int,
        free: Callable[[], int],
        interval: float,
        lease_seconds: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(name="registration", daemon=True)
        self._table, self._name, self._id = table, table_name, worker_id
        self._address, self._fingerprint, self._slots, self._free = address, fingerprint, slots, free
        self._interval, self._lease, self._clock = interval, lease_seconds, clock
        self._wake, self._ended = threading.Event(), threading.Event()

    def changed(self) -> None:
        """The number of free slots is another: the registry is told soon."""
        self._wake.set()

    def end(self) -> None:
        """No more turns are wanted: out of the registry, at once."""
        self._ended.set()
        self._wake.set()
        self.join(timeout=self._lease)

    def run(self) -> None:
        while not self._ended.is_set():
            self._attempt(self._write)
            self._wake.wait(self._interval)
            self._wake.clear()
        self._attempt(self._remove)

    def _attempt(self, act: Callable[[], object]) -> None:
        try:
            act()
        except (ClientError, BotoCoreError) as error:
            # The lease bears some beats that fail; the next one tries again.
            log.warning("the registry does not answer", extra={"problem": str(error)})

    def _write(self) -> None:
        item: dict[str, AttributeValueTypeDef] = {
            **self._key(),
            "id": {"S": self._id},
            "address": {"S": self._address},
            "slots": {"N": str(self._slots)},
            "free": {"N": str(self._free())},
            "leaseExpires": {"N": str(math.ceil(self._clock() + self._lease))},
            # One that is killed cannot take its item away: the table's own tidying does.
            "ttl": {"N": str(math.ceil(self._clock() + self._lease + _TIDIED_SEC))},
        }
        if self._fingerprint is not None:
            item["fingerprint"] = {"S": self._fingerprint}
        self._table.put_item(TableName=self._name, Item=item)

    def _remove(self) -> None:
        self._table.delete_item(TableName=self._name, Key=self._key())

    def _key(self) -> dict[str, AttributeValueTypeDef]:
        return {"pk": {"S": "WORKERS"}, "sk": {"S": f"WORKER#{self._id}"}}
