"""The door: an HTTP API for what answers at once, a function URL for what streams, CloudFront in front of both."""

from aws_cdk import Aws, CfnOutput, Fn, Stack
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secrets
from constructs import Construct

from infrastructure import grants
from infrastructure.data import DataStack
from infrastructure.edge import Edge
from infrastructure.lambdas import Shape, ZipFunctions, log_group
from infrastructure.settings import ROOT, Settings
from infrastructure.workflow import WorkflowStack, allow_stopping

# Lambda Web Adapter 1.x, published by AWS in every commercial region under one account.
WEB_ADAPTER = "arn:aws:lambda:{region}:753240598075:layer:LambdaAdapterLayerArm64:30"
TURN_SECONDS = 900
API_SECONDS = 30


class ApiStack(Stack):
    """An HTTP API rather than a REST API: it costs a third and is quicker, and nothing that REST adds is used. What
    streams goes through the function URL, WAF stands in CloudFront, and keys are ours to check.
    """

    def __init__(self, scope: Construct, id: str, settings: Settings, data: DataStack, workflow: WorkflowStack) -> None:
        super().__init__(scope, id, description="Parley: the API, realtime turns, and CloudFront in front of them")
        self._settings, self._data, self._workflow = settings, data, workflow
        self._zips = ZipFunctions(self, settings)
        # Says that a request came through CloudFront, and so past its WAF. Made up by CloudFormation, and no
        # credential: whoever has it still needs an API key.
        self._origin_token = Fn.select(2, Fn.split("/", Aws.STACK_ID))
        self.http_api = apigateway.HttpApi(self, "HttpApi", create_default_stage=False)
        self._stage()
        self.turn = self._turn_function()
        self.turn_url = self.turn.add_function_url(
            # CloudFront cannot sign for callers who send a body without its hash, nor beside an Authorization header.
            auth_type=lambda_.FunctionUrlAuthType.NONE,
            invoke_mode=lambda_.InvokeMode.RESPONSE_STREAM,
        )
        self.edge = Edge(
            self,
            "Edge",
            settings=settings,
            api_host=f"{self.http_api.api_id}.execute-api.{Aws.REGION}.{Aws.URL_SUFFIX}",
            turn_host=Fn.select(2, Fn.split("/", self.turn_url.url)),
            origin_token=self._origin_token,
            media=data.media,
            uploads=data.uploads,
        )
        self.base_url = f"https://{self.edge.host}"
        self.api = self._api_function()
        self._route()
        self._say()

    def _stage(self) -> None:
        log = log_group(self, "Access", self._settings)
        stage = apigateway.HttpStage(
            self,
            "Stage",
            http_api=self.http_api,
            stage_name="$default",
            auto_deploy=True,
            throttle=apigateway.ThrottleSettings(
                rate_limit=self._settings.api_rate, burst_limit=self._settings.api_burst
            ),
        )
        child = stage.node.default_child
        assert isinstance(child, apigateway.CfnStage)
        child.access_log_settings = apigateway.CfnStage.AccessLogSettingsProperty(
            destination_arn=log.log_group_arn,
            # No header and no query: neither keys nor signed links belong into a log.
            format='{"requestId":"$context.requestId","ip":"$context.identity.sourceIp","at":"$context.requestTime",'
            '"method":"$context.httpMethod","path":"$context.path","status":"$context.status",'
            '"bytes":"$context.responseLength","ms":"$context.responseLatency",'
            '"integrationError":"$context.integrationErrorMessage"}',
        )

    def _turn_function(self) -> lambda_.Function:
        """Realtime turns: an ASGI app behind the Lambda Web Adapter, which streams what it answers."""
        adapter = lambda_.LayerVersion.from_layer_version_arn(self, "WebAdapter", WEB_ADAPTER.format(region=Aws.REGION))
        made = self._zips.make(
            "Turn",
            "run.sh",
            Shape(seconds=TURN_SECONDS, memory_mb=1024),
            {
                **self._workflow.names,
                **self._workflow.fleet.environment,
                **self._public_names(),
                "KEY_PEPPER_SECRET": self._data.key_pepper.secret_arn,
                "TURN_TOKEN_KEY_SECRET": self._data.turn_token_key.secret_arn,
                "AWS_LAMBDA_EXEC_WRAPPER": "/opt/bootstrap",
                "AWS_LWA_INVOKE_MODE": "response_stream",
                "AWS_LWA_PORT": "8080",
                "AWS_LWA_READINESS_CHECK_PROTOCOL": "tcp",
                # Events that are not HTTP would come to this path: there is none, and nobody is to play one.
                "AWS_LWA_PASS_THROUGH_PATH": "/no-events",
            },
            folder="turn",
            layers=(adapter,),
        )
        data = self._data
        grants.on_table(made, data.table, [*grants.READ, *grants.WRITE], grants.TENANTS, grants.KEYS)
        grants.on_table(made, data.table, grants.READ, grants.SYSTEM)
        # Links in what `prepare` answers.
        grants.on_objects(made, data.media, [grants.GET], "rigs/", "system/avatars/")
        self._workflow.fleet.allow_wake(made, data.table)
        self._may_read(made, data.key_pepper, data.turn_token_key)
        return made

    def _api_function(self) -> lambda_.Function:
        """The control plane."""
        flow, data = self._workflow, self._data
        made = self._zips.make(
            "Api",
            "functions.api.handler.handler",
            # One whole processor: a cold start is imports.
            Shape(seconds=API_SECONDS, memory_mb=1769, disk_mb=1024),
            {
                **flow.names,
                **flow.fleet.environment,
                **self._public_names(),
                "STATE_MACHINE_ARN": flow.state_machine.state_machine_arn,
                "KEY_PEPPER_SECRET": data.key_pepper.secret_arn,
                "PUBLIC_BASE_URL": self.base_url,
                "LINKS_BASE_URL": self.base_url,
                "PAGES_FOLDER": "/opt",
            },
            layers=(self._pages(),),
        )
        grants.on_table(made, data.table, [*grants.READ, *grants.WRITE], grants.TENANTS, grants.KEYS)
        grants.on_table(made, data.table, grants.READ, grants.SYSTEM)
        grants.on_objects(made, data.uploads, [grants.GET, grants.PUT, grants.GIVE_UP, grants.DELETE], "assets/")
        grants.on_objects(made, data.uploads, [grants.GET, grants.PUT], "batches/")
        grants.on_objects(made, data.media, [grants.GET, grants.DELETE], "renders/", "rigs/")
        grants.on_objects(made, data.media, [grants.DELETE], "speech/")
        grants.on_objects(made, data.media, [grants.GET], "system/avatars/")
        grants.on_listing(made, data.uploads)
        grants.on_listing(made, data.media)
        grants.to_send(made, data.inspect.queue, flow.submitted.queue)
        allow_stopping(made, flow.state_machine)
        flow.fleet.allow_wake(made, data.table)
        self._may_read(made, data.key_pepper)
        return made

    def _pages(self) -> lambda_.LayerVersion:
        """The console and the player, as files beside the API function."""
        return lambda_.LayerVersion(
            self,
            "Pages",
            code=lambda_.Code.from_asset(str(ROOT / "web"), exclude=["dev", "README.md", "*.json"]),
            compatible_architectures=[lambda_.Architecture.ARM_64],
            description="Parley: the pages for people",
        )

    def _public_names(self) -> dict[str, str]:
        # A path is completed by the host that CloudFront says: the turn function is made before it has one.
        names = {"ORIGIN_TOKEN": self._origin_token, "BILLING_URL": self._settings.billing_url or "/billing"}
        if self._settings.polly:
            names["POLLY"] = "true"
        return names

    def _may_read(self, made: lambda_.Function, *kept: secrets.ISecret) -> None:
        grants.to_do(made, ["secretsmanager:GetSecretValue"], *(secret.secret_arn for secret in kept))

    def _route(self) -> None:
        integration = integrations.HttpLambdaIntegration(
            "ApiIntegration", self.api, payload_format_version=apigateway.PayloadFormatVersion.VERSION_2_0
        )
        self.http_api.add_routes(path="/{proxy+}", integration=integration)
        self.http_api.add_routes(path="/", integration=integration)

    def _say(self) -> None:
        CfnOutput(self, "BaseUrl", value=self.base_url, description="What clients and the SDKs are given")
        CfnOutput(
            self,
            "FirstKey",
            value="parley admin --aws tenant create",
            description="Run this with the account's credentials: it makes the first tenant and prints its keys once",
        )
