"""The image's recipe, as far as it can be judged without Docker: that its parts are there, pinned, and go together."""

import re
import shlex
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = ROOT / "gpu_container" / "Dockerfile"
WORKERS = ("cpu", "gpu")
PINNED_INSTALL = {"--no-deps", "--only-binary=:all:", "--require-hashes", "--no-cache-dir"}


@dataclass
class Stage:
    """One FROM and what follows it."""

    base: str
    name: str
    steps: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def of(self, instruction: str) -> list[str]:
        return [rest for named, rest in self.steps if named == instruction]


def read() -> tuple[dict[str, str], dict[str, Stage]]:
    """The arguments before the first stage, and the stages by name."""
    text = re.sub(r"^\s*#.*\n", "", DOCKERFILE.read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    arguments: dict[str, str] = {}
    stages: dict[str, Stage] = {}
    stage: Stage | None = None
    for line in filter(None, map(str.strip, text.splitlines())):
        instruction, _, rest = line.partition(" ")
        if instruction == "FROM":
            base, _, name = rest.partition(" AS ")
            stage = stages[name] = Stage(base, name)
        elif stage is None:
            assert instruction == "ARG", line
            name, _, value = rest.partition("=")
            arguments[name] = value
        else:
            stage.steps.append((instruction, rest.strip()))
    return arguments, stages


ARGUMENTS, STAGES = read()


def pins(name: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9.-]+)==([^ ]+)", (ROOT / "requirements" / name).read_text(), re.MULTILINE))


def copied(stage: Stage) -> list[str]:
    """The sources in the checkout."""
    found = [shlex.split(copy) for copy in stage.of("COPY")]
    return [source for words in found if not words[0].startswith("--from=") for source in words[:-1]]


def test_every_base_is_one_release_or_a_stage_above() -> None:
    above: set[str] = set()
    for stage in STAGES.values():
        if stage.base not in above:
            image = ARGUMENTS[stage.base.removeprefix("${").removesuffix("}")]
            assert re.fullmatch(r"[a-z0-9./-]+:[0-9]+\.[0-9]+\.[0-9]+[a-z0-9.-]*", image), image
        above.add(stage.name)
    assert {"cpu", "gpu", "functions"} <= above


@pytest.mark.parametrize("name", sorted(STAGES))
def test_what_is_copied_is_there(name: str) -> None:
    seen = list(STAGES).index(name)
    for copy in STAGES[name].of("COPY"):
        words = shlex.split(copy)
        if words[0].startswith("--from="):
            assert words[0].removeprefix("--from=") in list(STAGES)[:seen]
    for source in copied(STAGES[name]):
        assert (ROOT / source).exists(), source


def test_the_build_is_sent_what_it_copies_and_nothing_else() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"
    sent = [line.removeprefix("!") for line in lines if line.startswith("!")]
    sources = [source for stage in STAGES.values() for source in copied(stage)]
    assert [s for s in sources if not any(s == place or s.startswith(place + "/") for place in sent)] == []
    assert [place for place in sent if not any(s == place or s.startswith(place + "/") for s in sources)] == []


@pytest.mark.parametrize("name", sorted(STAGES))
def test_packages_come_by_hash(name: str) -> None:
    stage = STAGES[name]
    lists = [Path(source).name for source in copied(stage) if source.startswith("requirements/")]
    for run in stage.of("RUN"):
        for command in run.split("&&"):
            words = shlex.split(command)
            if "install" not in words or "apt-get" in words:
                continue
            assert set(words) >= PINNED_INSTALL, command
            assert Path(words[words.index("-r") + 1]).name in lists
    for listed in lists:
        text = (ROOT / "requirements" / listed).read_text()
        assert text.count("==") and not re.search(r"==[^\n\\]*\n", text), f"{listed}: a pin without a hash"


@pytest.mark.parametrize("name", WORKERS)
def test_a_worker_is_not_root(name: str) -> None:
    users = STAGES[name].of("USER")
    assert users and re.fullmatch(r"[1-9][0-9]{3,}:[1-9][0-9]{3,}", users[-1])
    # Nothing is installed or changed after the right to do so is given up.
    steps = STAGES[name].steps
    after = steps[steps.index(("USER", users[-1])) + 1 :]
    assert [instruction for instruction, _ in after] == ["RUN", "CMD"]


def test_cuda_and_onnxruntime_are_changed_together() -> None:
    assert pins("container-gpu.txt")["onnxruntime-gpu"] == pins("container.txt")["onnxruntime"]
    pair = pins("container-gpu.txt")["onnxruntime-gpu"].rsplit(".", 1)[0], ARGUMENTS["CUDA_IMAGE"].split(":")[1][:4]
    assert pair == ("1.31", "13.0"), "look up which CUDA and cuDNN this onnxruntime-gpu is built for"
    assert "-cudnn-runtime-" in ARGUMENTS["CUDA_IMAGE"] and "onnxruntime" not in pins("container-gpu.txt")


@pytest.mark.parametrize("listed", ["container.txt", "container-gpu.txt"])
def test_what_draws_is_what_is_tested(listed: str) -> None:
    tested, installed = pins("dev.txt"), pins(listed)
    tested["onnxruntime-gpu"] = tested["onnxruntime"]
    assert len(installed) > 30 and {name: tested.get(name) for name in installed} == installed


def test_every_command_can_be_found() -> None:
    said = DOCKERFILE.read_text()
    modules = set(re.findall(r"(?:-m |import |\"-m\", \"|, )((?:renderer|functions)\.[a-z_.]+)", said))
    assert {"renderer.worker", "renderer.server", "renderer.face.fetch_models", "functions.uploads.handler"} <= modules
    assert [module for module in sorted(modules) if find_spec(module) is None] == []
