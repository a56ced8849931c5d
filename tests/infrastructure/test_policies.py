"""Who may do what in AWS: every statement of every role, printed and held against the table below."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

from tests.infrastructure.assembly import Assembly

pytestmark = pytest.mark.timeout(600)

READ = "BatchGetItem GetItem Query"
ALL = "BatchGetItem ConditionCheckItem DeleteItem GetItem PutItem Query UpdateItem"
TAKE = "ChangeMessageVisibility DeleteMessage GetQueueAttributes ReceiveMessage"
TENANTS, MONEY = f"{ALL} on Table[T#*]", f"{ALL} on Table[KEY#* T#*]"
SYSTEM = f"{READ} on Table[SYSTEM]"
WAKE = (
    "BatchGetItem GetItem PutItem Query on Table[WORKERS]",
    "ecs:DescribeServices ecs:UpdateService on ecs:service/parley/renderer-cpu",
)
END_RENDERS = (
    MONEY,
    "DeleteObject GetObject on Media/renders/*",
    "DeleteObject on Media/speech/*",
    "ListBucket on Media",
    "PutObject on Uploads/batches/*",
)

ALLOWED = {
    "Inspect": {
        TENANTS,
        "DeleteObject GetObject on Uploads/assets/*",
        "ListBucket on Uploads",
        "DeleteObject PutObject on Media/rigs/*",
        f"{TAKE} on InspectQueue",
    },
    "Start": {
        f"{READ} on Table[T#*]",
        "states:StartExecution on Lipsync",
        f"{TAKE} on SubmittedQueue",
    },
    "Fetch": {
        MONEY,
        "GetObject on Uploads/assets/*",
        "ListBucket on Uploads",
        "AbortMultipartUpload DeleteObject PutObject on Media/speech/*",
        "GetObject on Media/system/avatars/*",
        "ListBucket on Media",
    },
    "Settle": {*END_RENDERS},
    "Refund": {*END_RENDERS},
    "BatchManifest": {
        TENANTS,
        "GetObject PutObject on Uploads/batches/*",
        "ListBucket on Uploads",
        "SendMessage on BatchLinesQueue",
        f"{TAKE} on BatchesQueue",
    },
    "BatchLine": {
        MONEY,
        SYSTEM,
        *WAKE,
        "PutObject on Uploads/batches/*",
        "SendMessage on SubmittedQueue",
        f"{TAKE} on BatchLinesQueue",
    },
    "Sweeper": {
        *END_RENDERS,
        *WAKE,
        "Query on Table/index/due[DUE#*]",
        "SendMessage on SubmittedQueue",
        "GetQueueAttributes on RenderQueue",
        "states:DescribeExecution states:StopExecution on states:execution:Lipsync:*",
    },
    "Api": {
        MONEY,
        SYSTEM,
        *WAKE,
        "AbortMultipartUpload DeleteObject GetObject PutObject on Uploads/assets/*",
        "GetObject PutObject on Uploads/batches/*",
        "ListBucket on Uploads",
        "DeleteObject GetObject on Media/renders/*",
        "DeleteObject GetObject on Media/rigs/*",
        "DeleteObject on Media/speech/*",
        "GetObject on Media/system/avatars/*",
        "ListBucket on Media",
        "SendMessage on InspectQueue",
        "SendMessage on SubmittedQueue",
        "states:DescribeExecution states:StopExecution on states:execution:Lipsync:*",
        "secretsmanager:GetSecretValue on KeyPepper",
    },
    "Turn": {
        MONEY,
        SYSTEM,
        *WAKE,
        "GetObject on Media/rigs/*",
        "GetObject on Media/system/avatars/*",
        "secretsmanager:GetSecretValue on KeyPepper",
        "secretsmanager:GetSecretValue on TurnTokenKey",
    },
    "WorkerTask": {
        "UpdateItem on Table[T#*]",
        "DeleteItem PutItem on Table[WORKERS]",
        "GetObject on Media/rigs/*",
        "GetObject on Media/speech/*",
        "GetObject on Media/system/avatars/*",
        "GetObject on Uploads/assets/*",
        "AbortMultipartUpload DeleteObject PutObject on Media/renders/*",
        "ListBucket on Media",
        "ListBucket on Uploads",
        f"{TAKE} on RenderQueue",
        "states:SendTaskFailure states:SendTaskHeartbeat states:SendTaskSuccess on Lipsync",
        "secretsmanager:GetSecretValue on TurnTokenKey",
        "ec2:DescribeNetworkInterfaces on *",
        "ecs:GetTaskProtection ecs:UpdateTaskProtection on ecs:task/Cluster/*",
    },
    "WorkerExecution": {
        "ecr:BatchCheckLayerAvailability ecr:BatchGetImage ecr:GetDownloadUrlForLayer on ecr:repository/the CDK's",
        "ecr:GetAuthorizationToken on *",
    },
    "Lipsync": {
        "lambda:InvokeFunction on Fetch",
        "lambda:InvokeFunction on Refund",
        "lambda:InvokeFunction on Settle",
        "SendMessage on RenderQueue",
        "logs:CreateLogDelivery logs:DeleteLogDelivery logs:DescribeLogGroups logs:DescribeResourcePolicies "
        "logs:GetLogDelivery logs:ListLogDeliveries logs:PutResourcePolicy logs:UpdateLogDelivery "
        "xray:GetSamplingRules xray:GetSamplingTargets xray:PutTelemetryRecords xray:PutTraceSegments on *",
    },
    "NetworkRefused": set[str](),
}


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def named(value: Any) -> str:
    """An ARN of the template as a reader says it: the resource's own name, and what follows it."""
    if isinstance(value, str):
        return value
    if "Fn::Join" in value:
        return "".join(map(named, value["Fn::Join"][1]))
    if "Fn::ImportValue" in value:
        found = re.search(r"ExportsOutput(?:Ref|FnGetAtt)([A-Za-z]+?)[0-9A-F]{8}", value["Fn::ImportValue"])
        plain = re.search(r"ExportsOutput(?:Ref|FnGetAtt)(Table|Uploads|Media|KeyPepper|TurnTokenKey)", str(value))
        assert found or plain, value
        return plain[1] if plain else found[1]  # type: ignore[index]
    if "Fn::Sub" in value:
        return "the CDK's" if "container-assets" in value["Fn::Sub"] else value["Fn::Sub"]
    name = value["Ref"] if "Ref" in value else value["Fn::GetAtt"][0]
    return {"AWS::Partition": "", "AWS::Region": "", "AWS::AccountId": ""}.get(name, re.sub(r"[0-9A-F]{8}$", "", name))


