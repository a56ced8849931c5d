"""What cdk-nag's AwsSolutions rules find in these stacks and we leave as it is: where, which rule, and why."""

from collections.abc import Iterator
from dataclasses import dataclass

from constructs import IConstruct

from infrastructure.settings import Settings

_UPLOADS = "ParleyData:ExportsOutputFnGetAttUploadsArn4BF986CC"
_MEDIA = "ParleyData:ExportsOutputFnGetAttMediaArn17EA67CD"
_PREFIXES = (
    f"{_UPLOADS}/assets/*",
    f"{_UPLOADS}/batches/*",
    f"{_MEDIA}/renders/*",
    f"{_MEDIA}/rigs/*",
    f"{_MEDIA}/speech/*",
    f"{_MEDIA}/system/avatars/*",
)
_EXECUTIONS = "arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:"
_ZIPS = (
    *(f"ParleyWorkflow/{name}" for name in ("Settle", "Refund", "Start", "BatchManifest", "BatchLine", "Sweeper")),
    "ParleyApi/Api",
    "ParleyApi/Turn",
)


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """One finding at the construct `path` or below it."""

    path: str
    rule: str
    reason: str


def acknowledged(settings: Settings) -> Iterator[Acknowledged]:
    """Every one of them; those of resources that the settings leave out are met by nothing."""
    yield from _of_everywhere()
    yield from _of_data()
    yield from _of_workers()
    yield from _of_gpu_machines()
    yield from _of_doors()
    yield from _of_choices(settings)


def _of_everywhere() -> Iterator[Acknowledged]:
    for stack in ("ParleyWorkflow", "ParleyRenderer", "ParleyApi"):
        for prefix in _PREFIXES:
            yield Acknowledged(
                stack,
                f"IAM5[Resource::{prefix}]",
                "Objects of one prefix of one bucket: their names are ids that tenants' requests make.",
            )
    for path in _ZIPS:
        yield Acknowledged(path, "L1", "Python 3.13 is what the packages are built, pinned and tested for.")


def _of_data() -> Iterator[Acknowledged]:
    for name in ("KeyPepper", "TurnTokenKey"):
        yield Acknowledged(
            f"ParleyData/{name}",
            "SMG4",
            "Rotated by the operator (docs/operate.md): readers take the current and the previous value, and a second "
            "rotation before every key was used again would lock keys out.",
        )
    executions = "of one state machine: they are named after renders."
    yield Acknowledged(
        "ParleyWorkflow/SweeperRole",
        f"IAM5[Resource::{_EXECUTIONS}<Lipsync27D5E7BC.Name>:*]",
        f"All executions {executions}",
    )
    yield Acknowledged(
        "ParleyApi/ApiRole",
        f"IAM5[Resource::{_EXECUTIONS}ParleyWorkflow:ExportsOutputFnGetAttLipsync27D5E7BCName08931F56:*]",
        f"All executions {executions}",
    )
    yield Acknowledged(
        "ParleyWorkflow/LipsyncRole",
        "IAM5[Resource::*]",
        "X-Ray and the delivery of logs by Step Functions know no resources: AWS documents this policy as it is.",
    )
    yield Acknowledged(
        "ParleyWorkflow/FetchRole", "IAM5[Resource::*]", "Polly's voices are AWS's own: it knows no resource to name."
    )


