"""The one place that makes functions: arm64 zips from `make package`, or images of the renderer's own container."""

from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import Duration, IgnoreMode, RemovalPolicy, Size
from aws_cdk import aws_ecr_assets as assets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infrastructure.settings import ROOT, Settings

PYTHON = lambda_.Runtime.PYTHON_3_13
DOCKERFILE = "gpu_container/Dockerfile"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How large a function is, and how long it may take."""

    seconds: int
    memory_mb: int
    disk_mb: int = 512


def function_role(scope: Construct, id: str, log_group: logs.ILogGroup) -> iam.Role:
    """A role that may write this one log and nothing else yet."""
    role = iam.Role(scope, f"{id}Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    log_group.grant_write(role)
    return role


def log_group(scope: Construct, id: str, settings: Settings) -> logs.LogGroup:
    """Kept for as long as the operator said, and gone with its stack."""
    group = logs.LogGroup(scope, f"{id}Log", removal_policy=RemovalPolicy.DESTROY)
    child = group.node.default_child
    assert isinstance(child, logs.CfnLogGroup)
    child.retention_in_days = settings.log_retention_days
    return group


class ZipFunctions:
    """Makes functions of the `functions` package on one layer that holds what they import."""

    def __init__(self, scope: Construct, settings: Settings) -> None:
        self._scope, self._settings = scope, settings
        self.layer = lambda_.LayerVersion(
            scope,
            "Packages",
            code=lambda_.Code.from_asset(str(settings.packages / "layer")),
            compatible_architectures=[lambda_.Architecture.ARM_64],
            compatible_runtimes=[PYTHON],
            description="Parley: parley and the packages that it imports",
        )

    def make(
        self,
        id: str,
        handler: str,
        shape: Shape,
        environment: Mapping[str, str],
        *,
        folder: str = "functions",
        layers: tuple[lambda_.ILayerVersion, ...] = (),
    ) -> lambda_.Function:
        """One function with its role and its log; `handler` as Lambda names it."""
        group = log_group(self._scope, id, self._settings)
        return lambda_.Function(
            self._scope,
            id,
            runtime=PYTHON,
            architecture=lambda_.Architecture.ARM_64,
            code=lambda_.Code.from_asset(str(self._settings.packages / folder)),
            handler=handler,
            layers=[self.layer, *layers],
            role=function_role(self._scope, id, group),
            log_group=group,
            timeout=Duration.seconds(shape.seconds),
            memory_size=shape.memory_mb,
            environment=dict(environment),
        )


def image_function(
    scope: Construct, id: str, handler: str, shape: Shape, environment: Mapping[str, str], settings: Settings
) -> lambda_.DockerImageFunction:
    """A function that looks into media: the renderer and its libraries are too large for a zip."""
    group = log_group(scope, id, settings)
    return lambda_.DockerImageFunction(
        scope,
        id,
        # x86_64, as the workers are: one image to build and to trust, on any builder without emulation.
        architecture=lambda_.Architecture.X86_64,
        code=lambda_.DockerImageCode.from_image_asset(**image_source("functions"), cmd=[handler]),
        role=function_role(scope, id, group),
        log_group=group,
        timeout=Duration.seconds(shape.seconds),
        memory_size=shape.memory_mb,
        ephemeral_storage_size=Size.mebibytes(shape.disk_mb),
        environment=dict(environment),
    )


def image_source(target: str) -> dict[str, object]:
    """What `docker build` gets for one target of our Dockerfile. At synth it is fingerprinted, not built.

    .dockerignore lets in what the image is made of: nothing else in the checkout changes its fingerprint.
    """
    return {
        "directory": str(ROOT),
        "file": DOCKERFILE,
        "target": target,
        "platform": assets.Platform.LINUX_AMD64,
        "ignore_mode": IgnoreMode.DOCKER,
    }
