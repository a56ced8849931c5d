"""The renderer service as others know it: by its fixed name, since what wakes it is made before it."""

from aws_cdk import Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infrastructure import grants
from infrastructure.settings import Settings

# From "there is to be a worker" to "it can work": Fargate pulls an image, a GPU machine starts first.
START_SECONDS = {"cpu": 90, "gpu": 300}


class Fleet:
    """What those are told and allowed who wake the workers or send them to rest."""

    def __init__(self, scope: Construct, settings: Settings, render_queue: sqs.IQueue) -> None:
        self._queue = render_queue
        self.environment = {
            "FLEET_CLUSTER": settings.cluster_name,
            "FLEET_SERVICE": settings.service_name,
            "FLEET_WARM_MINUTES": str(settings.warm_minutes),
            "FLEET_START_SECONDS": str(START_SECONDS[settings.capacity]),
            "FLEET_MAXIMUM": str(settings.maximum_workers),
        }
        self.service_arn = Stack.of(scope).format_arn(
            service="ecs", resource="service", resource_name=f"{settings.cluster_name}/{settings.service_name}"
        )

    def allow_wake(self, grantee: iam.IGrantable, table: dynamodb.ITable) -> None:
        """Reads who lives, keeps the wish, and sets how many are to run."""
        grants.on_table(grantee, table, [*grants.READ, "dynamodb:PutItem"], grants.WORKERS)
        grants.to_do(grantee, ["ecs:DescribeServices", "ecs:UpdateService"], self.service_arn)
