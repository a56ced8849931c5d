"""Objects, queues and workflows, on moto's own."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest

from parley.domain.errors import NotFound, Unavailable
from parley.store import aws
from parley.store.objects import S3Objects
from parley.store.queues import SqsQueue
from parley.store.workflows import StepFunctions

PASS = json.dumps({"StartAt": "One", "States": {"One": {"Type": "Pass", "End": True}}})


@pytest.fixture
def objects(cloud: None) -> S3Objects:  # noqa: ARG001
    client = aws.s3()
    client.create_bucket(Bucket="parley-media")
    return S3Objects(lambda: client, "parley-media")


@pytest.fixture
def queue(cloud: None) -> SqsQueue:  # noqa: ARG001
    client = aws.sqs()
    return SqsQueue(lambda: client, client.create_queue(QueueName="parley-render")["QueueUrl"], "RENDER_QUEUE_URL")


def test_an_object_comes_back_with_its_type_and_size(objects: S3Objects, tmp_path: Path) -> None:
    objects.put("a/1", b"hello", "text/plain")
    info = objects.head("a/1")
    assert objects.get("a/1") == b"hello"
    assert info is not None and (info.size_bytes, info.content_type) == (5, "text/plain")
    (tmp_path / "in").write_bytes(b"from a file")
    objects.put_file("a/2", str(tmp_path / "in"), "video/mp4")
    objects.get_file("a/2", str(tmp_path / "out"))
    assert (tmp_path / "out").read_bytes() == b"from a file"
    assert [(found.key, found.size_bytes) for found in objects.list("a/")] == [("a/1", 5), ("a/2", 11)]
    assert [found.key for found in objects.list("a/", limit=1)] == ["a/1"]


def test_an_object_that_is_not_there_is_not_found_and_its_deletion_no_error(objects: S3Objects, tmp_path: Path) -> None:
    objects.put("a/1", b"hello", "text/plain")
    for _ in range(2):
        objects.delete("a/1")
    assert objects.head("a/1") is None and objects.list("a/") == []
    for call in (lambda: objects.get("a/1"), lambda: objects.get_file("a/1", str(tmp_path / "out"))):
        with pytest.raises(NotFound):
            call()


def test_a_presigned_url_names_its_object_its_life_and_what_must_be_sent(objects: S3Objects) -> None:
    read = urlsplit(objects.presign_get("a/1", seconds=60, content_type="video/mp4"))
    assert (read.path, parse_qs(read.query)["X-Amz-Expires"]) == ("/a/1", ["60"])
    assert parse_qs(read.query)["response-content-type"] == ["video/mp4"]
    write = parse_qs(urlsplit(objects.presign_put("a/1", seconds=60, content_type="image/png", size_bytes=9)).query)
    assert set(write["X-Amz-SignedHeaders"][0].split(";")) >= {"content-type", "content-length", "host"}


def test_where_one_host_plays_s3_buckets_are_paths(cloud: None, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://localhost:9999")
    url = urlsplit(S3Objects(aws.s3, "parley-media").presign_get("a/1", seconds=60))
    assert (url.netloc, url.path) == ("localhost:9999", "/parley-media/a/1")


def test_a_message_stays_hidden_until_it_is_given_back_and_goes_when_deleted(queue: SqsQueue) -> None:
    queue.send({"renderId": "rnd_1"})
    (message,) = queue.receive(wait_seconds=0, visibility_seconds=60)
    assert json.loads(message.body) == {"renderId": "rnd_1"}
    assert queue.receive(wait_seconds=0) == []
    queue.extend(message.receipt, 0)
    (again,) = queue.receive(wait_seconds=0)
    assert again.id == message.id
    queue.delete(again.receipt)
    assert queue.receive(wait_seconds=0) == []


def test_a_process_that_was_not_told_of_a_queue_or_machine_says_so_when_it_uses_it(cloud: None) -> None:  # noqa: ARG001
    with pytest.raises(Unavailable, match="RENDER_QUEUE_URL"):
        SqsQueue(aws.sqs, "", "RENDER_QUEUE_URL").send({})
    with pytest.raises(Unavailable, match="STATE_MACHINE_ARN"):
        StepFunctions(aws.stepfunctions, "").start("one", {})


def test_a_client_is_made_when_it_is_first_used_and_once(cloud: None) -> None:  # noqa: ARG001
    made: list[object] = []

    def make() -> Any:
        made.append(aws.s3())
        return made[-1]

    client = aws.at_first_use(make)
    S3Objects(client, "parley-uploads")
    assert made == []
    media = S3Objects(client, "parley-media")
    assert media.presign_get("a/1", seconds=60) and media.presign_get("a/2", seconds=60)
    assert made == [client()]


def test_an_execution_of_a_name_is_started_once_and_stopping_is_always_allowed(cloud: None) -> None:  # noqa: ARG001
    role = "arn:aws:iam::123456789012:role/parley"
    made = boto3.client("stepfunctions").create_state_machine(name="parley-lipsync", definition=PASS, roleArn=role)
    workflow = StepFunctions(aws.stepfunctions, made["stateMachineArn"])
    assert workflow.start("rnd_1", {"renderId": "rnd_1"}) is True
    assert workflow.start("rnd_1", {"renderId": "rnd_1", "again": 1}) is False
    for name in ("rnd_1", "rnd_1", "rnd_never"):
        workflow.stop(name, error="canceled", cause="x" * 40_000)
