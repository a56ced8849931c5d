"""`parley demo`: a first video through the real API: our presenter says where to find everything."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from local.api_client import ApiClient, ApiRefused
from local.platform import DEFAULT_PORT, Platform, PlatformOptions, PortInUse, running_base_url
from local.state import StateFolder, StateFolderBusy, StateFolderUnusable
from local.supervisor import PlatformFailed, StopRequested

SAYS = (
    "Hello! I was drawn by code, and so is every word on my lips. "
    "Give me your own portrait and your own voice, and I will speak for you."
)
_PORTRAIT_PIXELS = 768
_PATIENCE_SECONDS = 120.0


class DemoFailed(Exception):
    """The demo cannot go on; the message says why."""


@dataclass(frozen=True, slots=True)
class Made:
    """What the demo leaves behind."""

    base_url: str
    key: str
    avatar_id: str
    seconds: float
    port: int


def run(out: Path, state: Path, port: int | None) -> int:
    """The command's exit status: 0 with the video written, 1 when something failed, 2 for a wrong start."""
    console, err = Console(highlight=False), Console(stderr=True, highlight=False)
    with contextlib.ExitStack() as closing:
        try:
            portrait = closing.enter_context(_drawing())
            platform, base_url, key = _platform(closing, console, state, port)
            made = _make(console, platform, base_url, key, portrait, out)
        except (StateFolderBusy, StateFolderUnusable, PortInUse) as problem:
            err.print(Text.assemble(("✗ ", "red"), str(problem)), soft_wrap=True)
            return 2
        except (PlatformFailed, DemoFailed, ApiRefused, TimeoutError) as problem:
            err.print(Text.assemble(("✗ ", "red"), str(problem)), soft_wrap=True)
            return 1
        except StopRequested:
            return 1
        stays = platform is None or sys.stdin.isatty()
        _report(console, made, out, state, stays)
        if platform is not None and stays:
            return _stay(console, err, platform)
        return 0


class _Portrait:
    """The presenter, drawn by another process while the platform starts."""

    def __init__(self, process: subprocess.Popen[bytes], path: Path) -> None:
        self._process = process
        self._path = path

    def png(self) -> bytes:
        if self._process.wait(_PATIENCE_SECONDS) != 0:
            raise DemoFailed("The presenter could not be drawn. Run `parley doctor`.")
        return self._path.read_bytes()


@contextlib.contextmanager
def _drawing() -> Generator[_Portrait]:
    with tempfile.TemporaryDirectory(prefix="parley-demo-") as folder:
        path = Path(folder) / "presenter.png"
        process = subprocess.Popen([sys.executable, "-m", "local.presenter", str(path), str(_PORTRAIT_PIXELS)])
        try:
            yield _Portrait(process, path)
        finally:
            process.kill()
            process.wait()


def _platform(
    closing: contextlib.ExitStack, console: Console, root: Path, port: int | None
) -> tuple[Platform | None, str, str]:
    """The platform to talk to: the one that runs on this folder already, or our own. With its address and test key."""
    state = StateFolder(root)
    try:
        with console.status("Starting the platform ..."):
            options = PlatformOptions(_free_port() if port is None else port, root)
            platform = closing.enter_context(Platform(options))
    except StateFolderBusy:
        base_url, keys = running_base_url(state), state.api_keys()
        if base_url is None or keys is None:
            raise
        console.print(f"Using the platform that is up at [cyan]{base_url}[/].")
        return None, base_url, keys.test
    console.print(f"[green]✓[/] The platform is up [dim]({platform.started_in_seconds:.1f} s)[/]")
    return platform, platform.base_url, platform.keys.test


def _make(console: Console, platform: Platform | None, base_url: str, key: str, portrait: _Portrait, out: Path) -> Made:
    with ApiClient(base_url, key) as api:
        with console.status("Uploading a portrait, making an avatar ..."):
            asset = api.upload("presenter.png", portrait.png())
            avatar = api.create_avatar(asset["id"])
        console.print("[green]✓[/] An avatar of our presenter")
        began = time.monotonic()
        render = _render(console, platform, api, avatar["id"])
        if render["status"] != "completed":
            raise DemoFailed(
                f"The render {render['status']}: {(render['error'] or {}).get('message', 'no reason given')}"
            )
        api.download_to(render["url"], out)
        taken = time.monotonic() - began
    seconds = render["durationSeconds"]
    console.print(
        f"[green]✓[/] {seconds:.1f} s of video [dim]in {taken:.1f} s, {seconds / taken:.1f} times real time[/]"
    )
    return Made(base_url, key, avatar["id"], seconds, int(base_url.rpartition(":")[2]))


def _render(console: Console, platform: Platform | None, api: ApiClient, avatar_id: str) -> Any:
    columns = (TextColumn("  Rendering"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=1.0)

        def tell(done: float) -> None:
            progress.update(task, completed=done)
            if platform is not None:
                platform.attend()

        return api.wait_for_render(api.submit(avatar_id, text=SAYS)["id"], _PATIENCE_SECONDS, tell)


def _free_port() -> int:
    """The usual port when nobody has it, else any."""
    try:
        socket.create_server(("127.0.0.1", DEFAULT_PORT)).close()
    except OSError:
        return 0
    return DEFAULT_PORT


def _report(console: Console, made: Made, out: Path, state: Path, stays: bool) -> None:
    auth = f'-H "Authorization: Bearer {made.key}"'
    say = f'{{"avatarId": "{made.avatar_id}", "text": "Nice to meet you."}}'
    console.print()
    for what, found in (("video", str(out.absolute())), ("API key", made.key), ("base URL", made.base_url)):
        console.print(Text.assemble((f"{what:9}", "dim"), (found, "bold")), soft_wrap=True)
    if not stays:
        port = "" if made.port == DEFAULT_PORT else f" --port {made.port}"
        folder = "" if state == Path(".parley") else f" --state {state}"
        command = f"{_command()} up{port}{folder}"
        again = Text.assemble("\nStart it again, with the same key and everything in it:  ", (command, "cyan"))
        console.print(again, soft_wrap=True)
    console.print("\nTry next:", style="bold")
    for line in (
        f"curl {auth} {made.base_url}/api/v1/avatars",
        f"curl {auth} {made.base_url}/api/v1/credits/balance",
        f"curl {auth} -H \"Content-Type: application/json\" -d '{say}' {made.base_url}/api/v1/renders",
    ):
        console.print(Text(line, style="cyan"), soft_wrap=True)


def _command() -> str:
    """How this very command was called: `parley` alone where it is on the path."""
    called = Path(sys.argv[0])
    if called.name != "parley" or shutil.which("parley") == str(called):
        return "parley"
    return os.path.relpath(called) if Path.cwd() in called.absolute().parents else str(called)


def _stay(console: Console, err: Console, platform: Platform) -> int:
    console.print("\nThe platform stays up. Ctrl-C stops it; nothing is lost.", style="dim")
    try:
        platform.keep_running()
    except StopRequested:
        pass
    except PlatformFailed as problem:
        err.print(Text.assemble(("✗ ", "red"), str(problem)), soft_wrap=True)
        return 1
    return 0
