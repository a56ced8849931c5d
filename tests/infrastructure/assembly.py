"""The app as it is deployed, synthesised with packages of its own, under the rules of cdk-nag."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

STACKS = ("ParleyData", "ParleyWorkflow", "ParleyRenderer", "ParleyApi", "ParleyObservability")
# Every choice that adds something.
EVERYTHING = {
    "capacity": "gpu",
    "polly": "true",
    "bedrock_model_id": "us.amazon.nova-lite-v1:0",
    "model_bucket": "models-of-ours",
    "alarm_email": "ops@example.com",
    "waf": "true",
    "region": "us-east-1",
    "domain": "avatars.example.com",
    "certificate_arn": "arn:aws:acm:us-east-1:123456789012:certificate/0a1b2c3d-0000-0000-0000-000000000000",
    "billing_url": "https://example.com/billing",
}


@dataclass(frozen=True)
class Assembly:
    """What synth wrote."""

    folder: Path

    def template(self, stack: str) -> dict[str, Any]:
        return json.loads((self.folder / f"{stack}.template.json").read_text())

    @cached_property
    def resources(self) -> list[tuple[str, str, dict[str, Any]]]:
        """(stack, logical id, resource) of all stacks."""
        return [(stack, id, resource) for stack in STACKS for id, resource in self.template(stack)["Resources"].items()]

    def of_type(self, *types: str) -> dict[str, dict[str, Any]]:
        """Logical ids and properties of the resources of these types."""
        return {id: resource.get("Properties", {}) for _, id, resource in self.resources if resource["Type"] in types}

    def findings(self) -> list[str]:
        """What the rules found and nobody acknowledged."""
        report = json.loads((self.folder / "validation-report.json").read_text())
        return [
            f"{violation['ruleName']} at {at['constructPath']}"
            for plugin in report["pluginReports"]
            for violation in plugin["violations"]
            for at in violation["violatingConstructs"]
        ]

    def acknowledged(self) -> set[str]:
        """The ids of findings that were there and were acknowledged."""
        report = json.loads((self.folder / "validation-report.json").read_text())
        return {
            violation["ruleName"]
            for plugin in report["pluginReports"]
            for violation in plugin.get("suppressedViolations", [])
        }


def packages(folder: Path) -> Path:
    """As `make package` leaves them, with next to nothing inside."""
    for name, file in (("layer/python", "x.py"), ("functions/functions", "x.py"), ("turn", "run.sh")):
        (folder / name).mkdir(parents=True)
        (folder / name / file).write_text("")
    return folder


def synthesised(folder: Path, context: dict[str, str]) -> Assembly:
    """With the rules run over it: their verdict is in the assembly, whatever it is."""
    from aws_cdk import Validations
    from cdk_nag import AwsSolutionsChecks

    from app import build

    out = folder / "cdk.out"
    app = build({"packages": str(packages(folder / "lambda")), **context}, str(out))
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    try:
        app.synth()
    except RuntimeError as failed:
        # Findings; everything was written before. Anything else is an error of ours.
        if "Validation failed" not in str(failed):
            raise
    return Assembly(out)
