"""The platform as its templates wire it: functions, queues and workers that know only what moto was told of them.

Each function runs with the environment it was deployed with, on the queue that its mapping names, and its calls are
recorded under its role. What moto drops although it knows the type is put back here from the template, and named.
"""

from __future__ import annotations

import importlib
import os
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import boto3
from moto.sqs.models import sqs_backends

from functions import deployed
from local.event_sources import EventSource, QueuePoller
from parley.store import aws
from parley.store import secrets as kept_secrets
from parley.store.settings import Settings
from parley.store.stores import Stores, open_stores
from tests.infrastructure.moto_stacks import Stack, deploy
from tests.infrastructure.role_calls import ACTING, Calls, Need
from tests.moto_cloud import ACCOUNT, REGION, ROLE, MotoCloud, moto_cloud

Handler = Callable[[Any, Any], Any]
# Where the layer of the pages lies for a function, and where it comes from.
LAYERS = {"/opt": str(Path(__file__).parents[2] / "web")}
# Lambda's own need of the queues it polls, beside what polling itself does.
_POLLING = "sqs:GetQueueAttributes"


@dataclass
class Function:
    """One deployed function. `handler`: as Lambda is told; for an image, its command."""

    name: str
    logical: str
    handler: str
    role: str
    timeout: int
    environment: dict[str, str]
    stores: Stores | None = None


@dataclass
class Platform:
    cloud: MotoCloud
    stacks: dict[str, Stack]
    calls: Calls
    functions: dict[str, Function] = field(default_factory=dict[str, Function])
    pollers: list[QueuePoller] = field(default_factory=list[QueuePoller])
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def function(self, logical: str) -> Function:
        """By the beginning of its id in the template, before the CDK's digits."""
        (found,) = (each for each in self.functions.values() if each.logical == logical)
        return found

    @contextmanager
    def acting(self, role: str, environment: Mapping[str, str]) -> Iterator[None]:
        """As the process of that role with that environment, for what is read and made at its start."""
        token = ACTING.set(role)
        try:
            with self._lock, patch.dict(os.environ, environment):
                yield
        finally:
            ACTING.reset(token)

    def invoke(self, name: str, event: Any) -> Any:
        function = self.functions[name]
        module, _, attribute = function.handler.rpartition(".")
        with self.acting(function.role, function.environment):
            found = importlib.import_module(module)
            if function.stores is None:
                # A cold start: what a module makes at import is made of this environment.
                found = importlib.reload(found)
                function.stores = open_stores(Settings.from_env())
            handler: Handler = getattr(found, attribute)
        role, stores = ACTING.set(function.role), _OPENED.set(function.stores)
        try:
            return handler(event, _context(function))
        finally:
            ACTING.reset(role)
            _OPENED.reset(stores)

    def until(self, condition: Callable[[], Any]) -> Any:
        """Plays Lambda's event sources until the condition gives something; a bound tells a hang."""
        for _ in range(6000):
            for poller in self.pollers:
                poller.poll_once(0)
            if found := condition():
                return found
            threading.Event().wait(0.01)
        raise AssertionError("what was waited for never came")

    def resource(self, stack: str, type_: str, logical: str) -> str:
        """The physical id of the one resource of that type whose logical id begins so."""
        (found,) = (id for id in self.stacks[stack].of_type(type_) if id.startswith(logical))
        return self.stacks[stack].physical[found]


_OPENED: ContextVar[Stores | None] = ContextVar("opened", default=None)


@contextmanager
def deployed_platform(assembly: Path) -> Iterator[Platform]:
    """The assembly's stacks on a fresh moto, and everything around them that plays Lambda."""
    calls = Calls()
    make = calls.recording(boto3.client)
    kept: dict[tuple[str | None, str], Any] = {}

    def secret(arn: str, read: Callable[[str], Any] = kept_secrets._secret.__wrapped__) -> Any:
        """One of each per role, as each function has a process of its own."""
        return kept.setdefault((ACTING.get(), arn), read(arn))

    with (
        moto_cloud() as cloud,
        patch.object(boto3, "client", make),
        patch.object(aws, "_make", make),
        patch.object(deployed, "_opened", _OPENED.get),
        patch.object(kept_secrets, "_secret", secret),
        patch.dict(os.environ, POWERTOOLS_METRICS_DISABLED="true"),
    ):
        stacks = {stack.name: stack for stack in deploy(assembly, cloud)}
        platform = Platform(cloud, stacks, calls)
        for stack in stacks.values():
            _find_functions(platform, stack)
            _create_machines(platform, stack)
        _take_over_event_sources(platform)
        _announce(platform)
        for name in platform.functions:
            cloud.functions[name] = lambda event, _context, name=name: platform.invoke(name, event)
        yield platform


