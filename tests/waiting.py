"""Waiting for a condition, whatever else the machine does: the bound tells a hang, never slowness."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

HANG_SECONDS = 100.0
"""What has not come by then never comes. No test's promise is this long: nothing is measured by it."""


def wait_for(condition: Callable[[], Any], seconds: float = HANG_SECONDS) -> Any:
    """What `condition` gives once it is true; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"still not so after {seconds} s"
        time.sleep(0.01)
    return found
