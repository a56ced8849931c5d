"""Tests of what is deployed. They need requirements/infra.txt; without it they are skipped and say so."""

from pathlib import Path

import pytest

from infrastructure.node import ADVICE, cdk_is_installed, use_pinned_node
from tests.infrastructure.assembly import EVERYTHING, Assembly, synthesised

READY = cdk_is_installed()
if READY:
    use_pinned_node()


class _Skipped(pytest.Module):
    def collect(self) -> list[pytest.Item | pytest.Collector]:
        pytest.skip(f"needs the CDK: {ADVICE}", allow_module_level=True)


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    """Before a module's imports of aws_cdk can fail."""
    return None if READY else _Skipped.from_parent(parent, path=module_path)


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """Synthesised once per process, with no choice made: what `cdk deploy --all` deploys."""
    return synthesised(tmp_path_factory.mktemp("plain"), {})


@pytest.fixture(scope="session")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """With GPUs, and every choice that adds something."""
    return synthesised(tmp_path_factory.mktemp("everything"), EVERYTHING)


@pytest.fixture(scope="session")
def assembly(plain: Assembly) -> Path:
    """The folder that `cdk deploy --all` would read."""
    return plain.folder
