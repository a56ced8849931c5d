"""What must outlive every deployment: the table, the buckets, the secrets; and the queues that S3 tells of uploads."""

from typing import TypeVar

from aws_cdk import Aws, Duration, RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secrets
from constructs import Construct

from infrastructure.queues import WorkQueue

INSPECT_SECONDS = 120
MANIFEST_SECONDS = 60
DUE_INDEX = "due"
Resource = TypeVar("Resource", bound=Construct)


class DataStack(Stack):
    """Retained in every case: `cdk destroy` leaves all of it but the queues."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id, description="Parley: table, buckets, secrets", termination_protection=True)
        self.table = self._table()
        self.inspect = WorkQueue(self, "Inspect", consumer_seconds=INSPECT_SECONDS, receipts=3)
        self.batches = WorkQueue(self, "Batches", consumer_seconds=MANIFEST_SECONDS, receipts=3)
        self._access_logs = self._logs_bucket()
        self.media = self._bucket("Media", prefix="media/")
        # Speech and the picture behind the speaker are a render's own and are cleared at its end; what a crash left
        # behind goes after a week.
        self.media.add_lifecycle_rule(id="speech", prefix="speech/", expiration=Duration.days(7))
        self.uploads = self._bucket("Uploads", prefix="uploads/")
        self.uploads.add_lifecycle_rule(id="batches", prefix="batches/", expiration=Duration.days(30))
        self._announce_uploads()
        self.key_pepper = self._secret("KeyPepper", "Parley: what API keys are hashed with")
        self.turn_token_key = self._secret("TurnTokenKey", "Parley: what relays and workers sign turn tokens with")

    def _table(self) -> dynamodb.Table:
        text, number = dynamodb.AttributeType.STRING, dynamodb.AttributeType.NUMBER
        # Table and not TableV2, whose GlobalTable is another resource type with another set of updates.
        table = dynamodb.Table(
            self,
            "Table",
            partition_key=dynamodb.Attribute(name="pk", type=text),
            sort_key=dynamodb.Attribute(name="sk", type=text),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            encryption=dynamodb.TableEncryption.DEFAULT,
            # Only to tidy up: every reader judges by its own clock.
            time_to_live_attribute="ttl",
            deletion_protection=True,
            removal_policy=RemovalPolicy.RETAIN,
        )
        table.add_global_secondary_index(
            index_name=DUE_INDEX,
            partition_key=dynamodb.Attribute(name="dueShard", type=text),
            sort_key=dynamodb.Attribute(name="dueAt", type=number),
            projection_type=dynamodb.ProjectionType.KEYS_ONLY,
        )
        return _pinned(table, "Table")

    def _logs_bucket(self) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            "AccessLogs",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            removal_policy=RemovalPolicy.RETAIN,
            lifecycle_rules=[s3.LifecycleRule(id="old", expiration=Duration.days(90))],
        )
        return _pinned(bucket, "AccessLogs")

    def _bucket(self, id: str, *, prefix: str) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            id,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            removal_policy=RemovalPolicy.RETAIN,
            server_access_logs_bucket=self._access_logs,
            server_access_logs_prefix=prefix,
            # Presigned links: a browser on any page may use the one that it was given, and no other.
            cors=[
                s3.CorsRule(
                    allowed_methods=[s3.HttpMethods.GET, s3.HttpMethods.HEAD, s3.HttpMethods.PUT],
                    allowed_origins=["*"],
                    allowed_headers=["*"],
                    exposed_headers=["ETag", "Content-Length", "Content-Range", "Accept-Ranges"],
                    max_age=3600,
                )
            ],
            lifecycle_rules=[
                s3.LifecycleRule(id="unfinished", abort_incomplete_multipart_upload_after=Duration.days(1))
            ],
        )
        return _pinned(bucket, id)

    def _announce_uploads(self) -> None:
        """By the bucket's own property: the construct's way would bring a function that may change any bucket."""
        bucket = self.uploads.node.default_child
        assert isinstance(bucket, s3.CfnBucket)

        def told(queue: WorkQueue, *rules: tuple[str, str]) -> s3.CfnBucket.QueueConfigurationProperty:
            return s3.CfnBucket.QueueConfigurationProperty(
                event="s3:ObjectCreated:*",
                queue=queue.queue.queue_arn,
                filter=s3.CfnBucket.NotificationFilterProperty(
                    s3_key=s3.CfnBucket.S3KeyFilterProperty(
                        rules=[s3.CfnBucket.FilterRuleProperty(name=name, value=value) for name, value in rules]
                    )
                ),
            )

        bucket.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            queue_configurations=[
                told(self.inspect, ("prefix", "assets/")),
                told(self.batches, ("prefix", "batches/"), ("suffix", ".jsonl")),
            ]
        )
        for queue in (self.inspect.queue, self.batches.queue):
            # The bucket's own name would make a circle: it can be made only once the queue lets it in.
            queue.add_to_resource_policy(
                iam.PolicyStatement(
                    sid="BucketsOfThisAccount",
                    principals=[iam.ServicePrincipal("s3.amazonaws.com")],
                    actions=["sqs:SendMessage"],
                    resources=[queue.queue_arn],
                    conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
                )
            )
            policy = queue.node.find_child("Policy").node.default_child
            assert policy is not None
            bucket.node.add_dependency(policy)

    def _secret(self, id: str, description: str) -> secrets.Secret:
        secret = secrets.Secret(
            self,
            id,
            description=description,
            generate_secret_string=secrets.SecretStringGenerator(password_length=64, exclude_punctuation=True),
            removal_policy=RemovalPolicy.RETAIN,
        )
        return _pinned(secret, id)


def _pinned(resource: Resource, logical_id: str) -> Resource:
    """Whatever is moved in the code, CloudFormation still knows it for the same thing and does not replace it."""
    child = resource.node.default_child
    assert child is not None
    child.override_logical_id(logical_id)  # type: ignore[attr-defined]
    return resource
