"""What an operator sees of turns: one line of figures for each, under one dimension."""

import json
from typing import Any

import pytest

from tests.functions.turn import turn_worker as scripts
from tests.functions.turn.turn_stage import Stage
from tests.functions.turn.turn_worker import TurnWorker


@pytest.fixture(autouse=True)
def measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "false")


def figures(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """The lines of turns, with their single values taken out of their lists."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "CloudWatchMetrics" in line]
    ours = [line for line in lines if line["service"] == "parley-turn"]
    for line in ours:
        assert line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service"]]
    return [{name: value[0] if isinstance(value, list) else value for name, value in line.items()} for line in ours]


@pytest.mark.usefixtures("worker")
def test_a_turn_tells_how_long_it_was_what_it_cost_and_when_its_first_picture_came(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    turn_id = stage.turn().headers["x-turn-id"]
    (line,) = figures(capsys)
    assert (line["TurnsStarted"], line["TurnsEnded"], line["TurnsFailed"]) == (1, 1, 0)
    assert (line["TurnSeconds"], line["BilledSeconds"]) == (2, 2)
    assert line["FirstFrameMs"] > 0
    assert (line["turnId"], line["code"]) == (turn_id, "completed")


def test_a_turn_that_breaks_off_counts_as_failed(
    stage: Stage, worker: TurnWorker, capsys: pytest.CaptureFixture[str]
) -> None:
    worker.script = scripts.breaks_off
    stage.turn()
    (line,) = figures(capsys)
    assert (line["TurnsEnded"], line["TurnsFailed"], line["code"]) == (0, 1, "worker_lost")


def test_a_turn_that_nobody_could_take_is_counted(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    assert stage.turn().status == 503
    (line,) = figures(capsys)
    assert (line["TurnsWithoutWorker"], line["code"]) == (1, "worker_unavailable")
