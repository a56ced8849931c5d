"""What moto made and nobody uses any more is let go."""

import subprocess
import sys

from tests.waiting import HANG_SECONDS

SCRIPT = """
import gc, weakref
from local.cloud.memory import forget_what_was_made
{call}
from moto.s3.models import FakeKey
keys = [FakeKey("name", b"x" * 100, account_id="1", region_name="us-east-1") for _ in range(10)]
alive = [weakref.ref(key) for key in keys]
del keys
gc.collect()
print(sum(reference() is not None for reference in alive))
"""


def alive_after(call: str) -> int:
    """In a process of its own: the change is moto's for good."""
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(call=call)],
        capture_output=True,
        text=True,
        check=True,
        timeout=HANG_SECONDS,
    )
    return int(ran.stdout)


def test_objects_go_once_nobody_uses_them() -> None:
    assert alive_after("forget_what_was_made()") == 0


def test_plain_moto_would_keep_them_all() -> None:
    assert alive_after("") == 10
