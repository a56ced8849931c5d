"""What `make package` makes: the same bytes each time, small enough, and all that the handlers import."""

import platform
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from infrastructure import packaging
from infrastructure.packaging import (
    MOST_BYTES,
    ROOT,
    PackagingFailed,
    Target,
    Uv,
    build,
    digest_of,
    find_compiler,
    size_of,
)
from local.lambda_runtime import FUNCTIONS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
# Those look into media: they run in the container image.
IN_CONTAINERS = {"functions.uploads.handler", "functions.lipsync.fetch"}
HANDLERS = sorted({where.partition(":")[0] for where, _ in FUNCTIONS.values()} - IN_CONTAINERS)
HERE = Target(
    python=f"{sys.version_info.major}.{sys.version_info.minor}",
    platform=f"{platform.machine()}-manylinux_2_28" if sys.platform == "linux" else "macos",
)


CACHE = ROOT / "build" / "uv-cache"


def make(folder: Path, target: Target = packaging.LAMBDA, compiler: Path | None = None) -> Path:
    """From uv's cache where it can; the network is asked only for what is missing there."""
    try:
        build(folder, Uv(CACHE, offline=True), target, compiler=compiler)
    except PackagingFailed:
        build(folder, Uv(CACHE), target, compiler=compiler)
    return folder


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("first") / "lambda", compiler=Path(sys.executable))


@pytest.fixture(scope="module")
def runnable(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same for this machine: what is built for Lambda's processor cannot be loaded here."""
    return make(tmp_path_factory.mktemp("here") / "lambda", HERE)


def test_two_builds_are_the_same_byte_for_byte(packages: Path, tmp_path: Path) -> None:
    again = make(tmp_path / "elsewhere" / "lambda", compiler=Path(sys.executable))
    assert digest_of(again) == digest_of(packages)
    (again / "functions" / "functions" / "deployed.py").touch()
    assert digest_of(again) != digest_of(packages)


def test_the_control_plane_stays_small(packages: Path) -> None:
    assert 20_000_000 < size_of(packages / "layer") + size_of(packages / "functions") < MOST_BYTES
    layer = {path.name for path in (packages / "layer" / "python").iterdir()}
    assert {"parley", "boto3", "fastapi", "pydantic_core", "uvicorn"} <= layer
    assert not layer & {"numpy", "cv2", "av", "onnxruntime", "PIL", "moto", "renderer", "bin"}
    assert not list(packages.rglob("RECORD"))


def test_the_native_parts_are_for_lambdas_processor(packages: Path) -> None:
    native = [path.name for path in packages.rglob("*.so")]
    assert native and all("aarch64" in name for name in native if "cpython" in name)
    assert any(name.startswith("_pydantic_core.cpython-313-aarch64") for name in native)


def test_the_turn_folder_starts_by_its_script(packages: Path) -> None:
    script = packages / "turn" / "run.sh"
    assert stat.S_IMODE(script.stat().st_mode) == 0o755
    assert script.read_bytes().startswith(b"#!/bin/sh\n") and b"\r" not in script.read_bytes()
    assert not (packages / "functions" / "functions" / "turn" / "run.sh").exists()
    assert (packages / "turn" / "functions" / "turn" / "app.py").is_file()


def test_both_builds_hold_the_same_modules(packages: Path, runnable: Path) -> None:
    def modules(folder: Path) -> set[str]:
        return {path.relative_to(folder).as_posix() for path in folder.rglob("*.py")}

    assert modules(packages / "functions") == modules(runnable / "functions")
    assert {name.split("/")[0] for name in modules(packages / "layer" / "python")} == {
        name.split("/")[0] for name in modules(runnable / "layer" / "python")
    }


@pytest.mark.parametrize(
    "module",
    [
        *HANDLERS,
        "functions.api.handler",
        "functions.api.resources:every_router",
        "functions.turn.app:create_turn_app",
        "uvicorn.protocols.http.httptools_impl",
    ],
)
def test_a_handler_starts_from_the_packages_alone(runnable: Path, module: str) -> None:
    """With nothing else in the path: neither the checkout nor site-packages."""
    name, _, factory = module.partition(":")
    folders = [str(runnable / ("turn" if "turn" in name else "functions")), str(runnable / "layer" / "python")]
    code = f"""
import importlib, sys
sys.path[:0] = {folders!r}
made = importlib.import_module({name!r})
{f"list(made.{factory}())" if factory == "every_router" else f"made.{factory}()" if factory else ""}
ours = [module for module in sys.modules if module.split(".")[0] == "renderer"]
assert not ours, ours
"""
    environment = {"AWS_DEFAULT_REGION": "eu-west-1", "KEY_PEPPER": "0123456789abcdef", "TZ": "UTC"}
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_what_is_deployed_is_what_is_tested() -> None:
    def pins(name: str) -> dict[str, str]:
        return dict(re.findall(r"^([a-z0-9.-]+)==([^ ]+)", (ROOT / "requirements" / name).read_text(), re.MULTILINE))

    tested, deployed = pins("dev.txt"), pins("lambda.txt")
    assert deployed and {name: tested.get(name) for name in deployed} == deployed


@pytest.mark.usefixtures("packages")
def test_too_much_is_refused_and_leaves_what_was_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(packaging, "MOST_BYTES", 1_000_000)
    kept = tmp_path / "lambda" / "kept"
    kept.parent.mkdir()
    kept.touch()
    with pytest.raises(PackagingFailed, match=r"may have 1: take something out of requirements/lambda\.in"):
        build(tmp_path / "lambda", Uv(CACHE, offline=True))
    assert list(tmp_path.iterdir()) == [kept.parent] and kept.exists()


@pytest.mark.parametrize("named", ["/no/such/python", sys.executable])
def test_a_compiler_of_another_version_is_refused(tmp_path: Path, named: str) -> None:
    with pytest.raises(PackagingFailed, match=f"{named} is not Python 9.9"):
        find_compiler(Uv(tmp_path), tmp_path, Target(python="9.9"), named)
