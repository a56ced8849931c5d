"""Runs the checks one after the other, takes away what they made, and reports."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from local.smoke.stage import Stage
from local.smoke.verdict import Check, NotRun, Outcome, Unexpected
from parley.domain.times import iso
from parley.wire.mux import MuxError


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """`left` names what could not be taken away."""

    url: str
    started_at: str
    seconds: float
    outcomes: list[Outcome]
    left: list[str]

    @property
    def passed(self) -> bool:
        """No check failed, and nothing was left behind."""
        return not self.left and not any(outcome.status == "failed" for outcome in self.outcomes)

    def as_json(self) -> dict[str, Any]:
        """The report as a file holds it. No key is in it."""
        counts = {status: sum(o.status == status for o in self.outcomes) for status in ("passed", "failed", "not_run")}
        return {
            "url": self.url,
            "startedAt": self.started_at,
            "seconds": round(self.seconds, 3),
            "ok": self.passed,
            "counts": counts,
            "checks": [{**asdict(outcome), "seconds": round(outcome.seconds, 3)} for outcome in self.outcomes],
            "left": self.left,
        }

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(self.as_json(), indent=2) + "\n", encoding="utf-8")


def run_checks(
    stage: Stage,
    checks: Sequence[Check],
    began: Callable[[Check], None] = lambda _: None,
    ended: Callable[[Outcome], None] = lambda _: None,
) -> Report:
    """All of them, whatever fails; what they made is taken away also when the run is cut off."""
    started, clock = iso(datetime.now(UTC)), time.monotonic()
    outcomes: list[Outcome] = []
    left: list[str] = []
    try:
        for check in checks:
            began(check)
            outcomes.append(_outcome(stage, check, outcomes))
            ended(outcomes[-1])
    finally:
        left = stage.clean_up()
    return Report(url=stage.url, started_at=started, seconds=time.monotonic() - clock, outcomes=outcomes, left=left)


def _outcome(stage: Stage, check: Check, before: Sequence[Outcome]) -> Outcome:
    missing = [o.name for o in before if o.name in check.needs and o.status != "passed"]
    if missing:
        why = f"it needs {', '.join(missing)}"
        return Outcome(name=check.name, title=check.title, status="not_run", seconds=0.0, found=why)
    clock = time.monotonic()
    try:
        figures = check.run(stage)
    except NotRun as why:
        seconds = time.monotonic() - clock
        return Outcome(name=check.name, title=check.title, status="not_run", seconds=seconds, found=str(why))
    except Exception as problem:  # whatever a broken deployment answers is this check's finding
        expected, found = _words(problem)
        return Outcome(
            name=check.name,
            title=check.title,
            status="failed",
            seconds=time.monotonic() - clock,
            expected=expected,
            found=found,
        )
    seconds = time.monotonic() - clock
    return Outcome(name=check.name, title=check.title, status="passed", seconds=seconds, figures=figures)


def _words(problem: Exception) -> tuple[str, str]:
    match problem:
        case Unexpected():
            return problem.expected, problem.found
        case KeyError():
            return f"the answer has the field {problem}", "it is missing"
        case MuxError():
            return "the stream is an avatar mux", str(problem)
        case httpx.HTTPError():
            return "the deployment answers", f"{type(problem).__name__}: {problem}"
        case _:
            return "an answer of the documented form", f"{type(problem).__name__}: {problem}"
