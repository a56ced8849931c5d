"""The worker process: takes render jobs from the queue, draws them one at a time, and answers the state machine."""

from __future__ import annotations

import logging
import math
import signal
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ValidationError

from parley.wire.render_job import RenderDone, RenderMessage
from renderer.draw_job import Draw, JobRejected, JobStopped
from renderer.heartbeat import Heartbeat, is_task_gone
from renderer.lease import Busy, Lease, Leases, Over, Rendered, WornOut
from renderer.media_bucket import MediaBucket
from renderer.render_report import count_render, done_of, measure_render
from renderer.scratch import clear_scratch_of_the_dead, scratch_folder
from renderer.task_protection import TaskProtection
from renderer.telemetry import log_as_json
from renderer.worker_settings import WorkerSettings

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient
    from types_boto3_sqs.type_defs import MessageTypeDef
    from types_boto3_stepfunctions import SFNClient

log = logging.getLogger("renderer.worker")
_RETRY_SEC: Final = 2.0


class Stopping(threading.Event):
    """Set when the process was told to end. A running job may go on until `late`, then it is handed back."""

    def __init__(self, grace_seconds: float) -> None:
        super().__init__()
        self._grace = grace_seconds
        self._deadline = math.inf

    def begin(self, *_signal: object) -> None:
        """Stop taking work. Usable as a signal handler."""
        self._deadline = min(self._deadline, time.monotonic() + self._grace)
        self.set()

    @property
    def late(self) -> bool:
        return time.monotonic() >= self._deadline


@dataclass(frozen=True)
class Order:
    """A message of the render queue as it was received."""

    message: RenderMessage
    receipt: str


