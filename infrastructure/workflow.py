"""What works on its own: the queues, the state machine of a render, and the functions behind them."""

import json
from collections.abc import Mapping
from pathlib import Path

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infrastructure import grants
from infrastructure.data import DUE_INDEX, INSPECT_SECONDS, MANIFEST_SECONDS, DataStack
from infrastructure.fleet import Fleet
from infrastructure.lambdas import Shape, ZipFunctions, image_function, log_group
from infrastructure.queues import WorkQueue
from infrastructure.settings import Settings

DEFINITION = Path(__file__).with_name("lipsync.asl.json")
LINE_SECONDS = START_SECONDS = 30
# A worker's beat, after which it hides its message again: no queue of a function, the same factor.
BEAT_SECONDS = 20
SMALL_MB, EYES_MB = 512, 2048


class WorkflowStack(Stack):
    """Everything that runs without anyone waiting for it."""

    def __init__(self, scope: Construct, id: str, settings: Settings, data: DataStack) -> None:
        super().__init__(scope, id, description="Parley: queues, the state machine of a render, and their functions")
        self._settings, self._data = settings, data
        # A line waits in its queue while all of the tenant's slots are taken: many receipts are the normal case.
        self.batch_lines = WorkQueue(self, "BatchLines", consumer_seconds=LINE_SECONDS, receipts=1000)
        self.submitted = WorkQueue(self, "Submitted", consumer_seconds=START_SECONDS, receipts=5)
        # Shown again while its worker's lease lasts; how often a job may be begun, the worker itself counts.
        self.render = WorkQueue(self, "Render", consumer_seconds=BEAT_SECONDS, receipts=50)
        self.fleet = Fleet(self, settings, self.render.queue)
        self._names = _names(data, self)
        self._zips = ZipFunctions(self, settings)
        self.functions: dict[str, lambda_.Function] = {}
        self._inspect()
        self._steps()
        self.state_machine = self._state_machine()
        self._start()
        self._batches()
        self._sweeper()

    @property
    def names(self) -> Mapping[str, str]:
        """The environment variables by which functions find the table, the buckets and the queues."""
        return self._names

    @property
    def queues(self) -> Mapping[str, WorkQueue]:
        return {
            "inspect": self._data.inspect,
            "batches": self._data.batches,
            "batch-lines": self.batch_lines,
            "submitted": self.submitted,
            "render": self.render,
        }

    def _inspect(self) -> None:
        """Looks into what was uploaded, and prepares clips anew."""
        shape = Shape(seconds=INSPECT_SECONDS, memory_mb=EYES_MB, disk_mb=1024)
        made = image_function(self, "Inspect", "functions.uploads.handler.handler", shape, self._names, self._settings)
        data = self._data
        grants.on_table(made, data.table, [*grants.READ, *grants.WRITE], grants.TENANTS)
        grants.on_objects(made, data.uploads, [grants.GET, grants.DELETE], "assets/")
        grants.on_listing(made, data.uploads)
        grants.on_objects(made, data.media, [grants.PUT, grants.DELETE], "rigs/")
        self._fed(made, data.inspect.queue, batch_size=10, at_once=20)
        self.functions["inspect"] = made

    def _steps(self) -> None:
        """The state machine's: speech in, and at the end money and files in order."""
        fetch = image_function(
            self,
            "Fetch",
            "functions.lipsync.fetch.handler",
            Shape(seconds=600, memory_mb=EYES_MB, disk_mb=2048),
            {**self._names, **self._speech_names()},
            self._settings,
        )
        data = self._data
        grants.on_table(fetch, data.table, [*grants.READ, *grants.WRITE], grants.TENANTS, grants.KEYS)
        grants.on_objects(fetch, data.uploads, [grants.GET], "assets/")
        grants.on_listing(fetch, data.uploads)
        grants.on_objects(fetch, data.media, [grants.PUT, grants.GIVE_UP, grants.DELETE], "speech/")
        grants.on_objects(fetch, data.media, [grants.GET], "system/avatars/")
        grants.on_listing(fetch, data.media)
        if self._settings.polly:
            allow_polly(fetch)
        self.functions["fetch"] = fetch
        for name in ("settle", "refund"):
            made = self._zips.make(
                name.title(),
                f"functions.lipsync.{name}.handler",
                Shape(seconds=60, memory_mb=SMALL_MB),
                self._names,
            )
            self._may_end_renders(made)
            self.functions[name] = made

    def _state_machine(self) -> sfn.StateMachine:
        """From the file that the local platform runs too, with this cloud's addresses put in."""
        functions = [self.functions[name] for name in ("fetch", "settle", "refund")]
        role = iam.Role(self, "LipsyncRole", assumed_by=iam.ServicePrincipal("states.amazonaws.com"))
        grants.to_do(role, ["lambda:InvokeFunction"], *(function.function_arn for function in functions))
        grants.to_send(role, self.render.queue)
        return sfn.StateMachine(
            self,
            "Lipsync",
            definition_body=sfn.DefinitionBody.from_string(json.dumps(json.loads(DEFINITION.read_text()))),
            definition_substitutions={
                "FetchFunctionArn": functions[0].function_arn,
                "SettleFunctionArn": functions[1].function_arn,
                "RefundFunctionArn": functions[2].function_arn,
                "RenderQueueUrl": self.render.queue.queue_url,
            },
            role=role,
            tracing_enabled=True,
            logs=sfn.LogOptions(
                destination=log_group(self, "Lipsync", self._settings),
                level=sfn.LogLevel.ALL,
                # Task tokens are credentials.
                include_execution_data=False,
            ),
        )

    def _start(self) -> None:
        made = self._zips.make(
            "Start",
            "functions.lipsync.start.handler",
            Shape(seconds=START_SECONDS, memory_mb=SMALL_MB),
            {**self._names, "STATE_MACHINE_ARN": self.state_machine.state_machine_arn},
        )
        grants.on_table(made, self._data.table, grants.READ, grants.TENANTS)
        grants.to_do(made, ["states:StartExecution"], self.state_machine.state_machine_arn)
        self._fed(made, self.submitted.queue, batch_size=10, at_once=20)
        self.functions["start"] = made

    def _batches(self) -> None:
        """Manifests are taken apart; their lines become renders while the tenant has slots."""
        data = self._data
        manifest = self._zips.make(
            "BatchManifest",
            "functions.batches.handler.manifest_handler",
            Shape(seconds=MANIFEST_SECONDS, memory_mb=1024),
            self._names,
        )
        grants.on_table(manifest, data.table, [*grants.READ, *grants.WRITE], grants.TENANTS)
        grants.on_objects(manifest, data.uploads, [grants.GET, grants.PUT], "batches/")
        grants.on_listing(manifest, data.uploads)
        grants.to_send(manifest, self.batch_lines.queue)
        self._fed(manifest, data.batches.queue, batch_size=1, at_once=5)
        line = self._zips.make(
            "BatchLine",
            "functions.batches.handler.line_handler",
            Shape(seconds=LINE_SECONDS, memory_mb=SMALL_MB),
            {**self._names, **self._speech_names(), **self.fleet.environment},
        )
        grants.on_table(line, data.table, [*grants.READ, *grants.WRITE], grants.TENANTS, grants.KEYS)
        grants.on_table(line, data.table, grants.READ, grants.SYSTEM)
        grants.on_objects(line, data.uploads, [grants.PUT], "batches/")
        grants.to_send(line, self.submitted.queue)
        self.fleet.allow_wake(line, data.table)
        self._fed(line, self.batch_lines.queue, batch_size=10, at_once=10)
        self.functions.update({"batch-manifest": manifest, "batch-line": line})

    def _sweeper(self) -> None:
        made = self._zips.make(
            "Sweeper",
            "functions.sweeper.handler.handler",
            Shape(seconds=60, memory_mb=SMALL_MB),
            {
                **self._names,
                **self.fleet.environment,
                "STATE_MACHINE_ARN": self.state_machine.state_machine_arn,
            },
        )
        self._may_end_renders(made)
        grants.on_due_index(made, self._data.table, DUE_INDEX)
        grants.to_send(made, self.submitted.queue)
        grants.to_measure(made, self.render.queue)
        allow_stopping(made, self.state_machine)
        self.fleet.allow_wake(made, self._data.table)
        events.Rule(
            self,
            "EveryMinute",
            schedule=events.Schedule.rate(Duration.minutes(1)),
            targets=[targets.LambdaFunction(made, retry_attempts=0)],
        )
        self.functions["sweeper"] = made

    def _may_end_renders(self, made: lambda_.Function) -> None:
        """Money, the render's own files, and its line of a batch."""
        data = self._data
        grants.on_table(made, data.table, [*grants.READ, *grants.WRITE], grants.TENANTS, grants.KEYS)
        grants.on_objects(made, data.media, [grants.GET], "renders/")
        grants.on_objects(made, data.media, [grants.DELETE], "renders/", "speech/")
        grants.on_listing(made, data.media)
        grants.on_objects(made, data.uploads, [grants.PUT], "batches/")

    def _fed(self, made: lambda_.Function, queue: sqs.IQueue, *, batch_size: int, at_once: int) -> None:
        """`at_once`: so many copies of the function at most, so that one queue cannot take all there are."""
        grants.to_consume(made, queue)
        lambda_.EventSourceMapping(
            self,
            f"{made.node.id}Source",
            target=made,
            event_source_arn=queue.queue_arn,
            batch_size=batch_size,
            report_batch_item_failures=True,
            max_concurrency=at_once,
        )

    def _speech_names(self) -> dict[str, str]:
        return {"POLLY": "true"} if self._settings.polly else {}


