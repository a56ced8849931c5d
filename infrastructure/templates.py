"""The synthesised templates as a graph: what is deployed, what sets what off, and who may use which data."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Place = tuple[str, str]
"""A stack's name and a logical id."""
_SUFFIX = re.compile(r"[0-9A-F]{8}$")
DRAWN = {
    "AWS::CloudFront::Distribution": "CloudFront",
    "AWS::ApiGatewayV2::Api": "HTTP API",
    "AWS::Lambda::Function": "Lambda",
    "AWS::SQS::Queue": "SQS",
    "AWS::StepFunctions::StateMachine": "Step Functions",
    "AWS::Events::Rule": "EventBridge",
    "AWS::ECS::Service": "ECS",
    "AWS::DynamoDB::Table": "DynamoDB",
    "AWS::S3::Bucket": "S3",
    "AWS::SecretsManager::Secret": "Secrets Manager",
}
DATA = ("DynamoDB", "S3", "Secrets Manager")


@dataclass(slots=True)
class Node:
    """One thing that is deployed. `uses`: names of the tables, buckets and secrets that its role may touch."""

    name: str
    kind: str
    stack: str
    uses: set[str] = field(default_factory=set[str])


@dataclass(slots=True)
class Graph:
    """`edges` are (from, to, why): why is `sets off`, or `wakes`. `alarms`: how many ParleyObservability has."""

    nodes: dict[str, Node]
    edges: set[tuple[str, str, str]]
    alarms: int


class Templates:
    """All templates of a cloud assembly folder."""

    def __init__(self, folder: Path) -> None:
        found = sorted(folder.glob("*.template.json"))
        if not found:
            raise FileNotFoundError(f"{folder} holds no templates: run `make synth` first.")
        read = {path.name.partition(".")[0]: json.loads(path.read_text("utf-8")) for path in found}
        self.resources: dict[Place, Any] = {
            (stack, name): resource for stack, body in read.items() for name, resource in body["Resources"].items()
        }
        self._exports = {
            output["Export"]["Name"]: next(self._own(stack, output["Value"]))
            for stack, body in read.items()
            for output in body.get("Outputs", {}).values()
            if "Export" in output
        }

    def of(self, *kinds: str) -> Iterator[tuple[Place, Any]]:
        """Resources of these types, with their properties."""
        for place, resource in self.resources.items():
            if resource["Type"] in kinds:
                yield place, resource.get("Properties", {})

    def named(self, stack: str, value: Any) -> Iterator[Place]:
        """Every resource that a value names, in its own stack or another."""
        yield from self._own(stack, value)
        for part in _parts(value):
            if isinstance(part, dict) and isinstance(part.get("Fn::ImportValue"), str):
                yield self._exports[part["Fn::ImportValue"]]

    @staticmethod
    def _own(stack: str, value: Any) -> Iterator[Place]:
        for part in _parts(value):
            if isinstance(part, dict) and isinstance(part.get("Ref"), str):
                yield stack, part["Ref"]
            elif isinstance(part, dict) and isinstance(part.get("Fn::GetAtt"), list):
                yield stack, part["Fn::GetAtt"][0]


def _parts(value: Any) -> Iterator[Any]:
    yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for part in inner:
        yield from _parts(part)


def read_graph(folder: Path) -> Graph:
    """What the templates say. Raises FileNotFoundError for a folder without any."""
    templates = Templates(folder)
    dead = {
        place
        for (stack, _), properties in templates.of("AWS::SQS::Queue")
        for place in templates.named(stack, properties.get("RedrivePolicy"))
    }
    places = {
        place: Node(_SUFFIX.sub("", place[1]), DRAWN[resource["Type"]], place[0])
        for place, resource in templates.resources.items()
        if resource["Type"] in DRAWN and place not in dead
    }
    graph = Graph(
        {node.name: node for node in places.values()},
        set(),
        sum(1 for (stack, _), _ in templates.of(_ALARM) if stack == _OBSERVABILITY),
    )
    for source, target, why in [*_triggers(templates), *_permissions(templates, places)]:
        if source in places and target in places:
            graph.edges.add((places[source].name, places[target].name, why))
    return graph


_ALARM, _OBSERVABILITY = "AWS::CloudWatch::Alarm", "ParleyObservability"
Edge = tuple[Place, Place, str]


def _triggers(templates: Templates) -> Iterator[Edge]:
    """What sets what off, as the properties of resources say it."""
    urls = {
        place: next(templates.named(place[0], url["TargetFunctionArn"]))
        for place, url in templates.of("AWS::Lambda::Url")
    }
    for place, made in templates.of("AWS::CloudFront::Distribution"):
        for target in templates.named(place[0], made["DistributionConfig"]["Origins"]):
            yield place, urls.get(target, target), "sets off"
    for (stack, _), made in templates.of("AWS::ApiGatewayV2::Integration"):
        for api in templates.named(stack, made["ApiId"]):
            yield from ((api, target, "sets off") for target in templates.named(stack, made["IntegrationUri"]))
    for (stack, _), made in templates.of("AWS::Lambda::EventSourceMapping"):
        for queue in templates.named(stack, made["EventSourceArn"]):
            yield from ((queue, target, "sets off") for target in templates.named(stack, made["FunctionName"]))
    for kind, member in (
        ("AWS::S3::Bucket", "NotificationConfiguration"),
        ("AWS::StepFunctions::StateMachine", "DefinitionSubstitutions"),
        ("AWS::Events::Rule", "Targets"),
    ):
        for place, made in templates.of(kind):
            yield from ((place, target, "sets off") for target in templates.named(place[0], made.get(member)))


def _permissions(templates: Templates, places: dict[Place, Node]) -> Iterator[Edge]:
    """What roles are allowed: sending, starting, receiving, waking; and, noted on the node, which data."""
    (service,) = (place for place, _ in templates.of("AWS::ECS::Service"))
    holders = _role_holders(templates, service)
    for (stack, _), policy in templates.of("AWS::IAM::Policy"):
        who = [holder for role in templates.named(stack, policy["Roles"]) for holder in holders.get(role, [])]
        for statement in policy["PolicyDocument"]["Statement"]:
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            targets = set(templates.named(stack, statement["Resource"]))
            for holder in who:
                yield from _allowed(holder, actions, targets, service)
                places[holder].uses |= {
                    places[target].name for target in targets if target in places and places[target].kind in DATA
                }


def _allowed(holder: Place, actions: list[str], targets: set[Place], service: Place) -> Iterator[Edge]:
    if "sqs:SendMessage" in actions or "states:StartExecution" in actions:
        yield from ((holder, target, "sets off") for target in targets)
    if "sqs:ReceiveMessage" in actions and holder == service:
        yield from ((target, holder, "sets off") for target in targets)
    if "ecs:UpdateService" in actions:
        yield holder, service, "wakes"


def _role_holders(templates: Templates, service: Place) -> dict[Place, list[Place]]:
    """Who acts in a role: functions, the state machine, and the service for its tasks'."""
    holders: dict[Place, list[Place]] = {}
    for place, made in templates.of("AWS::Lambda::Function", "AWS::StepFunctions::StateMachine"):
        for role in templates.named(place[0], made.get("Role") or made.get("RoleArn")):
            holders.setdefault(role, []).append(place)
    for (stack, _), made in templates.of("AWS::ECS::TaskDefinition"):
        for role in templates.named(stack, made["TaskRoleArn"]):
            holders.setdefault(role, []).append(service)
    return holders
