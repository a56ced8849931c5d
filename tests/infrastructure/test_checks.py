"""The judgement of others over our templates: cdk-nag's AwsSolutions rules, and cfn-lint."""

import subprocess
import sys
from pathlib import Path

import pytest

from infrastructure.acknowledged import acknowledged
from infrastructure.settings import Settings
from tests.infrastructure.assembly import EVERYTHING, STACKS, Assembly

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def test_nothing_is_found_that_nobody_acknowledged(plain: Assembly, everything: Assembly) -> None:
    assert plain.findings() == []
    assert everything.findings() == []


def test_every_acknowledgement_has_a_finding_and_a_reason(plain: Assembly, everything: Assembly) -> None:
    settings = Settings(model_bucket=EVERYTHING["model_bucket"], bedrock_model_id=EVERYTHING["bedrock_model_id"])
    entries = list(acknowledged(settings))
    met = plain.acknowledged() | everything.acknowledged()
    assert {f"AwsSolutions-{entry.rule}" for entry in entries} <= met
    assert all(len(entry.reason.split()) >= 5 and entry.reason.endswith(".") for entry in entries)


def test_cfn_lint_has_nothing_to_say(plain: Assembly, everything: Assembly) -> None:
    templates = [assembly.folder / f"{stack}.template.json" for assembly in (plain, everything) for stack in STACKS]
    # W3005: the CDK also writes dependencies that a reference makes anyway.
    command = [Path(sys.executable).with_name("cfn-lint"), "--ignore-checks", "W3005", "--", *map(str, templates)]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (told.returncode, told.stdout, told.stderr) == (0, "", "")
