"""Creates what the platform needs in an empty cloud: table, buckets, queues, notifications, the state machine."""

import json
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from local.cloud import names
from parley.store.schema import create_table

_DEFINITION = Path(__file__).parents[2] / "infrastructure" / "lipsync.asl.json"
_ANY_ROLE = f"arn:aws:iam::{names.ACCOUNT}:role/parley-local"


def create_resources(endpoint: str, public_port: int) -> None:
    """Through the services' own APIs at `endpoint`; addresses inside the resources use `public_port`."""
    session: Any = boto3.Session(aws_access_key_id="local", aws_secret_access_key="local", region_name=names.REGION)

    def client(service: str) -> Any:
        config = Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1})
        return session.client(service, endpoint_url=endpoint, config=config)

    create_table(client("dynamodb"), names.TABLE)
    _create_queues(client("sqs"))
    _create_buckets(client("s3"))
    client("stepfunctions").create_state_machine(
        name=names.STATE_MACHINE, definition=state_machine_definition(public_port), roleArn=_ANY_ROLE
    )


def state_machine_definition(port: int) -> str:
    """The ASL file that CDK reads too, with this cloud's addresses put in."""
    definition = _DEFINITION.read_text()
    for name, value in {
        "FetchFunctionArn": names.function_arn("parley-lipsync-fetch"),
        "SettleFunctionArn": names.function_arn("parley-lipsync-settle"),
        "RefundFunctionArn": names.function_arn("parley-lipsync-refund"),
        "RenderQueueUrl": names.queue_url(port, names.RENDER_QUEUE),
    }.items():
        definition = definition.replace("${" + name + "}", value)
    return definition


def _create_queues(sqs: Any) -> None:
    for queue in names.QUEUES:
        sqs.create_queue(QueueName=queue.dead_letters, Attributes={"MessageRetentionPeriod": "1209600"})
        redrive = {"deadLetterTargetArn": names.queue_arn(queue.dead_letters), "maxReceiveCount": queue.receipts}
        sqs.create_queue(
            QueueName=queue.name,
            Attributes={"VisibilityTimeout": str(queue.visibility_seconds), "RedrivePolicy": json.dumps(redrive)},
        )


def _create_buckets(s3: Any) -> None:
    for bucket in names.BUCKETS:
        s3.create_bucket(Bucket=bucket)
    s3.put_bucket_notification_configuration(
        Bucket=names.UPLOADS_BUCKET,
        NotificationConfiguration={
            "QueueConfigurations": [
                _created(names.INSPECT_QUEUE, ("prefix", "assets/")),
                # A results file is `.results.jsonl` beside its manifest: the handler passes over it.
                _created(names.BATCHES_QUEUE, ("prefix", "batches/"), ("suffix", ".jsonl")),
            ]
        },
    )


def _created(queue: str, *rules: tuple[str, str]) -> dict[str, Any]:
    return {
        "Id": queue,
        "QueueArn": names.queue_arn(queue),
        "Events": ["s3:ObjectCreated:*"],
        "Filter": {"Key": {"FilterRules": [{"Name": name, "Value": value} for name, value in rules]}},
    }
