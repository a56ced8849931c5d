"""Every AWS call of a run, under whose role it was made, judged by that role's own policies as IAM would.

What boto3 was asked for is turned into the permissions that AWS wants for it. Links that are signed count as the call
that they allow: who opens them acts with the rights of the role that signed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from tests.moto_cloud import ACCOUNT, REGION

ACTING: ContextVar[str | None] = ContextVar("acting", default=None)
"""The ARN of the role in which clients are being made; None for the test's own."""
_ITEM_ACTIONS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}
_OBJECTS = {
    "HeadObject": "GetObject",
    "GetObject": "GetObject",
    "PutObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "AbortMultipartUpload": "AbortMultipartUpload",
    "DeleteObject": "DeleteObject",
}


@dataclass(frozen=True, slots=True)
class Need:
    """One permission. `keys`: the partition keys of the items, for the table."""

    action: str
    resource: str
    keys: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.action} on {self.resource}" + (f" for {', '.join(self.keys)}" if self.keys else "")


@dataclass
class Calls:
    """What each role needed, in the order of first need."""

    needed: dict[str, dict[Need, None]] = field(default_factory=dict[str, dict[Need, None]])

    def recording(self, make: Callable[..., Any]) -> Callable[..., Any]:
        """`boto3.client`, whose clients tell of each call when they are made while a role acts."""

        def client(*given: Any, **more: Any) -> Any:
            made, service = make(*given, **more), given[0] if given else more["service_name"]
            if (role := ACTING.get()) is not None:
                self._listen(made, role, service)
            return made

        return client

    def add(self, role: str, needs: Iterable[Need]) -> None:
        self.needed.setdefault(role, {}).update(dict.fromkeys(needs))

    def _listen(self, made: Any, role: str, service: str) -> None:
        def about_to(params: Mapping[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
            context["asked"] = dict(params)
            self.add(role, needs_of(service, model.name, params))

        def answered(http_response: Any, model: Any, context: Mapping[str, Any], **_: Any) -> None:
            # Without the right to list, S3 says 403 of what is not there, and our code takes that for a fault.
            if service == "s3" and model.name in ("HeadObject", "GetObject") and http_response.status_code == 404:
                self.add(role, [Need("s3:ListBucket", f"arn:aws:s3:::{context['asked']['Bucket']}")])

        made.meta.events.register("before-parameter-build", about_to)
        made.meta.events.register("after-call", answered)


def needs_of(service: str, operation: str, params: Mapping[str, Any]) -> list[Need]:
    """The permissions that AWS asks for. Fails for a call that is new here: decide what it needs."""
    return _READERS[service](operation, params)


def _dynamodb(operation: str, params: Mapping[str, Any]) -> list[Need]:
    if operation == "TransactWriteItems":
        pairs = [next(iter(item.items())) for item in params["TransactItems"]]
        return [_item(_ITEM_ACTIONS[kind], each) for kind, each in pairs]
    if operation == "BatchGetItem":
        return [
            Need("dynamodb:BatchGetItem", _table(name), tuple(sorted({key["pk"]["S"] for key in asked["Keys"]})))
            for name, asked in params["RequestItems"].items()
        ]
    if operation == "Query":
        condition = re.match(r"\s*(\w+)\s*=\s*(:\w+)", params["KeyConditionExpression"])
        assert condition is not None, params["KeyConditionExpression"]
        index = f"/index/{params['IndexName']}" if "IndexName" in params else ""
        key = params["ExpressionAttributeValues"][condition[2]]["S"]
        return [Need("dynamodb:Query", _table(params["TableName"]) + index, (key,))]
    assert operation in ("GetItem", *_ITEM_ACTIONS.values()), operation
    return [_item(operation, params)]


def _item(action: str, params: Mapping[str, Any]) -> Need:
    key = (params.get("Key") or params["Item"])["pk"]["S"]
    return Need(f"dynamodb:{action}", _table(params["TableName"]), (key,))


def _table(name: str) -> str:
    return f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}"


def _s3(operation: str, params: Mapping[str, Any]) -> list[Need]:
    bucket = f"arn:aws:s3:::{params['Bucket']}"
    if operation == "ListObjectsV2":
        return [Need("s3:ListBucket", bucket)]
    if operation == "DeleteObjects":
        return [Need("s3:DeleteObject", f"{bucket}/{each['Key']}") for each in params["Delete"]["Objects"]]
    return [Need(f"s3:{_OBJECTS[operation]}", f"{bucket}/{params['Key']}")]


def _sqs(operation: str, params: Mapping[str, Any]) -> list[Need]:
    name = params["QueueUrl"].rpartition("/")[2]
    return [Need(f"sqs:{operation.removesuffix('Batch')}", f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}")]


def _states(operation: str, params: Mapping[str, Any]) -> list[Need]:
    # A token names no machine: the permission is for all of them, or for the machine that gave it.
    resource = params.get("stateMachineArn") or params.get("executionArn") or "*"
    return [Need(f"states:{operation}", resource)]


def _secretsmanager(operation: str, params: Mapping[str, Any]) -> list[Need]:
    return [Need(f"secretsmanager:{operation}", params["SecretId"])]


def _ecs(operation: str, params: Mapping[str, Any]) -> list[Need]:
    names = params["services"] if "services" in params else [params["service"]]
    service = f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/{params['cluster']}/"
    return [Need(f"ecs:{operation}", service + name) for name in names]


_READERS: Mapping[str, Callable[[str, Mapping[str, Any]], list[Need]]] = {
    "dynamodb": _dynamodb,
    "s3": _s3,
    "sqs": _sqs,
    "stepfunctions": _states,
    "secretsmanager": _secretsmanager,
    "ecs": _ecs,
}


def statements_of(iam: Any, role: str) -> list[dict[str, Any]]:
    """All of a role's own policies, as they were deployed."""
    name = role.rpartition("/")[2]
    found: list[dict[str, Any]] = []
    for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        found += _listed(iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]["Statement"])
    attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    assert not attached, f"{name} has AWS's own policies too: {attached}"
    return found


def refused(statements: Sequence[Mapping[str, Any]], needs: Iterable[Need]) -> list[str]:
    """What the role was not allowed."""
    return [str(need) for need in needs if not any(_allows(statement, need) for statement in statements)]


def _allows(statement: Mapping[str, Any], need: Need) -> bool:
    assert statement["Effect"] == "Allow" and not {"NotAction", "NotResource"} & set(statement), statement
    if not any(fnmatchcase(need.action.lower(), action.lower()) for action in _listed(statement["Action"])):
        return False
    # A call that cannot name its resource is allowed by whoever is allowed the action on some.
    if need.resource != "*" and not any(fnmatchcase(need.resource, each) for each in _listed(statement["Resource"])):
        return False
    return all(_holds(operator, asked, need) for operator, asked in statement.get("Condition", {}).items())


def _holds(operator: str, asked: Mapping[str, Any], need: Need) -> bool:
    """The conditions that our policies have; another one fails here until it is understood."""
    ((name, given),) = asked.items()
    assert name == "dynamodb:LeadingKeys", f"a condition on {name} is not understood"
    if operator == "Null":
        return (not need.keys) == (_listed(given) == ["true"])
    assert operator == "ForAllValues:StringLike", f"the condition {operator} is not understood"
    return all(any(fnmatchcase(key, pattern) for pattern in _listed(given)) for key in need.keys)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
