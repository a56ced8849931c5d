"""`parley smoke` against the real platform, whole; and against one that is broken in known ways."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from local.smoke.checks import CHECKS
from local.smoke.given import given
from local.smoke.run import run_checks
from local.smoke.stage import Stage
from tests.e2e.breaking_door import breaking_door
from tests.e2e.conftest import RunningPlatform

QUICK = (
    "keys",
    "voices",
    "portrait",
    "portrait_advice",
    "avatar",
    "render_text",
    "replay",
    "video",
    "turn",
    "turn_key",
)
LAST = ("interrupt", "environments", "ledger")


def everything(platform: RunningPlatform) -> Any:
    """Ids of all that the live environment lists."""
    with platform.client() as api:
        kinds = {kind: api.ask("GET", f"/api/v1/{kind}")["data"] for kind in ("assets", "avatars", "api-keys")}
    return {kind: {item["id"] for item in items} for kind, items in kinds.items()}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_platform_that_works_passes_all_twenty_and_is_left_as_it_was(
    platform: RunningPlatform, tmp_path: Path
) -> None:
    before, path = everything(platform), tmp_path / "smoke.json"
    command = [sys.executable, "-m", "local.cli", "smoke", platform.base_url, "--report", str(path)]
    environment = {**os.environ, "PARLEY_KEY": platform.keys.live}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    report = json.loads(path.read_text())
    assert done.returncode == 0, done.stdout + done.stderr
    assert report["counts"] == {"passed": 20, "failed": 0, "not_run": 0}
    assert [check["name"] for check in report["checks"]] == [check.name for check in CHECKS]
    assert report["ok"] is True and report["left"] == []
    assert platform.keys.live not in path.read_text() + done.stdout
    assert "20 of 20 checks passed" in done.stdout
    assert everything(platform) == before


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_broken_deployment_fails_the_checks_named_after_what_is_broken(platform: RunningPlatform) -> None:
    faults = ("voices", "advice", "video", "turn", "wall", "wallet")
    chosen = [check for check in CHECKS if check.name in (*QUICK, *LAST)]
    before = everything(platform)
    with breaking_door(platform.base_url, platform.keys.live, *faults) as url:
        stage = Stage(url, platform.keys.live, given(), platform.keys.test, patience_seconds=300)
        report = run_checks(stage, chosen)
        stage.close()
    by_status = {
        status: {outcome.name for outcome in report.outcomes if outcome.status == status}
        for status in ("passed", "failed", "not_run")
    }
    assert by_status == {
        "passed": {"keys", "portrait", "avatar", "render_text", "replay"},
        "failed": {"voices", "portrait_advice", "video", "turn", "environments", "ledger"},
        "not_run": {"turn_key", "interrupt"},
    }, report.as_json()
    expected = {outcome.name: outcome.expected or "" for outcome in report.outcomes}
    assert "gender" in expected["voices"] and "what to change" in expected["portrait_advice"]
    assert "404" in expected["environments"] and "billed" in expected["ledger"]
    assert not report.passed and report.left == []
    assert everything(platform) == before