class Worker:
    """One job at a time: lease, draw, upload, record, answer, delete. A crash between any two of these is harmless."""

    def __init__(
        self,
        settings: WorkerSettings,
        *,
        leases: Leases,
        media: MediaBucket,
        sqs: SQSClient,
        sfn: SFNClient,
        draw: Draw,
        stopping: Stopping,
        protection: TaskProtection,
    ) -> None:
        self._protection = protection
        self._settings, self._leases, self._media = settings, leases, media
        self._sqs, self._sfn, self._draw, self._stopping = sqs, sfn, draw, stopping

    def run(self) -> None:
        """Until told to stop."""
        log.info("worker started", extra={"owner": self._settings.owner})
        while not self._stopping.is_set():
            try:
                self.poll()
            except (ClientError, BotoCoreError):
                # The cloud's answer failed, not a job: whatever was in hand comes back by itself.
                log.exception("the worker lost touch; trying again")
                self._stopping.wait(_RETRY_SEC)
        log.info("worker stopped", extra={"owner": self._settings.owner})

    def poll(self) -> bool:
        """Wait for one message and deal with it. False: there was none."""
        answer = self._sqs.receive_message(
            QueueUrl=self._settings.render_queue_url,
            MaxNumberOfMessages=1,
            WaitTimeSeconds=self._settings.poll_seconds,
            VisibilityTimeout=round(self._leases.seconds),
        )
        messages = answer.get("Messages", [])
        for message in messages:
            self._handle(message)
        return bool(messages)

    def _handle(self, raw: MessageTypeDef) -> None:
        try:
            order = Order(RenderMessage.model_validate_json(raw.get("Body", "")), raw.get("ReceiptHandle", ""))
        except ValidationError as error:
            # It comes back until the queue's redrive policy moves it away, where someone can look at it.
            log.error("a message of the render queue cannot be read", extra={"problems": error.error_count()})
            return
        if self._stopping.is_set():
            self._show_again(order, 0)
            return
        self._serve(order)

    def _serve(self, order: Order) -> None:
        job = order.message.job
        if not self._is_waited_for(order):
            self._delete(order)
            return
        match self._leases.take(job, order.message.attempt):
            case Lease() as lease:
                self._work(order, lease)
            case Busy(seconds):
                self._show_again(order, math.ceil(seconds) + 1)
            case Rendered(done):
                self._succeed(order, done)
            case Over(why):
                self._fail(order, "render_over", f"The render has ended already: {why}.")
            case WornOut(starts):
                log.error(
                    "a render ended every worker that began it", extra={"renderId": job.render_id, "starts": starts}
                )
                self._fail(order, "render_crashed", f"The renderer broke down {starts} times on this input.")

    def _is_waited_for(self, order: Order) -> bool:
        """A message may have lain in its queue for longer than the state machine waits."""
        try:
            self._sfn.send_task_heartbeat(taskToken=order.message.task_token)
        except ClientError as error:
            if not is_task_gone(error):
                raise
            log.info("nobody waits for this render any more", extra={"renderId": order.message.job.render_id})
            return False
        return True

    def _work(self, order: Order, lease: Lease) -> None:
        with self._protection.held(), scratch_folder() as folder:
            heart = self._heart(order, lease)
            # The heart has stopped before the message is dealt with: a beat under way would hide it again.
            try:
                with heart:
                    done = self._make(lease, heart, folder)
            except JobRejected as refusal:
                self._fail(order, refusal.code, refusal.message)
            except JobStopped:
                self._put_down(order, lease, heart)
            except Exception:
                # Whatever it was, it may be the job's fault: the start counts, and the queue brings it back.
                log.exception("a render broke off", extra={"renderId": lease.job.render_id, "fence": lease.fence})
                count_render(log, "RendersBrokeOff", lease)
                self._leases.let_go(lease)
                self._show_again(order, 1)
            else:
                self._succeed(order, done)

    def _make(self, lease: Lease, heart: Heartbeat, folder: Path) -> RenderDone:
        job, began = lease.job, time.monotonic()
        out = folder / f"out.{job.file_type}"

        def tell(frame: int, frames: int) -> None:
            heart.progress = frame / frames

        def must_stop() -> bool:
            return heart.gone.is_set() or self._stopping.late

        drawn = self._draw(job, self._media.read, out, tell, must_stop)
        if must_stop():
            raise JobStopped
        done = done_of(lease, drawn)
        self._media.upload(out, done.output_key, job.content_type)
        if drawn.captions is not None and done.captions_key is not None:
            self._media.write_text(drawn.captions, done.captions_key, "text/vtt")
        if not self._leases.record(lease, done):
            self._media.delete(*filter(None, (done.output_key, done.captions_key)))
            raise JobStopped
        measure_render(log, done, time.monotonic() - began)
        return done

    def _put_down(self, order: Order, lease: Lease, heart: Heartbeat) -> None:
        if not heart.gone.is_set():
            self._leases.hand_back(lease)
            count_render(log, "RendersHandedBack", lease)
        # At once: whoever receives it next learns from the lease whether there is anything left to do.
        self._show_again(order, 0)
        log.info("put a render down", extra={"renderId": lease.job.render_id, "gone": heart.gone.is_set()})

    def _succeed(self, order: Order, done: RenderDone) -> None:
        try:
            self._sfn.send_task_success(taskToken=order.message.task_token, output=done.model_dump_json(by_alias=True))
        except ClientError as error:
            if not is_task_gone(error):
                raise
            log.info("a result came too late and was dropped", extra={"renderId": done.render_id, "fence": done.fence})
        self._delete(order)

    def _fail(self, order: Order, code: str, message: str) -> None:
        try:
            self._sfn.send_task_failure(taskToken=order.message.task_token, error=code, cause=message)
        except ClientError as error:
            if not is_task_gone(error):
                raise
        self._delete(order)
        log.info("a render was refused", extra={"renderId": order.message.job.render_id, "code": code})

    def _heart(self, order: Order, lease: Lease) -> Heartbeat:
        return Heartbeat(
            lease,
            self._leases,
            self._sfn,
            self._sqs,
            task_token=order.message.task_token,
            queue_url=self._settings.render_queue_url,
            receipt=order.receipt,
            interval=self._settings.heartbeat_seconds,
        )

    def _show_again(self, order: Order, seconds: int) -> None:
        try:
            self._sqs.change_message_visibility(
                QueueUrl=self._settings.render_queue_url, ReceiptHandle=order.receipt, VisibilityTimeout=seconds
            )
        except ClientError as error:
            # Another worker has dealt with it meanwhile, or it comes back by itself a little later.
            log.info("a message could not be shown again", extra={"error": str(error)})

    def _delete(self, order: Order) -> None:
        self._sqs.delete_message(QueueUrl=self._settings.render_queue_url, ReceiptHandle=order.receipt)


def _client(service: str) -> Any:
    import boto3

    # Its type lists every service of AWS; only the installed stubs' are known.
    return boto3.client(service)  # pyright: ignore


def main() -> None:
    """`python -m renderer.worker`: a worker by the environment's settings, until SIGTERM or SIGINT."""
    from renderer.job_renderer import JobRenderer

    log_as_json()
    clear_scratch_of_the_dead()
    settings = WorkerSettings.from_env()
    stopping = Stopping(settings.grace_seconds)
    signal.signal(signal.SIGTERM, stopping.begin)
    signal.signal(signal.SIGINT, stopping.begin)
    leases = Leases(
        _client("dynamodb"),
        settings.table_name,
        settings.owner,
        seconds=settings.lease_seconds,
        max_starts=settings.max_starts,
    )
    Worker(
        settings,
        leases=leases,
        media=MediaBucket(_client("s3"), settings.media_bucket),
        sqs=_client("sqs"),
        sfn=_client("stepfunctions"),
        draw=JobRenderer(settings.rigs_kept),
        stopping=stopping,
        protection=TaskProtection.from_env(),
    ).run()


if __name__ == "__main__":
    main()
