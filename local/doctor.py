"""`parley doctor`: looks at everything the platform needs, and says what is missing and what to do about it."""

import importlib
import os
import shutil
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from local.platform import running_base_url
from local.state import StateFolder, StateFolderBusy, StateFolderUnusable

# Distribution -> what stops working without it.
PACKAGES = {
    "fastapi": "the API",
    "uvicorn": "the API's server",
    "pydantic": "every request and answer",
    "boto3": "storage, queues, the table",
    "moto": "the cloud on this machine",
    "aws-lambda-powertools": "logs and metrics",
    "numpy": "all of rendering",
    "opencv-python-headless": "warping faces",
    "av": "reading sound, writing MP4",
    "ai-edge-litert": "finding faces",
    "espeakng-loader": "speech from text",
}
_ROOM_BYTES = 500 * 1024 * 1024
_SET_UP = "run `make setup`"


@dataclass(frozen=True, slots=True)
class Finding:
    """One row. `needed`: without it the platform does not work, and the command ends with status 1."""

    what: str
    ok: bool
    found: str
    advice: str = ""
    needed: bool = True


def run(state: Path, port: int) -> int:
    """Prints the table; the exit status."""
    findings = examine(state, port)
    Console(highlight=False).print(_table(findings))
    missing = [finding for finding in findings if not finding.ok and finding.needed]
    out = Console(stderr=bool(missing), highlight=False)
    if missing:
        out.print(Text(f"✗ {len(missing)} needed and missing: {', '.join(f.what for f in missing)}.", style="red"))
        return 1
    out.print(Text("✓ Everything needed is here.", style="green"))
    return 0


def examine(state: Path, port: int) -> list[Finding]:
    """Every check, each on its own: a broken one is a finding, never an end."""
    return [
        _python(),
        _guarded("packages", _packages),
        _guarded("face models", _face_models),
        _guarded("voices", _voices),
        _guarded("video encoder", lambda: _encoder("video encoder", "libx264", "H.264")),
        _guarded("sound encoder", lambda: _encoder("sound encoder", "aac", "AAC")),
        _guarded("state folder", lambda: _state_folder(state)),
        _guarded("disk", lambda: _disk(state)),
        _guarded("port", lambda: _port(state, port)),
        Finding("processors", True, f"{os.cpu_count()}", needed=False),
        Finding("fonts", True, "not needed: nothing draws text", needed=False),
    ]


def _guarded(what: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except Exception as error:  # the outermost loop of a doctor: any failure of a check is its finding
        return Finding(what, False, f"{type(error).__name__}: {error}", _SET_UP)


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    advice = "install Python 3.11 or newer, then `make setup PYTHON=python3.12`"
    return Finding("python", sys.version_info >= (3, 11), version, advice)


def _packages() -> Finding:
    missing: list[str] = []
    for name in PACKAGES:
        try:
            metadata.version(name)
        except metadata.PackageNotFoundError:
            missing.append(f"{name} ({PACKAGES[name]})")
    if missing:
        return Finding("packages", False, f"missing: {', '.join(missing)}", _SET_UP)
    return Finding("packages", True, f"{len(PACKAGES)} of {len(PACKAGES)}")


def _face_models() -> Finding:
    from renderer.face.models import MODEL_NAMES, models_dir

    missing = [name for name in MODEL_NAMES if not (models_dir() / f"{name}.tflite").is_file()]
    if missing:
        advice = f"{_SET_UP}: without them no portrait can be checked or made to speak"
        return Finding("face models", False, f"missing in {models_dir()}: {', '.join(missing)}", advice)
    return Finding("face models", True, f"{len(MODEL_NAMES)} in {models_dir()}")


def _voices() -> Finding:
    speech = importlib.import_module("renderer.speech.voices")
    count = len(speech.voices())
    advice = f"{_SET_UP}: without espeak-ng's data only recorded speech can be rendered"
    return Finding("voices", count > 0, f"{count} of espeak-ng", advice)


def _encoder(what: str, codec: str, product: str) -> Finding:
    import av
    from av.codec.codec import UnknownCodecError

    try:
        av.Codec(codec, "w")
    except UnknownCodecError:
        return Finding(what, False, f"this PyAV has no {codec}", f"{_SET_UP}: without {product} no MP4 can be written")
    return Finding(what, True, f"{codec} in PyAV {av.__version__}")


def _state_folder(root: Path) -> Finding:
    state = StateFolder(root)
    if not root.exists():
        parent = next(folder for folder in state.root.parents if folder.exists())
        writable = os.access(parent, os.W_OK | os.X_OK)
        return Finding("state folder", writable, f"{state.root} (made at the first start)", f"{parent} is not writable")
    try:
        state.prepare()
        os.close(state.lock(patience_seconds=0))
    except StateFolderBusy:
        return Finding("state folder", True, f"{state.root}, in use by a running platform")
    except StateFolderUnusable as problem:
        return Finding("state folder", False, str(problem), "choose another with --state")
    return Finding("state folder", True, str(state.root))


def _disk(root: Path) -> Finding:
    folder = next(folder for folder in (root.absolute(), *root.absolute().parents) if folder.exists())
    free = shutil.disk_usage(folder).free
    advice = "make room: videos and uploads are kept in the state folder"
    return Finding("disk", free > _ROOM_BYTES, f"{free / 2**30:.1f} GB free", advice, needed=False)


def _port(root: Path, port: int) -> Finding:
    ours = running_base_url(StateFolder(root))
    if ours is not None and ours.endswith(f":{port}"):
        return Finding("port", True, f"{port}: Parley is up at {ours}", needed=False)
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return Finding("port", False, f"{port} is in use", "choose another: `parley up --port 8081`", needed=False)
    return Finding("port", True, f"{port} is free", needed=False)


def _table(findings: list[Finding]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(width=1)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    table.add_column(style="yellow", overflow="fold")
    for finding in findings:
        mark = Text("✓", "green") if finding.ok else Text("✗", "red") if finding.needed else Text("!", "yellow")
        table.add_row(mark, finding.what, finding.found, "" if finding.ok else finding.advice)
    return table
