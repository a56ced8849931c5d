"""Replies kept for 24 hours, so that a request sent twice acts once and answers the same."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from parley.domain.errors import IdempotencyConflict, InProgress, Unavailable
from parley.domain.spaces import Space
from parley.domain.times import epoch
from parley.store.ports import ConditionRefused, Item, ItemKey, Table, Write
from parley.store.schema import TTL_ATTRIBUTE

KEPT_SECONDS = 24 * 3600
# How long the first request may work before another may take over: longer than any request of ours is let run.
CLAIM_SECONDS = 60
ATTEMPTS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the first request answered: HTTP status, JSON body, and the headers that belong to it (Location and kin)."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The right to do the work, under `operation_id`; or, when `reply` is set, the answer that was given before.

    `attempt` is 1 for the first request and grows with each that takes over after a crash. The operation id stays
    that of the first: everything done under it is done once, however often it is begun.
    """

    key: str
    operation_id: str
    attempt: int = 1
    reply: Reply | None = None


class Idempotency:
    """Claims and replies of every space."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def claim(
        self,
        space: Space,
        key: str,
        request_hash: str,
        operation_id: str,
        at: datetime,
        *,
        seconds: int = CLAIM_SECONDS,
    ) -> Claim:
        """Claims the key for `seconds`. `operation_id` is freshly made and used only if no earlier one was.

        Raises IdempotencyConflict for another request under the key, InProgress while the first still works.
        """
        now = epoch(at)
        for _ in range(ATTEMPTS):
            try:
                self._table.write(_first(space, key, request_hash, operation_id, now, seconds))
            except ConditionRefused as refusal:
                claim = self._next(space, key, request_hash, refusal.old, now, seconds)
                if claim is not None:
                    return claim
                continue
            return Claim(key=key, operation_id=operation_id)
        raise Unavailable("This Idempotency-Key is being fought over. Try again in a moment.")

    def finish(self, space: Space, claim: Claim, reply: Reply) -> Reply:
        """Keeps the answer. The first one kept wins and is given back, also to one that was taken over."""
        write = Write(
            kind="update",
            key=_key(space, claim.key),
            update="SET #state = :done, #reply = :reply",
            condition="#operationId = :operation AND #state = :working",
            values={
                "done": "done",
                "reply": _stored(reply),
                "operation": claim.operation_id,
                "working": "working",
            },
        )
        try:
            self._table.write(write)
        except ConditionRefused as refusal:
            old = refusal.old or {}
            return _reply(old) if old.get("operationId") == claim.operation_id else reply
        return reply

    def forget(self, space: Space, claim: Claim) -> None:
        """Gives the key up, for a request that was refused or failed before it changed anything."""
        write = Write(
            kind="delete",
            key=_key(space, claim.key),
            condition="#operationId = :operation AND #state = :working AND #attempt = :attempt",
            values={"operation": claim.operation_id, "working": "working", "attempt": claim.attempt},
        )
        try:
            self._table.write(write)
        except ConditionRefused:
            return

    def lapse(self, space: Space, claim: Claim) -> None:
        """Ends the claim but keeps its operation id, for work that failed half-way: the next try goes on with it."""
        write = Write(
            kind="update",
            key=_key(space, claim.key),
            update="SET #claimedUntil = :past",
            condition="#operationId = :operation AND #state = :working AND #attempt = :attempt",
            values={"past": 0, "operation": claim.operation_id, "working": "working", "attempt": claim.attempt},
        )
        try:
            self._table.write(write)
        except ConditionRefused:
            return

    def _next(
        self, space: Space, key: str, request_hash: str, old: Item | None, now: int, seconds: int
    ) -> Claim | None:
        """What a claimed key means for this request; None when it changed under our eyes."""
        if old is None:
            return None
        if old["requestHash"] != request_hash:
            raise IdempotencyConflict(
                "This Idempotency-Key was used with another request. Use a new key for a new request."
            )
        if old["state"] == "done":
            return Claim(key=key, operation_id=old["operationId"], attempt=old["attempt"], reply=_reply(old))
        if old["claimedUntil"] > now:
            raise InProgress(
                "The first request under this Idempotency-Key is still being worked on. Try again shortly."
            )
        try:
            taken = self._table.write(_taken_over(space, key, old, now + seconds))
        except ConditionRefused:
            return None
        return Claim(key=key, operation_id=taken["operationId"], attempt=taken["attempt"])


def _key(space: Space, key: str) -> ItemKey:
    return ItemKey(space.partition, f"IDEMPOTENCY#{key}")


def _stored(reply: Reply) -> str:
    # JSON text, so that a replay is the first answer to the last digit: a DynamoDB number would make 6 of 6.0.
    return json.dumps([reply.status, reply.body, dict(reply.headers)], separators=(",", ":"))


def _reply(item: Item) -> Reply:
    status, body, headers = json.loads(item["reply"])
    return Reply(status=status, body=body, headers=headers)


def _first(space: Space, key: str, request_hash: str, operation_id: str, now: int, seconds: int) -> Write:
    return Write(
        kind="put",
        key=_key(space, key),
        item={
            "requestHash": request_hash,
            "operationId": operation_id,
            "state": "working",
            "attempt": 1,
            "claimedUntil": now + seconds,
            TTL_ATTRIBUTE: now + KEPT_SECONDS,
        },
        # The time to live removes items up to two days late; one that is over counts as gone.
        condition="attribute_not_exists(pk) OR #ttl <= :now",
        values={"now": now},
    )


def _taken_over(space: Space, key: str, old: Item, until: int) -> Write:
    return Write(
        kind="update",
        key=_key(space, key),
        update="SET #claimedUntil = :until ADD #attempt :one",
        condition="#state = :working AND #attempt = :attempt AND #operationId = :operation",
        values={
            "until": until,
            "one": 1,
            "working": "working",
            "attempt": old["attempt"],
            "operation": old["operationId"],
        },
    )
