"""SQS messages that outlive the process, and a receive that gives each message to one receiver only."""

import select
import socket
import threading
import time
from typing import Any

from moto.sqs.models import Message, Queue, SQSBackend, sqs_backends

from local.cloud.journal import Journal, Value
from local.cloud.names import ACCOUNT, REGION, RENDER_QUEUE

# The task tokens in these messages die with the state machine's executions, which live in memory: their renders are
# started anew from the table instead (resume.py).
_NOT_KEPT = frozenset({RENDER_QUEUE})
_MAX_WAIT_SECONDS = 1.0
# moto changes a queue's list from several threads with no common lock: a delete could lose a message just added.
_lock = threading.RLock()
_request = threading.local()


def make_receives_exclusive() -> None:
    """moto looks for visible messages and marks them in two steps, and waits up to a second too long: so two threads
    could receive one message. Here one thread at a time looks, and nobody holds the lock while waiting."""
    receive_now = SQSBackend.receive_message

    def receive_message(
        self: SQSBackend,
        queue_name: str,
        count: int,
        wait_seconds_timeout: int,
        visibility_timeout: int,
        message_attribute_names: list[str] | None = None,
    ) -> list[Message]:
        deadline = time.monotonic() + (wait_seconds_timeout or 0)
        while not _caller_is_gone():
            with _lock:
                messages = receive_now(self, queue_name, count, 0, visibility_timeout, message_attribute_names)
            left = deadline - time.monotonic()
            if messages or left <= 0:
                return messages
            # A message that is hidden or delayed now wakes nobody when its time comes: hence the short waits.
            self.get_queue(queue_name).wait_for_messages(min(left, _MAX_WAIT_SECONDS))  # type: ignore[arg-type]
        return []

    SQSBackend.receive_message = receive_message  # type: ignore[method-assign]


def answering(connection: socket.socket | None) -> None:
    """This thread now answers a request on that connection."""
    _request.connection = connection


def _caller_is_gone() -> bool:
    # A receiver that was killed while it waited must not be given a message: nobody else would see it for a minute.
    connection: socket.socket | None = getattr(_request, "connection", None)
    if connection is None or not select.select([connection], [], [], 0)[0]:
        return False
    try:
        return connection.recv(1, socket.MSG_PEEK) == b""
    except OSError:
        return True


def keep_messages(journal: Journal) -> None:
    """From now on every message sent, moved or deleted is journalled before its request is answered."""
    add_now, delete_now = Queue.add_message, Queue.delete_message

    def add_message(self: Queue, message: Message) -> None:
        with _lock:
            if self.name not in _NOT_KEPT:
                journal.append({f"message:{message.id}": _record(self, message)})
            add_now(self, message)

    def delete_message(self: Queue, receipt_handle: str) -> None:
        with _lock:
            deleted = [message.id for message in self._messages if message.had_receipt_handle(receipt_handle)]
            delete_now(self, receipt_handle)
            if deleted and self.name not in _NOT_KEPT:
                journal.append({f"message:{message_id}": None for message_id in deleted})

    Queue.add_message = add_message  # type: ignore[method-assign]
    Queue.delete_message = delete_message  # type: ignore[method-assign]


def put_back(message_id: str, record: Value) -> None:
    """Lays a journalled message into its queue, visible at once: whoever had received it is gone."""
    message: Any = Message(message_id, record["body"])
    message.group_id = record.get("group")
    # Counts as sent now: moto lets a message beyond its retention period block its queue.
    message.mark_sent()
    message.message_attributes = record.get("attributes") or {}
    message.delayed_until = record.get("delayedUntil") or 0.0
    _queue(record["queue"])._messages.append(message)


def bodies(queue_name: str) -> list[str]:
    """The bodies of all messages of a queue, hidden ones too."""
    return [message.body for message in _queue(queue_name)._messages]


def send(queue_name: str, body: str) -> None:
    sqs_backends[ACCOUNT][REGION].send_message(queue_name, body)


def clear(queue_name: str) -> None:
    """Drops what lies in a queue at its creation: S3 announces itself with a test event."""
    _queue(queue_name)._messages.clear()


def _record(queue: Queue, message: Message) -> Value:
    record: dict[str, Any] = {"queue": queue.name, "body": message.body}
    if message.group_id:
        record["group"] = message.group_id
    if message.message_attributes:
        record["attributes"] = message.message_attributes
    if message.delayed_until:
        record["delayedUntil"] = message.delayed_until
    return record


def _queue(name: str) -> Queue:
    return sqs_backends[ACCOUNT][REGION].get_queue(name)
