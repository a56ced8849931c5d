"""The workers: one ECS service of the renderer's container that stands at zero until somebody wants it."""

from aws_cdk import Aws, Duration, Size, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from constructs import Construct

from infrastructure import grants
from infrastructure.data import DataStack
from infrastructure.lambdas import image_source, log_group
from infrastructure.network import TURN_PORT, Network
from infrastructure.scaling import scale_with_queue
from infrastructure.settings import Settings
from infrastructure.workflow import WorkflowStack, allow_polly

# Fargate's largest, in which a worker ends its turns and hands back its job (renderer.task).
STOP_SECONDS = 120
CPU_UNITS, MEMORY_MIB = 4096, 8192
# How ids of Bedrock's inference profiles begin.
_PROFILES = frozenset({"us", "eu", "apac", "jp", "au", "us-gov", "global"})


class RendererStack(Stack):
    """`capacity cpu`: Fargate. `capacity gpu`: ECS Managed Instances with one NVIDIA GPU to a task."""

    def __init__(self, scope: Construct, id: str, settings: Settings, data: DataStack, workflow: WorkflowStack) -> None:
        super().__init__(scope, id, description="Parley: the workers that render and speak, none while idle")
        self._settings, self._data, self._workflow = settings, data, workflow
        self.network = Network(self, "Network", settings)
        self.cluster = ecs.Cluster(
            self,
            "Cluster",
            cluster_name=settings.cluster_name,
            vpc=self.network.vpc,
            # Its metrics are billed around the clock; what is shown here costs nothing while nothing runs.
            container_insights_v2=ecs.ContainerInsights.DISABLED,
        )
        self.cluster.node.default_child.override_logical_id("Cluster")  # type: ignore[union-attr]
        task = self._task()
        self.task_role = task.task_role
        self._allow(task.task_role)
        self._container(task)
        self.service = self._service(task)
        scale_with_queue(self.service, workflow.render.queue, settings)

    @property
    def _gpu(self) -> bool:
        return self._settings.capacity == "gpu"

    def _task(self) -> ecs.TaskDefinition:
        """On a GPU machine the task has the machine's own network, and so its public address: tasks of Managed
        Instances are given none themselves.
        """
        return ecs.TaskDefinition(
            self,
            "Worker",
            compatibility=ecs.Compatibility.MANAGED_INSTANCES if self._gpu else ecs.Compatibility.FARGATE,
            network_mode=ecs.NetworkMode.HOST if self._gpu else ecs.NetworkMode.AWS_VPC,
            cpu=str(CPU_UNITS),
            memory_mib=str(MEMORY_MIB),
            runtime_platform=ecs.RuntimePlatform(
                cpu_architecture=ecs.CpuArchitecture.X86_64, operating_system_family=ecs.OperatingSystemFamily.LINUX
            ),
        )

    def _container(self, task: ecs.TaskDefinition) -> None:
        """One container, since a GPU belongs to one: it renders jobs and streams turns."""
        worker = task.add_container(
            "Container",
            container_name="worker",
            image=ecs.ContainerImage.from_asset(**image_source("gpu" if self._gpu else "cpu")),
            command=["python", "-m", "renderer.task"],
            gpu_count=1 if self._gpu else None,
            memory_limit_mib=MEMORY_MIB,
            environment=self._names(),
            logging=ecs.LogDriver.aws_logs(stream_prefix="worker", log_group=log_group(self, "Worker", self._settings)),
            stop_timeout=Duration.seconds(STOP_SECONDS),
            linux_parameters=ecs.LinuxParameters(self, "Linux", init_process_enabled=True),
        )
        worker.add_port_mappings(ecs.PortMapping(container_port=TURN_PORT, host_port=TURN_PORT))

    def _service(self, task: ecs.TaskDefinition) -> ecs.FargateService:
        if self._gpu:
            strategy = self._managed_instances().capacity_provider_name
        else:
            self.cluster.enable_fargate_capacity_providers()
            strategy = "FARGATE"
        service = ecs.FargateService(
            self,
            "Service",
            service_name=self._settings.service_name,
            cluster=self.cluster,
            task_definition=task,
            capacity_provider_strategies=[ecs.CapacityProviderStrategy(capacity_provider=strategy, weight=1)],
            # Whoever needs a worker asks for one, and the sweeper sends them to rest: see `desired` below.
            desired_count=0,
            # A new version starts beside the old one, which then drains.
            min_healthy_percent=100,
            max_healthy_percent=200,
            circuit_breaker=ecs.DeploymentCircuitBreaker(rollback=True),
            assign_public_ip=not self._gpu,
            security_groups=[self.network.workers],
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC),
            propagate_tags=ecs.PropagatedTagSource.SERVICE,
        )
        if self._gpu:
            # The construct always names a network; ECS refuses one beside a task on its machine's own.
            child = service.node.default_child
            assert isinstance(child, ecs.CfnService)
            child.add_property_deletion_override("NetworkConfiguration")
        return service

    def _managed_instances(self) -> ecs.ManagedInstancesCapacityProvider:
        """AWS starts, patches and ends the machines: none while no task wants one."""
        starts = iam.Role(
            self,
            "Infrastructure",
            assumed_by=iam.ServicePrincipal("ecs.amazonaws.com"),
            managed_policies=[
                iam.ManagedPolicy.from_aws_managed_policy_name("AmazonECSInfrastructureRolePolicyForManagedInstances")
            ],
        )
        provider = ecs.ManagedInstancesCapacityProvider(
            self,
            "Gpu",
            capacity_provider_name="parley-gpu",
            infrastructure_role=starts,
            ec2_instance_profile=self._machine(),
            security_groups=[self.network.workers],
            subnets=self.network.vpc.public_subnets,
            task_volume_storage=Size.gibibytes(60),
            instance_requirements=ec2.InstanceRequirementsConfig(
                v_cpu_count_min=CPU_UNITS // 1024,
                memory_min=Size.mebibytes(MEMORY_MIB),
                accelerator_count_min=1,
                accelerator_types=[ec2.AcceleratorType.GPU],
                accelerator_manufacturers=[ec2.AcceleratorManufacturer.NVIDIA],
                allowed_instance_types=[self._settings.gpu_type],
            ),
        )
        child = provider.node.default_child
        assert isinstance(child, ecs.CfnCapacityProvider)
        # An idle machine goes after five minutes: a deployment's second task may still take its place.
        child.add_property_override("ManagedInstancesProvider.InfrastructureOptimization.ScaleInAfter", 300)
        self.cluster.add_managed_instances_capacity_provider(provider)
        return provider

    def _machine(self) -> iam.InstanceProfile:
        """What a machine may do itself: no more than to join this cluster. Its tasks have a role of their own.

        AWS's policy for the role that starts machines wants this beginning of the names, and IAM knows no regions.
        """
        name = f"ecsInstanceRole-parley-{Aws.REGION}"
        role = iam.Role(self, "Machine", role_name=name, assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
        grants.to_do(role, ["ecs:DiscoverPollEndpoint"], "*")
        joins = ("RegisterContainerInstance", "SubmitTaskStateChange", "SubmitAttachmentStateChanges")
        grants.to_do(role, [f"ecs:{name}" for name in joins], self.cluster.cluster_arn)
        machines = self.format_arn(
            service="ecs", resource="container-instance", resource_name=f"{self.cluster.cluster_name}/*"
        )
        polls = ("Poll", "StartTelemetrySession", "PutSystemLogEvents")
        grants.to_do(role, [f"ecs:{name}" for name in polls], machines)
        return iam.InstanceProfile(self, "MachineProfile", instance_profile_name=name, role=role)

    def _names(self) -> dict[str, str]:
        flow = self._workflow.names
        names = {name: flow[name] for name in ("TABLE_NAME", "MEDIA_BUCKET", "UPLOADS_BUCKET", "RENDER_QUEUE_URL")}
        names |= {
            "AWS_REGION": Aws.REGION,
            "TURN_HOST": "0.0.0.0",
            "TURN_PORT": str(TURN_PORT),
            # It finds out its own address and tells the registry.
            "TURN_ADDRESS": "public",
            "TURN_TOKEN_KEY_SECRET": self._data.turn_token_key.secret_arn,
        }
        chosen = {
            "MODEL_BUCKET": self._settings.model_bucket,
            "POLLY": "true" if self._settings.polly else None,
            "BEDROCK_MODEL_ID": self._settings.bedrock_model_id,
        }
        return names | {name: value for name, value in chosen.items() if value}

    def _allow(self, role: iam.IRole) -> None:
        data = self._data
        # Leases on RENDER items.
        grants.on_table(role, data.table, ["dynamodb:UpdateItem"], grants.TENANTS)
        # Its own line in the registry.
        grants.on_table(role, data.table, ["dynamodb:PutItem", "dynamodb:DeleteItem"], grants.WORKERS)
        grants.on_objects(role, data.media, [grants.GET], "rigs/", "speech/", "system/avatars/")
        grants.on_objects(role, data.media, [grants.PUT, grants.GIVE_UP, grants.DELETE], "renders/")
        grants.on_listing(role, data.media)
        # Sound that a turn is given as an asset.
        grants.on_objects(role, data.uploads, [grants.GET], "assets/")
        grants.on_listing(role, data.uploads)
        grants.to_consume(role, self._workflow.render.queue)
        answers = ("SendTaskSuccess", "SendTaskFailure", "SendTaskHeartbeat")
        grants.to_do(role, [f"states:{name}" for name in answers], self._workflow.state_machine.state_machine_arn)
        grants.to_do(role, ["secretsmanager:GetSecretValue"], data.turn_token_key.secret_arn)
        # Its task's own interface, for the public address, and its task's protection while it works.
        grants.to_do(role, ["ec2:DescribeNetworkInterfaces"], "*")
        tasks = self.format_arn(service="ecs", resource="task", resource_name=f"{self.cluster.cluster_name}/*")
        grants.to_do(role, ["ecs:GetTaskProtection", "ecs:UpdateTaskProtection"], tasks)
        self._allow_choices(role)

    def _allow_choices(self, role: iam.IRole) -> None:
        """What the operator's own choices want."""
        if self._settings.polly:
            allow_polly(role)
        if self._settings.bedrock_model_id:
            grants.to_do(role, ["bedrock:InvokeModelWithResponseStream"], *_model_arns(self._settings.bedrock_model_id))
        if self._settings.model_bucket:
            bucket = f"arn:{Aws.PARTITION}:s3:::{self._settings.model_bucket}"
            grants.to_do(role, ["s3:GetObject"], f"{bucket}/*")
            grants.to_do(role, ["s3:ListBucket"], bucket)


def _model_arns(model_id: str) -> list[str]:
    """The model's ARN; for the id of an inference profile (`us.`, `eu.` ...) that, and its model in every region."""
    model = f"arn:{Aws.PARTITION}:bedrock:{Aws.REGION}::foundation-model/{model_id}"
    first, _, rest = model_id.partition(".")
    if first not in _PROFILES:
        return [model]
    return [
        f"arn:{Aws.PARTITION}:bedrock:{Aws.REGION}:{Aws.ACCOUNT_ID}:inference-profile/{model_id}",
        f"arn:{Aws.PARTITION}:bedrock:*::foundation-model/{rest}",
    ]
