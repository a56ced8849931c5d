"""The queue of submitted renders: start each one's workflow. One that cannot be started now fails alone."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.deployed import stores
from functions.lipsync.place import RenderPlace
from parley.operations.start_render import start_render

logger = Logger(service="parley-lipsync-start")
_processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """SQS event in, `batchItemFailures` out."""
    return process_partial_response(event, _start, _processor, context)


def _start(record: SQSRecord) -> None:
    place = RenderPlace.model_validate_json(record.body)
    started = start_render(stores(), place.space, place.render_id)
    logger.info("started" if started else "had started before", renderId=place.render_id)
