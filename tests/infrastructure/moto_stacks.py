"""The synthesised templates, deployed to moto by CloudFormation: all it can make of them, and a list of the rest."""

from __future__ import annotations

import io
import json
import secrets
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from moto.cloudformation.parsing import get_model_map

from tests.moto_cloud import ACCOUNT, REGION, MotoCloud

# What moto has no idea of, and leaves out of a stack although it calls it complete. Nothing below tests these: they
# are checked as templates only. A type that is new here is a decision: take it in, or wire it some other way.
UNKNOWN_TO_MOTO = frozenset(
    {
        "AWS::ApiGatewayV2::Api",
        "AWS::ApiGatewayV2::Integration",
        "AWS::ApiGatewayV2::Route",
        "AWS::ApiGatewayV2::Stage",
        "AWS::ApplicationAutoScaling::ScalableTarget",
        "AWS::ApplicationAutoScaling::ScalingPolicy",
        "AWS::CloudFront::Distribution",
        "AWS::CloudFront::Function",
        "AWS::CloudFront::OriginRequestPolicy",
        "AWS::CloudWatch::Alarm",
        "AWS::ECS::ClusterCapacityProviderAssociations",
        "AWS::Lambda::Url",
        "AWS::S3::BucketPolicy",
        "AWS::SNS::TopicPolicy",
        "AWS::SQS::QueuePolicy",
        "AWS::SecretsManager::Secret",
    }
)
STAND_INS = {
    ("AWS::CloudFront::Distribution", "DomainName"): "d111111abcdef8.cloudfront.net",
    ("AWS::Lambda::Url", "FunctionUrl"): f"https://turnsturnsturns.lambda-url.{REGION}.on.aws/",
}
_BOOTSTRAP = "hnb659fds"


@dataclass
class Stack:
    """One deployed template. `template` is what was synthesised."""

    name: str
    template: dict[str, Any]
    physical: dict[str, str]
    left_out: dict[str, str] = field(default_factory=dict[str, str])

    def of_type(self, type_: str) -> dict[str, dict[str, Any]]:
        """The template's resources of that type, by logical id."""
        return {id: found for id, found in self.template["Resources"].items() if found["Type"] == type_}


def deploy(assembly: Path, cloud: MotoCloud) -> list[Stack]:
    """Every stack of the assembly, in the order that they need each other. Fails where moto fails."""
    manifest = json.loads((assembly / "manifest.json").read_text())["artifacts"]
    _bootstrap(cloud)
    _publish(assembly, cloud)
    stacks = {name: found for name, found in manifest.items() if found["type"] == "aws:cloudformation:stack"}
    return [_deploy(assembly, cloud, name) for name in _in_order(stacks)]


def _in_order(stacks: dict[str, Any]) -> list[str]:
    done: list[str] = []
    while len(done) < len(stacks):
        ready = [
            name
            for name, found in stacks.items()
            if name not in done and all(need in done for need in found.get("dependencies", []) if need in stacks)
        ]
        assert ready, "the stacks need each other in a circle"
        done += ready
    return done


def _bootstrap(cloud: MotoCloud) -> None:
    """As `cdk bootstrap` leaves an account."""
    cloud.client("s3").create_bucket(Bucket=f"cdk-{_BOOTSTRAP}-assets-{ACCOUNT}-{REGION}")
    cloud.client("ssm").put_parameter(Name=f"/cdk-bootstrap/{_BOOTSTRAP}/version", Value="30", Type="String")


def _publish(assembly: Path, cloud: MotoCloud) -> None:
    """Every file asset under its key. What is in it does not matter here: the handlers are called as they lie."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("nothing", "")
    for path in assembly.glob("*.assets.json"):
        for asset in json.loads(path.read_text())["files"].values():
            assert (assembly / asset["source"]["path"]).exists()
            for place in asset["destinations"].values():
                bucket = place["bucketName"].replace("${AWS::AccountId}", ACCOUNT).replace("${AWS::Region}", REGION)
                cloud.client("s3").put_object(Bucket=bucket, Key=place["objectKey"], Body=content.getvalue())


def _deploy(assembly: Path, cloud: MotoCloud, name: str) -> Stack:
    template = json.loads((assembly / f"{name}.template.json").read_text())
    types = {resource["Type"] for resource in template["Resources"].values()}
    unheard_of = types - set(get_model_map()) - UNKNOWN_TO_MOTO
    assert not unheard_of, f"moto leaves out {sorted(unheard_of)}: see UNKNOWN_TO_MOTO"
    left_out = {
        logical: _stand_in(cloud, logical, resource["Type"])
        for logical, resource in template["Resources"].items()
        if resource["Type"] in UNKNOWN_TO_MOTO
    }
    known = _without(template, left_out)
    formation = cloud.client("cloudformation")
    formation.create_stack(StackName=name, TemplateBody=json.dumps(known), Capabilities=["CAPABILITY_IAM"])
    assert formation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"
    made = formation.describe_stack_resources(StackName=name)["StackResources"]
    physical = {found["LogicalResourceId"]: found.get("PhysicalResourceId", "") for found in made}
    missing = set(known["Resources"]) - set(physical)
    assert not missing, f"moto made nothing of {sorted(missing)}"
    return Stack(name, template, physical, left_out)


def _stand_in(cloud: MotoCloud, logical: str, type_: str) -> str:
    """What a reference to it gives. A secret is made as CloudFormation would make it."""
    if type_ == "AWS::SecretsManager::Secret":
        value = secrets.token_hex(32)
        return cloud.client("secretsmanager").create_secret(Name=logical, SecretString=value)["ARN"]
    return logical.lower()


def _without(template: dict[str, Any], left_out: dict[str, str]) -> dict[str, Any]:
    """The template without these resources; who refers to one is given its stand-in."""
    types = {logical: template["Resources"][logical]["Type"] for logical in left_out}

    def filled(value: Any) -> Any:
        if isinstance(value, list):
            return [filled(each) for each in value]
        if not isinstance(value, dict):
            return value
        if (logical := value.get("Ref")) in left_out:
            return left_out[logical]
        if isinstance(attribute := value.get("Fn::GetAtt"), list) and attribute[0] in left_out:
            return STAND_INS.get((types[attribute[0]], attribute[1]), f"{left_out[attribute[0]]}.{attribute[1]}")
        return {name: filled(each) for name, each in value.items()}

    kept = {logical: each for logical, each in template["Resources"].items() if logical not in left_out}
    for each in kept.values():
        needs = each.pop("DependsOn", [])
        if found := [need for need in needs if need not in left_out]:
            each["DependsOn"] = found
    return filled({**template, "Resources": kept})
