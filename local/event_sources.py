"""Lambda's event sources on the local platform: threads that poll a queue, invoke, and delete what succeeded."""

import hashlib
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from local.cloud import names

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

Invoke = Callable[[str, Any], Any]
SWEEP_SECONDS = 60.0
_LONG_POLL_SECONDS = 20
_RETRY_SECONDS = 0.2
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EventSource:
    """One queue that feeds one function."""

    queue: str
    function: str
    batch_size: int = 10


EVENT_SOURCES = (
    EventSource(names.INSPECT_QUEUE, "parley-uploads-inspect"),
    EventSource(names.BATCHES_QUEUE, "parley-batches-manifest", batch_size=1),
    EventSource(names.BATCH_LINES_QUEUE, "parley-batches-line"),
    EventSource(names.SUBMITTED_QUEUE, "parley-lipsync-start"),
)


class QueuePoller(threading.Thread):
    """Plays one event source, with partial failures reported: what the function names as failed stays in the queue."""

    def __init__(self, source: EventSource, queue_url: str, sqs: "SQSClient", invoke: Invoke) -> None:
        super().__init__(name=f"poll-{source.queue}", daemon=True)
        self._source = source
        self._queue_url = queue_url
        self._sqs = sqs
        self._invoke = invoke
        self._stopping = threading.Event()

    def run(self) -> None:
        while not self._stopping.is_set():
            try:
                self.poll_once(_LONG_POLL_SECONDS)
            except (BotoCoreError, ClientError) as error:
                # The cloud restarts, or is not up yet.
                _log.warning("queue unreachable", extra={"queue": self._source.queue, "error": str(error)})
                self._stopping.wait(_RETRY_SECONDS)

    def stop(self) -> None:
        """Ends after the batch in hand."""
        self._stopping.set()

    def poll_once(self, wait_seconds: int) -> None:
        """Receives one batch, invokes, and deletes the records that did not fail."""
        answer: Any = self._sqs.receive_message(
            QueueUrl=self._queue_url,
            MaxNumberOfMessages=self._source.batch_size,
            WaitTimeSeconds=wait_seconds,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        received: list[Any] = answer.get("Messages", [])
        if not received:
            return
        failed = self._failures(received)
        done = [message for message in received if message["MessageId"] not in failed]
        if done:
            self._sqs.delete_message_batch(
                QueueUrl=self._queue_url,
                Entries=[{"Id": str(n), "ReceiptHandle": m["ReceiptHandle"]} for n, m in enumerate(done)],
            )

    def _failures(self, received: Sequence[Any]) -> set[str]:
        event = {"Records": [_record(message, self._source.queue) for message in received]}
        everything = {message["MessageId"] for message in received}
        try:
            answer = self._invoke(self._source.function, event)
        except Exception:
            _log.exception("function failed", extra={"function": self._source.function})
            return everything
        return failed_ids(answer, everything)


def failed_ids(answer: Any, sent: set[str]) -> set[str]:
    """The message ids an answer reports as failed. As in Lambda: nothing is success, nonsense fails all."""
    if not answer:
        return set()
    failures = answer.get("batchItemFailures") if isinstance(answer, Mapping) else None
    if failures is None:
        return set() if isinstance(answer, Mapping) else sent
    try:
        named = {failure["itemIdentifier"] for failure in failures}
    except (TypeError, KeyError):
        return sent
    return named if named <= sent else sent


class Sweeper(threading.Thread):
    """Plays the schedule: the sweeper function every minute."""

    def __init__(self, invoke: Invoke, every_seconds: float = SWEEP_SECONDS) -> None:
        super().__init__(name="sweeper", daemon=True)
        self._invoke = invoke
        self._every = every_seconds
        self._stopping = threading.Event()

    def run(self) -> None:
        while not self._stopping.wait(self._every):
            try:
                self._invoke("parley-sweeper", {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}})
            except Exception:
                _log.exception("function failed", extra={"function": "parley-sweeper"})

    def stop(self) -> None:
        self._stopping.set()


def _record(message: Mapping[str, Any], queue: str) -> dict[str, Any]:
    body = message["Body"]
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": body,
        "attributes": dict(message.get("Attributes", {})),
        "messageAttributes": {
            name: {
                "stringValue": value.get("StringValue"),
                "dataType": value["DataType"],
                "stringListValues": [],
                "binaryListValues": [],
            }
            for name, value in message.get("MessageAttributes", {}).items()
        },
        "md5OfBody": hashlib.md5(body.encode(), usedforsecurity=False).hexdigest(),
        "eventSource": "aws:sqs",
        "eventSourceARN": names.queue_arn(queue),
        "awsRegion": names.REGION,
    }