def _find_functions(platform: Platform, stack: Stack) -> None:
    client = platform.cloud.client("lambda")
    for id, resource in stack.of_type("AWS::Lambda::Function").items():
        made = client.get_function_configuration(FunctionName=stack.physical[id])
        asked = resource["Properties"]
        handler = asked.get("Handler") or asked["ImageConfig"]["Command"][0]
        platform.functions[made["FunctionName"]] = Function(
            name=made["FunctionName"],
            logical=re.sub(r"[0-9A-F]{8}$", "", id),
            handler=handler,
            role=made["Role"],
            timeout=made["Timeout"],
            environment={
                **{name: LAYERS.get(value, value) for name, value in made["Environment"]["Variables"].items()},
                "AWS_LAMBDA_FUNCTION_NAME": made["FunctionName"],
            },
        )


def _create_machines(platform: Platform, stack: Stack) -> None:
    """moto's interpreter does not see machines that CloudFormation made: the same one again, by the API."""
    states = platform.cloud.client("stepfunctions")
    for id, resource in stack.of_type("AWS::StepFunctions::StateMachine").items():
        asked = resource["Properties"]
        definition = asked["DefinitionString"]
        for name, value in asked["DefinitionSubstitutions"].items():
            definition = definition.replace("${" + name + "}", _resolved(platform, stack, value))
        assert "${" not in definition
        name = stack.physical[id].rpartition(":")[2]
        made = states.create_state_machine(name=name, definition=definition, roleArn=ROLE)
        assert made["stateMachineArn"] == stack.physical[id]


def _resolved(platform: Platform, stack: Stack, value: Any) -> str:
    """A reference within the stack: to a queue's URL or a function's ARN, which is all that the machine has."""
    if isinstance(value, str):
        return value
    if "Ref" in value:
        return stack.physical[value["Ref"]]
    id, attribute = value["Fn::GetAtt"]
    assert attribute == "Arn" and stack.template["Resources"][id]["Type"] == "AWS::Lambda::Function", value
    client = platform.cloud.client("lambda")
    return client.get_function_configuration(FunctionName=stack.physical[id])["FunctionArn"]


def _announce(platform: Platform) -> None:
    """moto drops a bucket's notifications from its template."""
    sqs = platform.cloud.client("sqs")
    for stack in platform.stacks.values():
        for id, bucket in stack.of_type("AWS::S3::Bucket").items():
            told = bucket["Properties"].get("NotificationConfiguration")
            if told is None:
                continue
            assert set(told) == {"QueueConfigurations"}, "another kind of notification is to be put back here"
            platform.cloud.client("s3").put_bucket_notification_configuration(
                Bucket=stack.physical[id],
                NotificationConfiguration={
                    "QueueConfigurations": [
                        {
                            "QueueArn": _queue_arn(sqs, stack.physical[each["Queue"]["Fn::GetAtt"][0]]),
                            "Events": [each["Event"]],
                            "Filter": {
                                "Key": {
                                    "FilterRules": [
                                        {"Name": rule["Name"], "Value": rule["Value"]}
                                        for rule in each["Filter"]["S3Key"]["Rules"]
                                    ]
                                }
                            },
                        }
                        for each in told["QueueConfigurations"]
                    ]
                },
            )


def _queue_arn(sqs: Any, url: str) -> str:
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def _take_over_event_sources(platform: Platform) -> None:
    """moto would run Lambda's code in containers. What a mapping says is read back, and then played by our pollers."""
    client = platform.cloud.client("lambda")
    for mapping in client.list_event_source_mappings()["EventSourceMappings"]:
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"], mapping
        queue, name = (mapping[key].rpartition(":")[2] for key in ("EventSourceArn", "FunctionArn"))
        sqs_backends[ACCOUNT][REGION].get_queue(queue).lambda_event_source_mappings.clear()
        role = platform.functions[name].role
        with platform.acting(role, {}):
            sqs = boto3.client("sqs")
        platform.calls.add(role, [Need(_POLLING, mapping["EventSourceArn"])])
        url = platform.cloud.client("sqs").get_queue_url(QueueName=queue)["QueueUrl"]
        source = EventSource(queue, name, mapping["BatchSize"])
        platform.pollers.append(QueuePoller(source, url, sqs, platform.invoke))


def _context(function: Function) -> Any:
    """What handlers read of Lambda's context."""
    return SimpleNamespace(
        function_name=function.name,
        function_version="$LATEST",
        memory_limit_in_mb="512",
        invoked_function_arn=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function.name}",
        aws_request_id="8476a536-e9f4-11e8-9739-2dfe598c3fcd",
        get_remaining_time_in_millis=lambda: 1000 * function.timeout,
    )


def task_environment(platform: Platform) -> tuple[str, dict[str, str]]:
    """The role of the worker's task, and what its one container is told."""
    stack = platform.stacks["ParleyRenderer"]
    ((id, asked),) = stack.of_type("AWS::ECS::TaskDefinition").items()
    client = platform.cloud.client("ecs")
    made = client.describe_task_definition(taskDefinition=stack.physical[id])["taskDefinition"]
    (found,) = made["containerDefinitions"]
    # moto drops the role from the template.
    role, _ = asked["Properties"]["TaskRoleArn"]["Fn::GetAtt"]
    arn = platform.cloud.client("iam").get_role(RoleName=stack.physical[role])["Role"]["Arn"]
    return arn, {each["name"]: each["value"] for each in found["environment"]}
