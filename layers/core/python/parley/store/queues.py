"""The Queue port on SQS."""

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from parley.domain.errors import Unavailable
from parley.store.ports import Message, QueueDepth

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

_DEPTHS: Final = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


class SqsQueue:
    """One queue. A process that was not given its URL may hold it, but not use it."""

    def __init__(self, client: "Callable[[], SQSClient]", url: str, name: str) -> None:
        self._client = client
        self._address = url
        self._name = name

    def send(self, body: Mapping[str, Any], *, delay_seconds: int = 0) -> None:
        text = json.dumps(body, separators=(",", ":"))
        self._client().send_message(QueueUrl=self._url(), MessageBody=text, DelaySeconds=delay_seconds)

    def receive(
        self, *, wait_seconds: int = 20, visibility_seconds: int | None = None, limit: int = 1
    ) -> list[Message]:
        """Up to `limit` messages (10 at most), waiting up to `wait_seconds` (20 at most) for the first."""
        extra: Any = {} if visibility_seconds is None else {"VisibilityTimeout": visibility_seconds}
        answer = self._client().receive_message(
            QueueUrl=self._url(), WaitTimeSeconds=wait_seconds, MaxNumberOfMessages=limit, **extra
        )
        return [
            Message(found.get("MessageId", ""), found.get("Body", ""), found.get("ReceiptHandle", ""))
            for found in answer.get("Messages", [])
        ]

    def delete(self, receipt: str) -> None:
        self._client().delete_message(QueueUrl=self._url(), ReceiptHandle=receipt)

    def extend(self, receipt: str, seconds: int) -> None:
        """Hides the message for `seconds` from now; 0 gives it back at once."""
        self._client().change_message_visibility(QueueUrl=self._url(), ReceiptHandle=receipt, VisibilityTimeout=seconds)

    def depth(self) -> QueueDepth:
        """SQS's own estimate, which may be some seconds old."""
        answer = self._client().get_queue_attributes(QueueUrl=self._url(), AttributeNames=[*_DEPTHS])
        visible, hidden, delayed = (int(answer.get("Attributes", {}).get(name, 0)) for name in _DEPTHS)
        return QueueDepth(visible, hidden + delayed)

    def _url(self) -> str:
        if not self._address:
            raise Unavailable(f"{self._name} is not set: this process was not told of that queue.")
        return self._address
