"""Batches: a manifest that arrived is taken apart, and each of its lines is submitted as a render of its own."""

import random
from typing import Any, Literal

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from functions.deployed import fetcher, stores
from functions.s3_records import created_keys
from parley.domain.object_keys import read_upload_key
from parley.domain.spaces import Space
from parley.operations.run_batch import run_batch
from parley.operations.submit_batch_line import LineMustWait, submit_batch_line

# A line that waits for a slot comes back after seconds, later after minutes: a thousand receipts last for days.
LONGEST_PAUSE_SECONDS = 300

logger = Logger(service="parley-batches")
_manifests = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
_lines = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


class LineMessage(BaseModel):
    """One line on its way: whose, which, and what it asks for."""

    model_config = ConfigDict(alias_generator=to_camel, frozen=True, extra="ignore")

    tenant: str
    environment: Literal["live", "test"]
    batch_id: str
    line: int
    body: dict[str, Any]


@logger.inject_lambda_context(clear_state=True)
def manifest_handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """ObjectCreated under batches/: SQS event in, `batchItemFailures` out."""
    return process_partial_response(event, _manifest, _manifests, context)


@logger.inject_lambda_context(clear_state=True)
def line_handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Lines of batches: SQS event in, `batchItemFailures` out; a line without a free slot stays in its queue."""
    return process_partial_response(event, _line, _lines, context)


def _manifest(record: SQSRecord) -> None:
    for key in created_keys(record.body):
        uploaded = read_upload_key(key)
        # Results lie beside their manifest and are announced too.
        if uploaded is None or uploaded.folder != "batches" or uploaded.ending != ".jsonl":
            continue
        batch = run_batch(stores(), uploaded.space, uploaded.id)
        if batch is None:
            logger.warning("a manifest of no batch", key=key)
        else:
            logger.info("manifest read", batchId=batch.id, status=batch.status, lines=batch.lines)


def _line(record: SQSRecord) -> None:
    message = LineMessage.model_validate_json(record.body)
    receipts = int(record.attributes.approximate_receive_count or 1)
    try:
        render = submit_batch_line(
            stores(),
            fetcher(),
            Space(message.tenant, message.environment),
            message.batch_id,
            message.line,
            message.body,
            tries=receipts,
        )
    except LineMustWait as wait:
        pause = min(LONGEST_PAUSE_SECONDS, wait.retry_after_seconds * receipts)
        # Full jitter over its second half: lines that were refused together do not come back together.
        stores().batch_lines_queue.extend(record.receipt_handle, round(pause * random.uniform(0.5, 1.0)))
        raise
    said = "line submitted" if render else "line refused"
    logger.info(said, batchId=message.batch_id, line=message.line, renderId=render.id if render else None)
