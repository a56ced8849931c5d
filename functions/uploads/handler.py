"""ObjectCreated under assets/: inspect each uploaded file; and planned caches of clips, computed one by one.

One file that cannot be looked at now fails alone.
"""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.deployed import stores
from functions.s3_records import created_keys
from functions.uploads.inspector import RendererInspector
from functions.uploads.planned_cache import PlannedCache
from parley.domain.assets import Asset
from parley.domain.object_keys import read_upload_key
from parley.operations.build_video_cache import build_video_cache, give_up_video_cache
from parley.operations.inspect_asset import give_up_inspection, inspect_asset

# The queue moves a message away after so many receipts (its redrive policy): the last one must bring a verdict.
LAST_RECEIPT = 3

logger = Logger(service="parley-uploads")
_processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
_inspector = RendererInspector()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """SQS event in, `batchItemFailures` out."""
    return process_partial_response(event, _inspect, _processor, context)


def _inspect(record: SQSRecord) -> None:
    last = int(record.attributes.approximate_receive_count or 1) >= LAST_RECEIPT
    if (planned := PlannedCache.read(record.body)) is not None:
        _compute(planned, last)
        return
    for key in created_keys(record.body):
        uploaded = read_upload_key(key)
        if uploaded is None or uploaded.folder != "assets":
            logger.warning("an object of no asset", key=key)
            continue
        try:
            asset = inspect_asset(stores(), _inspector, uploaded.space, uploaded.id, key)
        except Exception:
            if not last:
                raise
            logger.exception("the inspection broke down for the last time", key=key)
            asset = give_up_inspection(stores(), uploaded.space, uploaded.id)
        _report(key, asset)


def _compute(planned: PlannedCache, last: bool) -> None:
    which = (planned.space, planned.avatar_id, planned.version)
    try:
        cache = build_video_cache(stores(), _inspector, *which)
    except Exception:
        if not last:
            raise
        logger.exception("the cache broke down for the last time", avatarId=planned.avatar_id)
        cache = give_up_video_cache(stores(), *which)
    status = cache.status if cache else "gone"
    logger.info("video cache", avatarId=planned.avatar_id, version=planned.version, status=status)


def _report(key: str, asset: Asset | None) -> None:
    if asset is None:
        logger.info("the file of a deleted asset was dropped", key=key)
        return
    logger.info("inspected", assetId=asset.id, status=asset.status, code=asset.failure_code)
    metrics = EphemeralMetrics(namespace="Parley", service="parley-uploads")
    metrics.add_metric("AssetsReady", MetricUnit.Count, int(asset.status == "ready"))
    metrics.add_metric("AssetsFailed", MetricUnit.Count, int(asset.status == "failed"))
    metrics.flush_metrics()
