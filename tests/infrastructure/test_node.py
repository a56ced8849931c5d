"""The CDK runs on the pinned Node, whatever the system has."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from infrastructure.node import use_pinned_node


def test_the_wheels_node_comes_before_the_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.defpath)
    folder = use_pinned_node()
    assert use_pinned_node() == folder and os.environ["PATH"].split(os.pathsep).count(str(folder)) == 1
    found = shutil.which("node")
    assert found is not None and Path(found).parent == folder
    version = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
    assert int(version.removeprefix("v").split(".")[0]) in (22, 24)


def test_jsii_starts_on_it() -> None:
    import aws_cdk

    assert aws_cdk.App().region is None
