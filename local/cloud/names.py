"""What everything in the local cloud is called: one place for accounts, queues, functions and their addresses."""

from dataclasses import dataclass

ACCOUNT = "123456789012"
REGION = "us-east-1"
TABLE = "parley"
UPLOADS_BUCKET = "parley-uploads"
MEDIA_BUCKET = "parley-media"
BUCKETS = (UPLOADS_BUCKET, MEDIA_BUCKET)
INSPECT_QUEUE = "parley-inspect"
BATCHES_QUEUE = "parley-batches"
BATCH_LINES_QUEUE = "parley-batch-lines"
SUBMITTED_QUEUE = "parley-submitted"
RENDER_QUEUE = "parley-render"
STATE_MACHINE = "parley-lipsync"


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue and its dead-letter queue `<name>-dlq`."""

    name: str
    # How long a received message stays hidden before it is offered again.
    visibility_seconds: int
    # After so many receipts a message moves to the dead-letter queue.
    receipts: int

    @property
    def dead_letters(self) -> str:
        return f"{self.name}-dlq"


QUEUES = (
    Queue(INSPECT_QUEUE, visibility_seconds=60, receipts=3),
    Queue(BATCHES_QUEUE, visibility_seconds=60, receipts=3),
    # A line waits in its queue while all of the tenant's slots are taken: many receipts are the normal case.
    Queue(BATCH_LINES_QUEUE, visibility_seconds=30, receipts=1000),
    Queue(SUBMITTED_QUEUE, visibility_seconds=30, receipts=5),
    # A message is shown again while its worker's lease lasts; how often a job may be begun, the worker itself counts.
    Queue(RENDER_QUEUE, visibility_seconds=60, receipts=50),
)


def queue_url(port: int, name: str) -> str:
    return f"http://127.0.0.1:{port}/{ACCOUNT}/{name}"


def queue_arn(name: str) -> str:
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"


def function_arn(name: str) -> str:
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"


def state_machine_arn() -> str:
    return f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{STATE_MACHINE}"
