"""docs/costs.md is what the script prints of prices.toml, and idle stays below its bound."""

import copy
import re
import subprocess
import sys
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from infrastructure.costs import WORKERS, Costs, page, read_costs, total

ROOT = Path(__file__).parents[2]
IDLE_MOST_USD = 3.0


@pytest.fixture
def data() -> Any:
    return tomllib.loads((ROOT / "infrastructure" / "prices.toml").read_text("utf-8"))


def test_the_page_is_what_the_script_prints() -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "infrastructure.costs"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    advice = "run: python -m infrastructure.costs > docs/costs.md"
    assert (ROOT / "docs" / "costs.md").read_text("utf-8") == printed, advice


@pytest.mark.parametrize("capacity", ["cpu", "gpu"])
def test_idle_costs_at_most_three_dollars_a_month(capacity: str) -> None:
    _, paid = total(read_costs().idle(capacity))
    assert 0 < paid <= IDLE_MOST_USD


def test_every_price_has_a_source_and_a_date_and_says_whether_it_was_confirmed(data: Any) -> None:
    for name, entry in data["prices"].items():
        assert entry["usd"] > 0 and entry["unit"] and entry["source"], name
        assert date.fromisoformat(entry["read"]) <= date(2030, 1, 1), name
        assert isinstance(entry["confirmed"], bool), name
        assert entry["confirmed"] or "checked" in entry["source"] or "$" in entry["source"], name
    for name, given in data["allowances"].items():
        assert given["amount"] > 0 and given["source"], name


def test_every_price_and_every_quantity_is_used(data: Any) -> None:
    before = page(Costs(data))
    for table, key in (("prices", "usd"), ("idle", None), ("work", None)):
        for name in data[table]:
            changed = copy.deepcopy(data)
            if key:
                changed[table][name][key] *= 1000
            else:
                changed[table][name] *= 1000
            assert body(page(Costs(changed))) != body(before), f"{table}.{name} changes nothing"


def body(text: str) -> str:
    """Without the list of prices at its end, which shows each price whether it is used or not."""
    return text.partition("## The prices")[0]


def test_the_sums_are_by_hand(data: Any) -> None:
    costs = Costs(data)
    assert costs.worker_hour("cpu") == pytest.approx(4 * 0.04048 + 8 * 0.004445 + 0.005)
    assert costs.rendered("cpu") == pytest.approx(1000 / 60 / 11 * costs.worker_hour("cpu"))
    assert costs.streamed("g5.xlarge", 6) == pytest.approx(1000 / 60 / 6 * (1.006 * 1.12 + 0.005))
    secrets = next(line for line in costs.idle() if line.what == "Secrets Manager")
    assert (secrets.listed, secrets.paid) == (pytest.approx(0.8), pytest.approx(0.8))
    assert len(WORKERS) == 4


def test_speeds_are_those_the_readme_measured(data: Any) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    speed = re.search(r"(\d+) times real time; ", readme)
    assert speed is not None and int(speed[1]) == data["work"]["render_speed"]
    assert "six turns at once" in readme and data["work"]["streams_a_worker"] == 6
