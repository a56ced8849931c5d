"""`parley up`: starts the platform, says where it is and what to do next, and waits."""

import contextlib

from rich.console import Console
from rich.text import Text

from local.platform import Platform, PlatformOptions, PortInUse
from local.state import StateFolderBusy, StateFolderUnusable
from local.supervisor import PlatformFailed, StopRequested

_USAGE_ERROR = 2


def run(options: PlatformOptions) -> int:
    """The command's exit status: 0 after Ctrl-C, 1 when the platform failed, 2 when it could not start as told."""
    out, err = Console(highlight=False), Console(stderr=True, highlight=False)
    if problem := _bad_options(options):
        err.print(f"[red]✗[/] {problem}")
        return _USAGE_ERROR
    with contextlib.ExitStack() as closing:
        try:
            with out.status("Starting ..."):
                platform = closing.enter_context(Platform(options))
        except (StateFolderBusy, StateFolderUnusable, PortInUse) as problem:
            err.print(Text.assemble(("✗ ", "red"), str(problem)))
            return _USAGE_ERROR
        except PlatformFailed as problem:
            err.print(Text.assemble(("✗ ", "red"), str(problem)))
            return 1
        except StopRequested:
            return 0
        _welcome(out, platform, options)
        return _wait(out, err, platform)


def _wait(out: Console, err: Console, platform: Platform) -> int:
    try:
        platform.keep_running()
    except StopRequested:
        out.print("Stopping. Everything is kept.", style="dim")
    except PlatformFailed as problem:
        err.print(Text.assemble(("✗ ", "red"), str(problem)))
        return 1
    return 0


def _bad_options(options: PlatformOptions) -> str | None:
    from parley.domain.plans import plans

    if options.plan is not None and options.plan not in plans():
        return f"There is no plan {options.plan}. Plans: {', '.join(plans())}."
    for address in options.allow_fetch:
        host, _, port = address.rpartition(":")
        if not host or not port.isdigit() or not 0 < int(port) < 65536:
            return f"--allow-fetch takes HOST:PORT, for example localhost:9000, not {address}."
    return None


def _welcome(out: Console, platform: Platform, options: PlatformOptions) -> None:
    url, keys = platform.base_url, platform.keys
    out.print()
    out.print(f"[bold cyan]Parley[/] is up  [dim]({platform.started_in_seconds:.1f} s)[/]")
    out.print()
    # Never wrapped nor boxed: these are copied.
    for what, found, style in (
        ("API", url, "bold cyan"),
        ("test key", keys.test, "green"),
        ("live key", keys.live, "yellow"),
        ("state", str(platform.state.root), ""),
    ):
        out.print(Text.assemble((f"  {what:10}", "dim"), (found, style)), soft_wrap=True)
    out.print()
    if options.allow_fetch:
        out.print(f"  [bold red]![/] URLs may name {', '.join(options.allow_fetch)}: for development only.")
    for number, (what, how) in enumerate(
        (
            ("Read the API", f"{url}/docs"),
            ("See what you can spend", f'curl -H "Authorization: Bearer {keys.test}" {url}/api/v1/credits/balance'),
            ("Make a first video, in another terminal", "parley demo"),
        ),
        1,
    ):
        out.print(Text.assemble((f"  {number}  ", "dim"), f"{what}: ", (how, "cyan")), soft_wrap=True)
    out.print("\n  Ctrl-C stops everything; nothing is lost.", style="dim")
