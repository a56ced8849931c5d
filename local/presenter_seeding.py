"""Makes sure that a platform has our presenters as its own avatars: announced at once, drawn beside its other work."""

import contextlib
import logging
import os
import socket
import subprocess
import sys

from local import child
from local.presenter_faces import presenter_faces
from parley.operations.seed_system_avatar import announce_system_avatar, is_seeded, seed_system_avatar
from parley.store.stores import Stores

PICTURE_PX = 1024
_POLITE = 10
"""Niceness of the drawing: a render that somebody waits for comes first."""
_log = logging.getLogger(__name__)


def announce_presenters(stores: Stores) -> bool:
    """Lists every presenter; whether any of them is still to be drawn."""
    missing = [face for _, face in presenter_faces() if not is_seeded(stores, face)]
    for face in missing:
        announce_system_avatar(stores, face)
    return bool(missing)


def start_drawing() -> socket.socket:
    """Draws what is missing in a process of its own. It ends when done, or when the socket given back is closed."""
    ours, theirs = socket.socketpair()
    with theirs:
        subprocess.Popen(
            [sys.executable, "-m", __name__],
            env={**os.environ, child.LIFELINE: str(theirs.fileno())},
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
        )
    return ours


def draw_presenters(stores: Stores) -> int:
    """Draws, prepares and publishes every presenter that is not there yet, one after the other; how many that were."""
    import cv2

    from local.presenter import draw_presenter
    from renderer.rig import build_rig, save_rig

    cv2.setNumThreads(1)
    drawn = 0
    for member, face in presenter_faces():
        if is_seeded(stores, face):
            continue
        picture = draw_presenter(PICTURE_PX, member.look)
        _, png = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        seed_system_avatar(stores, face, png.tobytes(), save_rig(build_rig(picture)))
        _log.info("a presenter is ready", extra={"avatarId": face.id})
        drawn += 1
    return drawn


def main() -> None:
    """Until all are drawn, or until the parent ends."""
    from parley.store.settings import Settings
    from parley.store.stores import open_stores

    child.begin()
    with contextlib.suppress(OSError):
        os.nice(_POLITE)
    draw_presenters(open_stores(Settings.from_env()))


if __name__ == "__main__":
    main()
