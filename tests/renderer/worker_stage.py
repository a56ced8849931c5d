"""A worker's surroundings in a test: real queue, real table, the real state machine; the drawing is stood in for."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from parley.store.schema import create_table
from renderer.draw_job import Drawn
from renderer.lease import Leases
from renderer.media_bucket import MediaBucket
from renderer.task_protection import TaskProtection
from renderer.worker import Stopping, Worker
from renderer.worker_settings import WorkerSettings
from tests.lipsync_machine import Machine
from tests.moto_cloud import moto_cloud
from tests.waiting import wait_for

KEY = {"pk": {"S": "T#ten_1#test"}, "sk": {"S": "RENDER#rnd_1"}}
JOB = {
    "renderId": "rnd_1",
    "tenant": "ten_1",
    "environment": "test",
    "rigKey": "rigs/ten_1/test/ast_1.npz",
    "speechKey": "speech/ten_1/test/rnd_1.wav",
    "heartbeatSeconds": 600,
    "timeoutSeconds": 900,
}
FOLDER = "renders/ten_1/test/rnd_1/"
ONE_BEAT = 3600.0
"""Heartbeat seconds of a worker that beats when it begins and then no more while a test lasts."""


class Stage:
    """One render under way, the worker that is to take it, and a clock that only the test moves."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.now = 1_800_000_000.0
        self.table, self.s3 = machine.cloud.client("dynamodb"), machine.cloud.client("s3")
        create_table(self.table, "parley")
        self.s3.create_bucket(Bucket="parley-media")
        self.table.put_item(TableName="parley", Item={**KEY, "status": {"S": "processing"}})
        machine.fetch_answers(**JOB)
        self.names = itertools.count(1)
        self.stopping = Stopping(grace_seconds=0.0)

    def worker(
        self,
        draw: Draw | None = None,
        *,
        sfn: Any = None,
        sqs: Any = None,
        max_starts: int = 4,
        heartbeat_seconds: float = 0.02,
    ) -> Worker:
        settings = WorkerSettings(
            table_name="parley",
            media_bucket="parley-media",
            render_queue_url=self.machine.queue,
            owner=f"worker-{next(self.names)}",
            heartbeat_seconds=heartbeat_seconds,
            lease_seconds=2 * ONE_BEAT,
            poll_seconds=0,
        )
        leases = Leases(
            self.table, "parley", settings.owner, seconds=60.0, max_starts=max_starts, clock=lambda: self.now
        )
        return Worker(
            settings,
            leases=leases,
            media=MediaBucket(self.s3, "parley-media"),
            sqs=sqs or self.machine.sqs,
            sfn=sfn or self.machine.sfn,
            draw=draw or Draw(),
            stopping=self.stopping,
            protection=TaskProtection(None, Path("unused")),
        )

    def serve(self, worker: Worker) -> None:
        """The next message of the queue, once it can be seen."""
        wait_for(worker.poll)

    def show_hidden_message(self) -> None:
        """As when the visibility timeout ran out: moto keeps the time itself."""
        from moto.sqs.models import sqs_backends

        for message in sqs_backends["123456789012"]["us-east-1"].get_queue("parley-render")._messages:
            message.change_visibility(0)

    def item(self) -> dict[str, Any]:
        return self.table.get_item(TableName="parley", Key=KEY)["Item"]

    def set_status(self, status: str) -> None:
        self.table.update_item(
            TableName="parley",
            Key=KEY,
            UpdateExpression="SET #status = :status",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={":status": {"S": status}},
        )

    def files(self) -> list[str]:
        return [found["Key"] for found in self.s3.list_objects_v2(Bucket="parley-media").get("Contents", [])]

    def messages_left(self) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        left = self.machine.sqs.get_queue_attributes(QueueUrl=self.machine.queue, AttributeNames=names)["Attributes"]
        return sum(int(left[name]) for name in names)


@dataclass
class Draw:
    """Stands in for the renderer: writes a small file after doing what the test asks of it."""

    during: Callable[[Callable[[], bool]], object] = lambda _must_stop: None
    calls: list[Any] = field(default_factory=list)
    captions: str | None = None

    def __call__(self, job: Any, _read: Any, out: Path, tell: Callable[[int, int], None], must_stop: Any) -> Drawn:
        self.calls.append(job)
        tell(1, 4)
        self.during(must_stop)
        out.write_bytes(b"mp4")
        return Drawn(frames=50, fps=25, width=512, height=512, captions=self.captions)


@contextmanager
def worker_stage() -> Iterator[Stage]:
    with moto_cloud() as cloud:
        machine = Machine(cloud)
        yield Stage(machine)
        machine.close()


class Killed(BaseException):
    """SIGKILL, as far as the code that it hits can tell: nothing after it runs."""


class Dying:
    """A client during whose call of one name the process is killed, before the call gets out."""

    def __init__(self, client: Any, call: str) -> None:
        self._client, self._call = client, call

    def __getattr__(self, name: str) -> Any:
        if name != self._call:
            return getattr(self._client, name)

        def die(**_: Any) -> None:
            raise Killed

        return die


class LateBeat:
    """A queue whose beats, once the render has ended, get through only after the worker showed the message again, if it
    does so before the beat is over."""

    def __init__(self, stage: Stage) -> None:
        self._stage, self._shown = stage, threading.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stage.machine.sqs, name)

    def change_message_visibility(self, **call: Any) -> Any:
        if call["VisibilityTimeout"] == 0:
            answer = self._stage.machine.sqs.change_message_visibility(**call)
            self._shown.set()
            return answer
        if self._stage.item()["status"] == {"S": "canceled"}:
            self._shown.wait(0.5)
        return self._stage.machine.sqs.change_message_visibility(**call)


class Deaf:
    """A state machine whose heartbeats always seem fine: as moto, which does not know old tokens from new ones."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        return (lambda **_: {}) if name == "send_task_heartbeat" else getattr(self._client, name)


def die(stage: Stage) -> None:
    """A worker takes the job and is killed while drawing."""

    def be_killed(_must_stop: Callable[[], bool]) -> None:
        raise Killed

    with pytest.raises(Killed):
        stage.serve(stage.worker(Draw(be_killed)))
    stage.show_hidden_message()


def receive(stage: Stage) -> dict[str, Any]:
    def next_message() -> Any:
        return stage.machine.sqs.receive_message(QueueUrl=stage.machine.queue).get("Messages")

    (message,) = wait_for(next_message)
    stage.machine.sqs.delete_message(QueueUrl=stage.machine.queue, ReceiptHandle=message["ReceiptHandle"])
    return json.loads(message["Body"])


def send(stage: Stage, body: dict[str, Any]) -> None:
    stage.machine.sqs.send_message(QueueUrl=stage.machine.queue, MessageBody=json.dumps(body))


class Refusing:
    """A state machine that is throttled whenever a result is sent."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        if name != "send_task_success":
            return getattr(self._client, name)

        def refuse(**_: Any) -> None:
            raise ClientError({"Error": {"Code": "ThrottlingException", "Message": ""}}, name)

        return refuse
