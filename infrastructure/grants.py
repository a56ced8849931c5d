"""Who may do what: one statement each, naming partitions, prefixes and queues instead of tables, buckets and all."""

from collections.abc import Sequence

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs

# The table's partitions, as keys begin: see parley.store.schema.
TENANTS, KEYS, SYSTEM, WORKERS, DUE = "T#*", "KEY#*", "SYSTEM", "WORKERS", "DUE#*"

READ = ("dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query")
WRITE = ("dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:ConditionCheckItem")
GET, PUT, DELETE = "s3:GetObject", "s3:PutObject", "s3:DeleteObject"
# Large files go in parts: what broke off half-way is taken back.
GIVE_UP = "s3:AbortMultipartUpload"


def on_table(grantee: iam.IGrantable, table: dynamodb.ITable, actions: Sequence[str], *partitions: str) -> None:
    """`actions` on items of these partitions alone; a transaction is judged item by item."""
    _allow(grantee, actions, [table.table_arn], _leading_keys(partitions))


def on_due_index(grantee: iam.IGrantable, table: dynamodb.ITable, index: str) -> None:
    """Reads what is due."""
    _allow(grantee, ["dynamodb:Query"], [f"{table.table_arn}/index/{index}"], _leading_keys([DUE]))


def on_objects(grantee: iam.IGrantable, bucket: s3.IBucket, actions: Sequence[str], *prefixes: str) -> None:
    """`actions` on objects below `prefixes`."""
    _allow(grantee, actions, [bucket.arn_for_objects(f"{prefix}*") for prefix in prefixes])


def on_listing(grantee: iam.IGrantable, bucket: s3.IBucket) -> None:
    """Lets S3 say that an object is not there, instead of that it may not be looked for; and lists."""
    _allow(grantee, ["s3:ListBucket"], [bucket.bucket_arn])


def to_send(grantee: iam.IGrantable, *queues: sqs.IQueue) -> None:
    _allow(grantee, ["sqs:SendMessage"], [queue.queue_arn for queue in queues])


def to_consume(grantee: iam.IGrantable, *queues: sqs.IQueue) -> None:
    """Takes messages, hides them for longer, deletes them."""
    actions = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"]
    _allow(grantee, actions, [queue.queue_arn for queue in queues])


def to_measure(grantee: iam.IGrantable, *queues: sqs.IQueue) -> None:
    """Asks how many messages wait."""
    _allow(grantee, ["sqs:GetQueueAttributes"], [queue.queue_arn for queue in queues])


def to_do(grantee: iam.IGrantable, actions: Sequence[str], *resources: str) -> None:
    """Anything else, spelled out."""
    _allow(grantee, actions, list(resources))


def _allow(
    grantee: iam.IGrantable,
    actions: Sequence[str],
    resources: Sequence[str],
    conditions: dict[str, dict[str, list[str]]] | None = None,
) -> None:
    statement = iam.PolicyStatement(actions=list(actions), resources=list(resources), conditions=conditions)
    grantee.grant_principal.add_to_principal_policy(statement)


def _leading_keys(partitions: Sequence[str]) -> dict[str, dict[str, list[str]]]:
    # Null: a request without any key must not pass for one that has only allowed ones.
    return {
        "ForAllValues:StringLike": {"dynamodb:LeadingKeys": list(partitions)},
        "Null": {"dynamodb:LeadingKeys": ["false"]},
    }
