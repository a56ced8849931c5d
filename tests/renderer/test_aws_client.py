"""Polly and Bedrock by a named profile, beside a cloud of this machine's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from botocore.config import Config
from botocore.exceptions import ProfileNotFound

from local.environment import Ports, child_environment
from local.state import StateFolder
from renderer.aws_client import service_client


@pytest.fixture
def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What a process of `parley up` is told by a developer who has AWS set up."""
    (tmp_path / "config").write_text("[profile speech]\nregion = eu-central-1\n")
    (tmp_path / "credentials").write_text("[speech]\naws_access_key_id = REAL\naws_secret_access_key = real\n")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "OTHER")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "other")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("PARLEY_AWS_PROFILE", "speech")
    (tmp_path / "state").mkdir()
    state = StateFolder(tmp_path / "state")
    told = child_environment(state, Ports(cloud=7001, functions=7002), base_url="http://x", plan=None, allow_fetch=())
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, told[name])
    for name in ("AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, told[name])
    return told


@pytest.mark.parametrize("service", ["polly", "bedrock-runtime"])
def test_a_named_profile_speaks_to_aws_and_not_to_this_machines_cloud(child: dict[str, str], service: str) -> None:
    client = service_client(service, Config(), child)
    assert client.meta.endpoint_url == f"https://{service}.eu-central-1.amazonaws.com"
    assert client._request_signer._credentials.access_key == "REAL"
    elsewhere = service_client(service, Config(), {**child, "PARLEY_AWS_REGION": "us-west-2"})
    assert elsewhere.meta.region_name == "us-west-2"


def test_without_a_profile_nothing_of_the_developers_aws_is_used(child: dict[str, str]) -> None:
    del child["PARLEY_AWS_PROFILE"]
    client = service_client("polly", Config(), child)
    assert client.meta.endpoint_url == "http://127.0.0.1:7001"
    assert client._request_signer._credentials.access_key == child["AWS_ACCESS_KEY_ID"] not in ("REAL", "OTHER")


def test_a_profile_that_there_is_not_is_said(child: dict[str, str]) -> None:
    with pytest.raises(ProfileNotFound, match="nobody"):
        service_client("polly", Config(), {**child, "PARLEY_AWS_PROFILE": "nobody"})
