"""The signs of life of one render: state machine, queue and lease, in one beat; the first to say "gone" ends it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from renderer.lease import Lease, Leases

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient
    from types_boto3_stepfunctions import SFNClient

log = logging.getLogger("renderer.heartbeat")

TASK_GONE: Final = frozenset({"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"})
"""What Step Functions answers when it no longer waits: timed out, superseded, stopped. Never a reason to try again."""


def is_task_gone(error: ClientError) -> bool:
    return error.response.get("Error", {}).get("Code") in TASK_GONE


class Heartbeat(threading.Thread):
    """Beats every `interval` seconds while its `with` block lasts.

    `gone` is set when the task is over for the state machine, when the lease is lost (another worker took it, or the
    render was canceled), or when the lease could not be renewed for as long as it lasts. Single failures of the network
    are borne: the next beat tries again.
    """

    def __init__(
        self,
        lease: Lease,
        leases: Leases,
        sfn: SFNClient,
        sqs: SQSClient,
        *,
        task_token: str,
        queue_url: str,
        receipt: str,
        interval: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(name=f"heartbeat-{lease.job.render_id}", daemon=True)
        self.gone = threading.Event()
        self.progress = 0.0
        self._lease, self._leases, self._sfn, self._sqs = lease, leases, sfn, sqs
        self._token, self._queue_url, self._receipt = task_token, queue_url, receipt
        self._interval, self._clock = interval, clock
        self._ended = threading.Event()
        self._renewed = clock()

    def __enter__(self) -> Heartbeat:
        self.beat()
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._ended.set()
        self.join()

    def run(self) -> None:
        while not self.gone.is_set() and not self._ended.wait(self._interval):
            self.beat()

    def beat(self) -> None:
        """One sign of life to all three. Order: who may end the render is asked first."""
        for sign in (self._beat_task, self._renew_lease, self._extend_message):
            try:
                sign()
            except (ClientError, BotoCoreError) as error:
                log.warning("a heartbeat did not get through", extra={"sign": sign.__name__, "error": str(error)})
        if self._clock() - self._renewed > self._leases.seconds:
            self._give_up("the lease could not be renewed")

    def _beat_task(self) -> None:
        try:
            self._sfn.send_task_heartbeat(taskToken=self._token)
        except ClientError as error:
            if not is_task_gone(error):
                raise
            self._give_up("the state machine no longer waits")

    def _renew_lease(self) -> None:
        if self._leases.renew(self._lease, self.progress):
            self._renewed = self._clock()
        else:
            self._give_up("the lease is lost or the render has ended")

    def _extend_message(self) -> None:
        # A message that came back to the queue meanwhile is no reason to stop: whoever takes it meets our lease.
        seconds = round(self._leases.seconds)
        self._sqs.change_message_visibility(
            QueueUrl=self._queue_url, ReceiptHandle=self._receipt, VisibilityTimeout=seconds
        )

    def _give_up(self, reason: str) -> None:
        if not self.gone.is_set():
            log.info("stopping a render", extra={"renderId": self._lease.job.render_id, "reason": reason})
            self.gone.set()
