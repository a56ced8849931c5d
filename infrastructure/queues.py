"""A queue as all of ours are: encrypted, TLS only, with a dead-letter queue whose messages wait two weeks."""

from aws_cdk import Duration
from aws_cdk import aws_sqs as sqs
from constructs import Construct

# What AWS asks of a queue that feeds a function: messages stay hidden for six times the function's timeout.
VISIBILITY_FACTOR = 6


class WorkQueue(Construct):
    """`queue` and its `dead_letters`. `consumer_seconds`: how long its consumer may take over one receipt."""

    def __init__(self, scope: Construct, id: str, *, consumer_seconds: int, receipts: int) -> None:
        super().__init__(scope, id)
        self.dead_letters = sqs.Queue(
            self,
            "DeadLetters",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(14),
        )
        self.queue = sqs.Queue(
            self,
            "Queue",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            visibility_timeout=Duration.seconds(VISIBILITY_FACTOR * consumer_seconds),
            dead_letter_queue=sqs.DeadLetterQueue(max_receive_count=receipts, queue=self.dead_letters),
        )
