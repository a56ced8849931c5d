"""What docs/*.md name exists: commands and their options, make targets, paths, links, context values, alarms."""

from __future__ import annotations

import ast
import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from local.cli import app

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").glob("*.md"))
# Commands that are not ours: how they are spelled is not for this test.
FOREIGN = frozenset({"aws", "git", "export", "cdk"})
MADE_BY_COMMANDS = ("build/", ".venv/", "~")
# A path in backticks: with a slash, or a name with an ending that our files have.
PATH = re.compile(r"[\w./-]+/[\w./-]*|[\w-]+\.(?:py|toml|md|json|yml)")


def blocks(page: Path) -> list[str]:
    """The lines of all shell blocks, continued lines joined, comments off."""
    found = re.findall(r"```sh\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    lines = "\n".join(found).replace("\\\n", " ").splitlines()
    return [line for text in lines if (line := re.sub(r"(^|\s)#.*", "", text).strip())]


def ticked(page: Path) -> list[str]:
    """All that stands in backticks in running text."""
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    return re.findall(r"`([^`\n]+)`", text)


def commands(page: Path) -> list[list[str]]:
    """Every command line, in blocks and in backticks, as words."""
    inline = [text for text in ticked(page) if re.match(r"(make|parley|\.venv/bin/\w+|python -m) ?\S", text)]
    return [shlex.split(part) for line in blocks(page) + inline for part in line.split(";")]


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


def context() -> dict[str, Any]:
    return json.loads((ROOT / "cdk.json").read_text("utf-8"))["context"]


def check_make(words: list[str]) -> None:
    assert words[1] in make_targets(), f"there is no `make {words[1]}`"
    for word in words[2:]:
        name, _, value = word.partition("=")
        assert f"$({name})" in (ROOT / "Makefile").read_text("utf-8"), f"make takes no {name}="
        for setting in re.findall(r"-c (\w+)=", value):
            assert setting in context(), f"there is no context value {setting}"


def check_parley(words: list[str]) -> None:
    """Walks down the command tree as typer would, without running anything."""
    command: Any = typer.main.get_command(app)
    rest = words[1:]
    while rest:
        word, rest = rest[0], rest[1:]
        options = {name: parameter for parameter in command.params for name in parameter.opts}
        if word.startswith("--"):
            assert word in options, f"`{' '.join(words)}`: {command.name} has no {word}"
            flag = getattr(options[word], "is_flag", False)
            rest = rest if flag or not rest else rest[1:]
        elif hasattr(command, "commands"):
            assert word in command.commands, f"`{' '.join(words)}`: there is no command {word}"
            command = command.commands[word]
        else:
            assert any(parameter.param_type_name == "argument" for parameter in command.params), words
    if len(words) > 2 and not hasattr(command, "commands"):
        assert command.callback is not None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_exists_with_its_options(page: Path) -> None:
    for words in commands(page):
        program = words[0].removeprefix(".venv/bin/")
        if program == "make":
            check_make(words)
        elif program == "parley":
            check_parley(words)
        elif words[:2] == ["python", "-m"]:
            assert (ROOT / (words[2].replace(".", "/") + ".py")).is_file(), words
        elif re.fullmatch(r"[A-Z]+=\S+", program):
            continue
        else:
            assert program in FOREIGN, f"{page.name} names {program}, which nobody here knows"


def test_the_walk_finds_what_is_not_there() -> None:
    check_parley(shlex.split("parley admin --aws grant ten_... --minutes 5 --reason x"))
    for wrong in (
        "parley admin donate",
        "parley admin grant ten_1 --dollars 5",
        "parley smoke URL --loud",
        "parley fly",
    ):
        with pytest.raises(AssertionError):
            check_parley(shlex.split(wrong))
    for wrong in ("make fly", "make deploy ARGS='-c capacitee=gpu'", "make smoke URI=x"):
        with pytest.raises(AssertionError):
            check_make(shlex.split(wrong))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_and_path_leads_somewhere(page: Path) -> None:
    text = page.read_text("utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), f"{page.name} links to {target}"
        if anchor:
            assert anchor in anchors(linked), f"{target}: there is no such heading"
    for name in ticked(page):
        if PATH.fullmatch(name) and not name.startswith(MADE_BY_COMMANDS) and " " not in name:
            assert (ROOT / name).exists(), f"{page.name} names {name}"


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_context_value_is_explained_with_its_default() -> None:
    rows = re.findall(r"^\| (`.+?`) \| (.*?) \|", (ROOT / "docs" / "deploy.md").read_text("utf-8"), re.MULTILINE)
    explained: dict[str, str] = {}
    for names, defaults in rows:
        of_each = [value.strip(" `") for value in defaults.split(",")] if defaults else []
        for at, name in enumerate(re.findall(r"`(\w+)`", names)):
            explained[name] = of_each[min(at, len(of_each) - 1)] if of_each else ""
    own = {name: value for name, value in context().items() if not name.startswith("@") and name != "packages"}
    assert set(own) <= set(explained), f"docs/deploy.md says nothing of {set(own) - set(explained)}"
    for name, value in own.items():
        wanted = "none" if value in ("", False) else str(value)
        assert explained[name] == wanted, f"docs/deploy.md says that {name} is {explained[name]}; cdk.json has {wanted}"


def test_every_alarm_is_explained_and_none_that_is_not_there() -> None:
    explained = set(re.findall(r"^\| `(\w+)` \|", (ROOT / "docs" / "operate.md").read_text("utf-8"), re.MULTILINE))
    assert explained == alarm_names()


def alarm_names() -> set[str]:
    """From the code alone, so that this runs without the CDK: `_alarm("Name", ...)` and `Alarm(scope, "Name", ...)`."""
    names: set[str] = set()
    for path in (ROOT / "infrastructure").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                names |= {found for found in constants_of(node) if node.func.attr in ("_alarm", "Alarm")}
    source = (ROOT / "infrastructure" / "workflow.py").read_text("utf-8")
    body = re.search(r"def queues\(.*?return \{(.*?)\}", source, re.DOTALL)
    assert body is not None
    queues = re.findall(r'"([\w-]+)":', body[1])
    dead = {f"Dead{name.title().replace('-', '')}" for name in queues}
    return names | dead


def constants_of(call: ast.Call) -> list[str]:
    """The name of an alarm that is made: the first or second argument, where it is written out."""
    return [
        argument.value
        for argument in call.args[:2]
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str) and argument.value.isidentifier()
    ]
