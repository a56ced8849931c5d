"""`make package`: what Lambda runs, as folders the CDK zips, built without Docker and the same byte for byte each time.

layer/python/...   parley and the packages it imports
functions/...      the `functions` package
turn/...           the `functions` package, and the script that the Lambda Web Adapter starts
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REQUIREMENTS = ROOT / "requirements" / "lambda.txt"
MOST_BYTES = 60_000_000
# Zip's first moment. The CDK's fingerprint knows no times; a zip does.
_BEGINNING = 315532800
_NOT_OURS = shutil.ignore_patterns("__pycache__", "*.pyc", "*.egg-info")
# What an installer says of itself; importlib.metadata reads none of it.
_INSTALLERS_NOTES = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", "uv_build.json")


class PackagingFailed(Exception):
    """A package cannot be made; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Target:
    """For which Python and processor the wheels are; `platform` as uv names it."""

    python: str = "3.13"
    platform: str = "aarch64-manylinux2014"


LAMBDA = Target()


@dataclass(frozen=True, slots=True)
class Uv:
    """The pinned uv with a cache of its own, so that nothing outside the checkout is touched."""

    cache: Path
    offline: bool = False

    def run(self, *arguments: str | Path) -> str:
        """What it printed. Raises PackagingFailed with what it complained of."""
        from uv import find_uv_bin

        command = [find_uv_bin(), *map(str, arguments), "--cache-dir", str(self.cache), "--no-config"]
        command += ["--offline"] if self.offline else []
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise PackagingFailed(f"uv {arguments[0]} {arguments[1]} failed:\n{done.stderr.strip()}")
        return done.stdout.strip()


def build(folder: Path, uv: Uv, target: Target = LAMBDA, *, compiler: Path | None = None) -> None:
    """Makes `folder` anew. `compiler`: a Python of the target's version, whose bytecode goes beside the sources.

    Raises PackagingFailed; `folder` is then as it was.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as place:
        made = Path(place) / folder.name
        _make_layer(made / "layer" / "python", uv, target)
        for name in ("functions", "turn"):
            shutil.copytree(ROOT / "functions", made / name / "functions", ignore=_NOT_OURS)
        shutil.move(made / "turn" / "functions" / "turn" / "run.sh", made / "turn" / "run.sh")
        (made / "functions" / "functions" / "turn" / "run.sh").unlink()
        if compiler is not None:
            _compile(compiler, made / "layer" / "python", "/opt/python")
            for name in ("functions", "turn"):
                _compile(compiler, made / name, "/var/task")
        _make_plain(made)
        if (size := size_of(made)) > MOST_BYTES:
            raise PackagingFailed(
                f"The packages have {size / 1e6:.1f} MB, and may have {MOST_BYTES / 1e6:.0f}: "
                "take something out of requirements/lambda.in."
            )
        shutil.rmtree(folder, ignore_errors=True)
        made.rename(folder)


def _make_layer(python: Path, uv: Uv, target: Target) -> None:
    """--require-hashes and --no-deps: exactly what the list names, and never a source that would be built here."""
    uv.run(
        *("pip", "install", "--quiet", "--target", python, "--python", sys.executable),
        *("--python-version", target.python, "--python-platform", target.platform, "--only-binary", ":all:"),
        *("--require-hashes", "--no-deps", "--no-compile-bytecode", "--link-mode", "copy", "-r", REQUIREMENTS),
    )
    shutil.rmtree(python / "bin", ignore_errors=True)
    for note in (path for name in _INSTALLERS_NOTES for path in python.glob(f"*.dist-info/{name}")):
        note.unlink()
    shutil.copytree(ROOT / "layers" / "core" / "python" / "parley", python / "parley", ignore=_NOT_OURS)


def _compile(compiler: Path, folder: Path, where: str) -> None:
    """Bytecode that is never checked against its source: Lambda's disk cannot change, and cannot keep what it compiles.

    `where` the folder will lie, for tracebacks.
    """
    command = [str(compiler), "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}  # the order of constants that are sets
    done = subprocess.run(
        [*command, "-s", str(folder), "-p", where, str(folder)],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise PackagingFailed(f"{compiler} could not compile the packages:\n{(done.stdout + done.stderr).strip()}")


def _make_plain(folder: Path) -> None:
    """One time and two modes for everything, whatever the checkout and the umask were."""
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() or path.name == "run.sh" else 0o644)
        os.utime(path, (_BEGINNING, _BEGINNING))


def digest_of(folder: Path) -> str:
    """SHA-256 in hex of all paths, modes, times and bytes."""
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        seen = path.lstat()
        total.update(f"{path.relative_to(folder).as_posix()}\0{seen.st_mode:o}\0{seen.st_mtime_ns}\0".encode())
        if path.is_file():
            total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def size_of(folder: Path) -> int:
    """Bytes, as Lambda counts them unzipped."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def find_compiler(uv: Uv, pythons: Path, target: Target = LAMBDA, named: str | None = None) -> Path | None:
    """A Python of the target's version: the one `named`, the machine's, one that uv fetches into `pythons`, or None.

    Raises PackagingFailed where the one named is of another version.
    """
    if named:
        if _version_of(named) != target.python:
            raise PackagingFailed(f"{named} is not Python {target.python}: name another one, or none.")
        return Path(named)
    try:
        return Path(uv.run("python", "find", "--no-project", "--no-python-downloads", target.python))
    except PackagingFailed:
        pass
    try:
        uv.run("python", "install", "--quiet", "--no-bin", "--install-dir", pythons, target.python)
        found = sorted(pythons.glob(f"cpython-{target.python}*/bin/python{target.python}"))
    except PackagingFailed:
        return None
    return found[0] if found else None


def _version_of(python: str) -> str | None:
    tell = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        return subprocess.run([python, "-c", tell], capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def main() -> None:
    """Into build/lambda, or the folder that is named. LAMBDA_PYTHON: the Python that compiles."""
    folder = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT / "build" / "lambda"
    uv = Uv(ROOT / "build" / "uv-cache")
    try:
        compiler = find_compiler(uv, ROOT / "build" / "python", named=os.environ.get("LAMBDA_PYTHON"))
        build(folder, uv, compiler=compiler)
    except PackagingFailed as failure:
        sys.exit(str(failure))
    for part in ("layer", "functions", "turn"):
        sys.stdout.write(f"{part:10} {size_of(folder / part) / 1e6:5.1f} MB  {digest_of(folder / part)[:16]}\n")
    if compiler is None:
        sys.stdout.write(
            f"Without bytecode: no Python {LAMBDA.python} was found or could be fetched. All works, but a cold start\n"
            f"compiles what it imports and takes some three times as long. Install Python {LAMBDA.python}, or\n"
            f"name one with LAMBDA_PYTHON, then `make package` again.\n"
        )


if __name__ == "__main__":
    main()