def told(statement: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(resource[partitions], action), one by one."""
    assert statement["Effect"] == "Allow"
    keys = statement.get("Condition", {}).get("ForAllValues:StringLike", {}).get("dynamodb:LeadingKeys", [])
    of = f"[{' '.join(sorted(keys))}]" if keys else ""
    for resource in listed(statement["Resource"]):
        name = re.sub(r"^arn::(\w+):+", r"\1:", named(resource))
        for action in listed(statement["Action"]):
            yield name + of, re.sub("^(dynamodb|s3|sqs):", "", action)


def statements(assembly: Assembly) -> Iterator[tuple[str, dict[str, Any]]]:
    """(role, statement) of all policies."""
    for id, role in assembly.of_type("AWS::IAM::Role").items():
        name = re.sub(r"(Role)?[0-9A-F]{8}$", "", id)
        for policy in role.get("Policies", []):
            yield from ((name, statement) for statement in policy["PolicyDocument"]["Statement"])
    for id, policy in assembly.of_type("AWS::IAM::Policy").items():
        name = re.sub(r"(Role)?DefaultPolicy[0-9A-F]{8}$", "", id)
        yield from ((name, statement) for statement in policy["PolicyDocument"]["Statement"])


def rights(assembly: Assembly) -> dict[str, set[str]]:
    """Role -> lines `actions on resource`, one for each resource, but for its own log."""
    roles = {re.sub(r"(Role)?[0-9A-F]{8}$", "", id) for id in assembly.of_type("AWS::IAM::Role")}
    found: dict[str, dict[str, set[str]]] = {role: defaultdict(set) for role in roles}
    for role, statement in statements(assembly):
        for resource, action in told(statement):
            found[role][resource].add(action)
    return {
        role: {f"{' '.join(sorted(may))} on {what}" for what, may in lines.items() if not what.endswith("Log")}
        for role, lines in found.items()
    }


def test_every_role_may_do_what_the_table_says_and_nothing_else(plain: Assembly) -> None:
    found = rights(plain)
    for role, lines in sorted(found.items()):
        print(role, *sorted(lines), sep="\n    ")  # noqa: T201 - shown with -s, and where this fails
    assert {role: sorted(lines) for role, lines in found.items()} == {
        role: sorted(lines) for role, lines in ALLOWED.items()
    }


def test_no_role_may_do_everything_or_hand_rights_on(plain: Assembly, everything: Assembly) -> None:
    for assembly in (plain, everything):
        for lines in rights(assembly).values():
            for line in lines:
                actions, _, resource = line.partition(" on ")
                assert "*" not in actions
                assert not re.search(r"\b(iam|sts|kms|organizations):", actions)
                assert resource != "*" or not re.search(r"Item|Object|Message|Secret|Execution|Invoke|Task", actions)


def test_every_statement_on_the_table_names_partitions(plain: Assembly) -> None:
    lines = [line for lines in rights(plain).values() for line in lines if " on Table" in line]
    assert len(lines) > 15
    assert all(line.endswith("]") for line in lines)
    for _, statement in statements(plain):
        if "LeadingKeys" in json.dumps(statement):
            # Without any key at all "for all values" holds of none: that must not pass for allowed.
            assert statement["Condition"]["Null"] == {"dynamodb:LeadingKeys": ["false"]}


def test_the_choices_add_rights_to_those_who_use_them_alone(plain: Assembly, everything: Assembly) -> None:
    before, after = rights(plain), rights(everything)
    after = {role: {line.replace("renderer-gpu", "renderer-cpu") for line in lines} for role, lines in after.items()}
    more = {role: after[role] - lines for role, lines in before.items()}
    assert {role for role, lines in more.items() if lines} == {"Fetch", "WorkerTask"}
    assert more["Fetch"] == {"polly:SynthesizeSpeech on *"}
    assert {line.partition(" on ")[0] for line in more["WorkerTask"]} == {
        "ec2:DescribeNetworkInterfaces polly:SynthesizeSpeech",
        "bedrock:InvokeModelWithResponseStream",
        "GetObject",
        "ListBucket",
    }
    assert set(after) - set(before) == {"Infrastructure", "Machine"}


def test_only_those_who_need_a_secret_may_read_it(plain: Assembly) -> None:
    def readers(secret: str) -> set[str]:
        return {role for role, lines in rights(plain).items() if any(line.endswith(f" on {secret}") for line in lines)}

    assert readers("KeyPepper") == {"Api", "Turn"}
    assert readers("TurnTokenKey") == {"Turn", "WorkerTask"}
