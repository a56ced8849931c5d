"""`parley smoke`: the run as people see it, and its exit status."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from local.smoke.checks import CHECKS
from local.smoke.given import given
from local.smoke.run import Report, run_checks
from local.smoke.stage import Stage
from local.smoke.verdict import Check, Outcome
from parley.domain.errors import Unauthorized
from parley.domain.keys import parse_key

_USAGE_ERROR = 2
_MARKS = {"passed": ("✓", "green"), "failed": ("✗", "red"), "not_run": ("-", "yellow")}


@dataclass(frozen=True, slots=True, kw_only=True)
class SmokeRequest:
    """What `parley smoke` was told."""

    url: str
    key: str
    other_key: str | None = None
    report: Path | None = None
    portrait: Path | None = None
    speech: Path | None = None
    patience_seconds: float = 900.0


def run(request: SmokeRequest) -> int:
    """0 when no check failed and nothing was left behind, 1 otherwise, 2 for a wrong start."""
    console, err = Console(highlight=False), Console(stderr=True, highlight=False)
    try:
        _check(request)
        with console.status("Drawing a portrait, speaking a sentence ..."):
            files = given(request.portrait, request.speech)
    except (ValueError, OSError, Unauthorized) as problem:
        err.print(Text.assemble(("✗ ", "red"), str(problem)), soft_wrap=True)
        return _USAGE_ERROR
    stage = Stage(request.url, request.key, files, request.other_key, request.patience_seconds)
    try:
        report = _watched(console, stage) if console.is_terminal else _told(console, stage)
    finally:
        stage.close()
    if request.report is not None:
        report.write(request.report)
    _summarise(console, err, report, request.report)
    return 0 if report.passed else 1


def _check(request: SmokeRequest) -> None:
    parts = urlsplit(request.url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query:
        raise ValueError(f"URL is the deployment's base URL, such as https://api.example.com, not {request.url!r}.")
    for key in filter(None, (request.key, request.other_key)):
        parse_key(key)
    if request.report is not None and not request.report.absolute().parent.is_dir():
        raise ValueError(f"{request.report.parent} is not a folder: the report cannot be written there.")


def _watched(console: Console, stage: Stage) -> Report:
    """On a terminal: one table that fills."""
    done: list[Outcome] = []
    with Live(_table(done, None), console=console, refresh_per_second=8) as live:

        def began(check: Check) -> None:
            live.update(_table(done, check))

        def ended(outcome: Outcome) -> None:
            done.append(outcome)
            live.update(_table(done, None))

        return run_checks(stage, CHECKS, began, ended)


def _told(console: Console, stage: Stage) -> Report:
    """Elsewhere: one line for each check, as it ends."""

    def ended(outcome: Outcome) -> None:
        mark, _ = _MARKS[outcome.status]
        console.print(f"{mark} {outcome.name:17}{outcome.seconds:7.2f} s  {_remark(outcome)}", soft_wrap=True)

    return run_checks(stage, CHECKS, ended=ended)


def _table(done: list[Outcome], now: Check | None) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name, justify in (("", "left"), ("check", "left"), ("seconds", "right"), ("", "left")):
        table.add_column(name, justify=justify)  # pyright: ignore[reportArgumentType]
    for outcome in done:
        mark, style = _MARKS[outcome.status]
        table.add_row(Text(mark, style), outcome.name, f"{outcome.seconds:.2f}", Text(_remark(outcome)))
    if now is not None:
        table.add_row(Text("…", "dim"), Text(now.name, "dim"), "", Text(now.title, "dim"))
    return table


def _remark(outcome: Outcome) -> str:
    if outcome.status == "failed":
        return f"expected: {outcome.expected}; found: {outcome.found}"
    if outcome.status == "not_run":
        return f"not run: {outcome.found}"
    return outcome.title


def _summarise(console: Console, err: Console, report: Report, path: Path | None) -> None:
    counts = report.as_json()["counts"]
    where = f" Report: {path}." if path else ""
    for line in report.left:
        err.print(Text.assemble(("✗ left behind: ", "red"), line), soft_wrap=True)
    say: Callable[..., None] = console.print if report.passed else err.print
    mark = Text("✓ ", "green") if report.passed else Text("✗ ", "red")
    words = f"{counts['passed']} of {len(CHECKS)} checks passed in {report.seconds:.1f} s"
    not_run = f", {counts['not_run']} not run" if counts["not_run"] else ""
    say(Text.assemble(mark, f"{words}{not_run}.{where}"), soft_wrap=True)