def _of_workers() -> Iterator[Acknowledged]:
    yield Acknowledged(
        "ParleyRenderer/Worker/ExecutionRole",
        "IAM5[Resource::*]",
        "ecr:GetAuthorizationToken knows no resources; pulling is limited to the one repository.",
    )
    yield Acknowledged(
        "ParleyRenderer/Worker/TaskRole",
        "IAM5[Resource::*]",
        "Only calls that know no resources: Polly's voices, and the lookup of the task's own network interface.",
    )
    yield Acknowledged(
        "ParleyRenderer/Worker/TaskRole",
        "IAM5[Resource::arn:<AWS::Partition>:ecs:<AWS::Region>:<AWS::AccountId>:task/<Cluster>/*]",
        "Tasks of this cluster, which are all its own kind: a task has no id before it runs.",
    )
    yield Acknowledged(
        "ParleyRenderer/Worker", "ECS2", "The variables are names of resources; secrets are read by ARN at the start."
    )
    yield Acknowledged(
        "ParleyRenderer/Cluster",
        "ECS4",
        "Container Insights is billed around the clock; workers and the sweeper write their own metrics.",
    )
    yield Acknowledged(
        "ParleyRenderer/Network/Workers",
        "EC23",
        "One port: the turn function has no fixed address. It meets TLS with a pinned certificate, and every request "
        "needs a signed token that lives for seconds.",
    )


def _of_gpu_machines() -> Iterator[Acknowledged]:
    yield Acknowledged(
        "ParleyRenderer/Infrastructure",
        "IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/AmazonECSInfrastructureRolePolicyForManagedInstances]",
        "AWS's own policy for the role by which ECS starts and ends Managed Instances: it follows what ECS needs.",
    )
    for resource in ("*", "arn:<AWS::Partition>:ecs:<AWS::Region>:<AWS::AccountId>:container-instance/<Cluster>/*"):
        yield Acknowledged(
            "ParleyRenderer/Machine",
            f"IAM5[Resource::{resource}]",
            "A machine has no id before its agent joins the cluster, and asks where to join before it knows one.",
        )


def _of_doors() -> Iterator[Acknowledged]:
    for route in ("ANY--", "ANY--{proxy+}"):
        yield Acknowledged(
            f"ParleyApi/HttpApi/{route}",
            "APIG4",
            "API keys are checked by the function, which knows tenant, scope, plan and rate; a cached authoriser would "
            "keep revoked keys alive.",
        )
    edge = "ParleyApi/Edge/Distribution"
    yield Acknowledged(edge, "CFR1", "Whom an operator serves is the operator's choice.")
    yield Acknowledged(edge, "CFR2", "WAF is optional (context `waf` or `web_acl_arn`): it costs while idle.")
    yield Acknowledged(
        edge,
        "CFR3",
        "Requests are logged where they end: by API Gateway, by the functions, and by S3. CloudFront's own log would "
        "hold the signatures of links.",
    )
    yield Acknowledged(
        edge, "CFR4", "Without a domain of one's own CloudFront's certificate allows TLS 1.0; with one it is TLS 1.2."
    )


def _of_choices(settings: Settings) -> Iterator[Acknowledged]:
    worker = "ParleyRenderer/Worker/TaskRole"
    if settings.model_bucket:
        bucket = f"arn:<AWS::Partition>:s3:::{settings.model_bucket}/*"
        yield Acknowledged(worker, f"IAM5[Resource::{bucket}]", "The operator's own bucket of models, to read.")
    if settings.bedrock_model_id:
        model = settings.bedrock_model_id.partition(".")[2]
        yield Acknowledged(
            worker,
            f"IAM5[Resource::arn:<AWS::Partition>:bedrock:*::foundation-model/{model}]",
            "An inference profile answers from the regions that AWS chooses: one model, in any of them.",
        )


def acknowledge(app: IConstruct, settings: Settings) -> None:
    """Writes them where the rules look. By metadata: the method for it takes no id with `::` in its middle."""
    for entry in acknowledged(settings):
        found = _find(app, entry.path)
        if found is not None:
            found.node.add_metadata(
                "aws:cdk:acknowledged-rules", {f"AwsSolutions::AwsSolutions-{entry.rule}": entry.reason}
            )


def _find(app: IConstruct, path: str) -> IConstruct | None:
    found: IConstruct | None = app
    for name in path.split("/"):
        found = found.node.try_find_child(name) if found is not None else None
    return found
