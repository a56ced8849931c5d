import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from local.cloud import names
from local.event_sources import EventSource, QueuePoller, failed_ids

SOURCE = EventSource(names.INSPECT_QUEUE, "parley-uploads-inspect")


@pytest.fixture
def sqs() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("sqs", region_name=names.REGION)
        client.create_queue(QueueName=SOURCE.queue, Attributes={"VisibilityTimeout": "0"})
        yield client


def url(sqs: Any) -> str:
    return sqs.get_queue_url(QueueName=SOURCE.queue)["QueueUrl"]


def bodies_left(sqs: Any) -> set[str]:
    answer = sqs.receive_message(QueueUrl=url(sqs), MaxNumberOfMessages=10)
    return {message["Body"] for message in answer.get("Messages", [])}


def send(sqs: Any, *bodies: str) -> None:
    for body in bodies:
        attributes = {"tenant": {"DataType": "String", "StringValue": "ten_1"}}
        sqs.send_message(QueueUrl=url(sqs), MessageBody=body, MessageAttributes=attributes)


def poll(sqs: Any, function: Any) -> None:
    QueuePoller(SOURCE, url(sqs), sqs, lambda _name, event: function(event)).poll_once(0)


def test_only_the_records_reported_as_failed_stay(sqs: Any) -> None:
    send(sqs, "good", "bad", "fine")

    def function(event: Any) -> Any:
        bad = [record["messageId"] for record in event["Records"] if record["body"] == "bad"]
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in bad]}

    poll(sqs, function)
    assert bodies_left(sqs) == {"bad"}


@pytest.mark.parametrize("answer", [None, {}, {"batchItemFailures": []}])
def test_no_failure_reported_means_all_are_done(sqs: Any, answer: Any) -> None:
    send(sqs, "a", "b")
    poll(sqs, lambda _event: answer)
    assert bodies_left(sqs) == set()


@pytest.mark.parametrize(
    "answer",
    [
        {"batchItemFailures": [{"itemIdentifier": "of nobody"}]},
        {"batchItemFailures": [{"itemIdentifier": ""}]},
        {"batchItemFailures": [{"wrong": "key"}]},
        {"batchItemFailures": 3},
        "nonsense",
    ],
)
def test_an_answer_that_cannot_be_right_fails_the_whole_batch(sqs: Any, answer: Any) -> None:
    send(sqs, "a", "b")
    poll(sqs, lambda _event: answer)
    assert bodies_left(sqs) == {"a", "b"}


def test_an_exception_fails_the_whole_batch_and_not_the_poller(sqs: Any) -> None:
    send(sqs, "a", "b")

    def function(_event: Any) -> Any:
        raise RuntimeError("broken")

    poll(sqs, function)
    assert bodies_left(sqs) == {"a", "b"}


def test_an_empty_queue_invokes_nothing(sqs: Any) -> None:
    poll(sqs, lambda _event: pytest.fail("invoked"))


def test_a_record_has_the_shape_lambda_gives_it(sqs: Any) -> None:
    send(sqs, json.dumps({"renderId": "rnd_1"}))
    seen: list[Any] = []
    poll(sqs, lambda event: seen.append(event))
    (record,) = seen[0]["Records"]
    assert json.loads(record["body"]) == {"renderId": "rnd_1"}
    assert record["eventSource"] == "aws:sqs"
    assert record["eventSourceARN"].endswith(f":{SOURCE.queue}")
    assert record["awsRegion"] == names.REGION
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert record["messageAttributes"]["tenant"]["stringValue"] == "ten_1"
    assert {"messageId", "receiptHandle", "md5OfBody"} <= record.keys()


def test_failed_ids_are_those_named() -> None:
    assert failed_ids({"batchItemFailures": [{"itemIdentifier": "b"}]}, {"a", "b"}) == {"b"}