def allow_polly(grantee: iam.IGrantable) -> None:
    """Polly has nothing to name: its voices are AWS's own."""
    grants.to_do(grantee, ["polly:SynthesizeSpeech"], "*")


def allow_stopping(grantee: iam.IGrantable, machine: sfn.StateMachine) -> None:
    """Asks after executions of this machine, and ends them."""
    stack = Stack.of(machine)
    executions = stack.format_arn(
        service="states",
        resource="execution",
        resource_name=f"{machine.state_machine_name}:*",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
    grants.to_do(grantee, ["states:DescribeExecution", "states:StopExecution"], executions)


def _names(data: DataStack, flow: WorkflowStack) -> dict[str, str]:
    return {
        "TABLE_NAME": data.table.table_name,
        "UPLOADS_BUCKET": data.uploads.bucket_name,
        "MEDIA_BUCKET": data.media.bucket_name,
        "INSPECT_QUEUE_URL": data.inspect.queue.queue_url,
        "BATCH_LINES_QUEUE_URL": flow.batch_lines.queue.queue_url,
        "SUBMITTED_QUEUE_URL": flow.submitted.queue.queue_url,
        "RENDER_QUEUE_URL": flow.render.queue.queue_url,
        "POWERTOOLS_METRICS_NAMESPACE": "Parley",
    }
