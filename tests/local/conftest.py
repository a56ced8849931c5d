"""A real cloud process on a folder of its own, that a test may kill and start again."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from local.child import LIFELINE, LISTENER, READY
from local.cloud import names
from tests.waiting import HANG_SECONDS

KEY_ID, SECRET = "PARLEYTESTKEY", "a-secret-for-tests"


class CloudProcess:
    """`python -m local.cloud` with its lifeline held by the test."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        ours, theirs = socket.socketpair()
        environment = {
            **os.environ,
            LIFELINE: str(theirs.fileno()),
            LISTENER: str(self._listener.fileno()),
            "PARLEY_STATE": str(self.state),
            "PARLEY_FUNCTIONS_PORT": "1",
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "local.cloud"],
            env=environment,
            pass_fds=[theirs.fileno(), self._listener.fileno()],
            stdout=subprocess.DEVNULL,
        )
        theirs.close()
        self.lifeline = ours
        ours.settimeout(HANG_SECONDS)
        assert ours.recv(1) == READY

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.lifeline.close()

    def restart(self) -> None:
        self.kill()
        self.start()

    def client(self, service: Any) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=names.REGION,
            aws_access_key_id=KEY_ID,
            aws_secret_access_key=SECRET,
            config=Config(s3={"addressing_style": "path"}, signature_version="s3v4" if service == "s3" else None),
        )

    def queue(self, name: str) -> str:
        return names.queue_url(self.port, name)

    def close(self) -> None:
        self.kill()
        self._listener.close()


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CloudProcess]:
    process = CloudProcess(tmp_path_factory.mktemp("state"))
    yield process
    process.close()


def put(cloud: CloudProcess, pk: str, sk: str, **attributes: Any) -> None:
    cloud.client("dynamodb").put_item(TableName=names.TABLE, Item={"pk": {"S": pk}, "sk": {"S": sk}, **attributes})


def get(cloud: CloudProcess, pk: str, sk: str) -> Any:
    answer = cloud.client("dynamodb").get_item(TableName=names.TABLE, Key={"pk": {"S": pk}, "sk": {"S": sk}})
    return answer.get("Item")


def bodies(cloud: CloudProcess, queue: str, wait: int = 0) -> list[str]:
    answer = cloud.client("sqs").receive_message(
        QueueUrl=cloud.queue(queue), MaxNumberOfMessages=10, WaitTimeSeconds=wait, VisibilityTimeout=0
    )
    return [message["Body"] for message in answer.get("Messages", [])]
