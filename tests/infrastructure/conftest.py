"""Tests of what is deployed. They need requirements/infra.txt; without it they are skipped and say so."""

from pathlib import Path

import pytest

from infrastructure.node import ADVICE, cdk_is_installed, use_pinned_node

READY = cdk_is_installed()
if READY:
    use_pinned_node()


class _Skipped(pytest.Module):
    def collect(self) -> list[pytest.Item | pytest.Collector]:
        pytest.skip(f"needs the CDK: {ADVICE}", allow_module_level=True)


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    """Before a module's imports of aws_cdk can fail."""
    return None if READY else _Skipped.from_parent(parent, path=module_path)
