"""What an operator chooses is checked before anything is made: a bad value is one sentence that says what to change."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infrastructure.regions import GPU_REGIONS
from infrastructure.settings import ROOT, BadSetting, Settings
from tests.infrastructure.assembly import packages

CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/0a1b2c3d"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(packages(tmp_path_factory.mktemp("packages") / "lambda"))


def read(folder: str, environ: dict[str, str] | None = None, **context: Any) -> Settings:
    return Settings.from_context({"packages": folder, **context}.get, environ or {})


def test_without_any_choice_there_is_a_whole_platform(folder: str) -> None:
    settings = read(folder)
    assert (settings.capacity, settings.maximum_workers, settings.domain, settings.waf) == ("cpu", 4, None, False)


def test_what_cdk_json_says_is_what_the_code_says(folder: str) -> None:
    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    named = {name: value for name, value in context.items() if not name.startswith("@aws-cdk/")}
    assert read(**{**named, "folder": folder, "packages": folder}) == read(folder)
    unknown = set(named) - {field.name for field in Settings.__dataclass_fields__.values()}
    assert not unknown


@pytest.mark.parametrize(
    ("context", "says"),
    [
        ({"capacity": "fast"}, "capacity must be one of cpu, gpu, not 'fast'."),
        ({"runtime": "dreams"}, "runtime must be one of mesh, not 'dreams'."),
        ({"maximum_workers": "0"}, "maximum_workers must be a whole number from 1 to 100, not '0'."),
        ({"maximum_workers": "1e3"}, "maximum_workers must be a whole number from 1 to 100, not '1e3'."),
        ({"maximum_workers": "²"}, "maximum_workers must be a whole number from 1 to 100, not '²'."),
        ({"warm_minutes": 100000}, "warm_minutes must be a whole number from 1 to 1440, not '100000'."),
        ({"log_retention_days": 31}, "log_retention_days must be one of 1, 3, 5, 7, 14, 30,"),
        ({"budget_usd": "-5"}, "budget_usd must be a whole number"),
        ({"gpu_type": "t3.micro"}, "gpu_type must be an instance type with an NVIDIA GPU, such as g6.xlarge"),
        ({"alarm_email": "nobody"}, "alarm_email must be one e-mail address, not 'nobody'."),
        ({"waf": "maybe"}, "waf must be one of true, false, not 'maybe'."),
        ({"domain": "https://x.example"}, "domain must be a host name in lower case"),
        ({"domain": "x.example.com"}, "certificate_arn is missing for domain x.example.com: request one in ACM"),
        ({"certificate_arn": CERTIFICATE}, "domain is missing beside certificate_arn: add -c domain="),
        (
            {"domain": "x.example.com", "certificate_arn": CERTIFICATE.replace("us-east-1", "eu-west-1")},
            "certificate_arn must be the ARN of a certificate in us-east-1",
        ),
        ({"model_bucket": "s3://mine"}, "model_bucket must be the name of a bucket, without s3://"),
        ({"capacity": "gpu", "region": "eu-west-9"}, "capacity gpu is not offered in eu-west-9: deploy with -c cap"),
        ({"waf": "true", "region": "eu-west-1"}, "waf makes a web ACL for CloudFront, which only us-east-1 can"),
        ({"gpu_type": ["g6.xlarge"]}, "gpu_type must be a single value"),
        ({"packages": "/nowhere"}, "/nowhere holds no Lambda packages: run `make package` first."),
    ],
)
def test_a_bad_value_is_one_sentence(folder: str, context: dict[str, Any], says: str) -> None:
    with pytest.raises(BadSetting) as refused:
        read(**{"folder": folder, **context})
    told = str(refused.value)
    assert told.startswith(says)
    assert told.endswith(".") and "\n" not in told


def test_the_command_lines_region_is_heeded(folder: str) -> None:
    with pytest.raises(BadSetting, match="is not offered in mx-central-1"):
        read(folder, {"CDK_DEFAULT_REGION": "mx-central-1"}, capacity="gpu")
    for region in GPU_REGIONS:
        assert read(folder, {"CDK_DEFAULT_REGION": region}, capacity="gpu").region == region


def test_synth_stops_with_the_sentence_and_no_traceback(folder: str, tmp_path: Path) -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CDK_"))}
    environ["CDK_CONTEXT_JSON"] = f'{{"packages": "{folder}", "capacity": "fast"}}'
    environ["CDK_OUTDIR"] = str(tmp_path)
    told = subprocess.run(
        [sys.executable, "app.py"], cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )
    assert told.returncode == 1
    assert told.stderr == "capacity must be one of cpu, gpu, not 'fast'.\n"
