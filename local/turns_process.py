"""The worker that streams turns as a child of `parley up`: the very server of the container, tied to its parent."""

import os
import time
from pathlib import Path

from local import child
from local.state import StateFolder

# Killed, it is missed this soon: on one machine a beat costs next to nothing.
_TIMES = {"TURN_HEARTBEAT_SECONDS": "1", "TURN_LEASE_SECONDS": "4", "TURN_GRACE_SECONDS": "1"}
_PATIENCE_SECONDS = 5.0
_POLL_SECONDS = 0.05


def main() -> None:
    process = child.begin()
    for name, value in _TIMES.items():
        os.environ.setdefault(name, value)
    process.ready()
    _let_others_start()
    from renderer.server import serve
    from renderer.turn_settings import TurnSettings

    serve(TurnSettings.from_env(), process.listener)


def _let_others_start() -> None:
    """What this one loads would take the cores from those that somebody waits for."""
    state = StateFolder(Path(os.environ["PARLEY_STATE"]))
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not (state.root / "platform.json").exists() and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)


if __name__ == "__main__":
    main()
