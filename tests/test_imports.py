"""Arrows point down only: domain <- store, wire <- operations <- functions, local; the renderer knows only the wire."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# Package folder -> what of ours it may import, besides itself.
ALLOWED = {
    "layers/core/python/parley/domain": set[str](),
    "layers/core/python/parley/wire": {"parley.domain"},
    "layers/core/python/parley/store": {"parley.domain"},
    "layers/core/python/parley/operations": {"parley.domain", "parley.store", "parley.wire"},
    "gpu_container/renderer": {"parley.wire"},
    "functions": {"parley", "renderer"},
    "local": {"parley", "renderer", "functions"},
}
NAMES = {
    "layers/core/python/parley/domain": "parley.domain",
    "layers/core/python/parley/wire": "parley.wire",
    "layers/core/python/parley/store": "parley.store",
    "layers/core/python/parley/operations": "parley.operations",
    "gpu_container/renderer": "renderer",
    "functions": "functions",
    "local": "local",
}
# Inside the renderer data flows left to right; a stage imports itself and what lies to its left.
STAGES = ("media", "face", "speech", "visemes", "motion", "rig", "clip", "captions", "runtimes")
OURS = ("parley", "renderer", "functions", "local")


def imported_modules(path: Path) -> list[str]:
    modules: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute here"
            modules.append(node.module or "")
    return [module for module in modules if module.split(".")[0] in OURS]


def within(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


@pytest.mark.parametrize("folder", sorted(ALLOWED))
def test_a_package_imports_only_what_lies_below_it(folder: str) -> None:
    allowed = ALLOWED[folder] | {NAMES[folder]}
    files = sorted((ROOT / folder).rglob("*.py"))
    assert files, f"{folder} holds no Python"
    wrong = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in files
        for module in imported_modules(path)
        if not any(within(module, package) for package in allowed)
    ]
    assert wrong == []


@pytest.mark.parametrize("stage", STAGES)
def test_a_renderer_stage_imports_no_later_stage(stage: str) -> None:
    later = [f"renderer.{name}" for name in STAGES[STAGES.index(stage) + 1 :]]
    wrong = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in sorted((ROOT / "gpu_container/renderer" / stage).rglob("*.py"))
        for module in imported_modules(path)
        if any(within(module, package) for package in later)
    ]
    assert wrong == []


def test_infrastructure_imports_none_of_the_product() -> None:
    files = sorted((ROOT / "infrastructure").rglob("*.py"))
    assert [f"{path.name}: {module}" for path in files for module in imported_modules(path)] == []
