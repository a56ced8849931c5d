"""`python -m local.presenter OUT.png [SIZE]` writes the presenter's picture."""

from __future__ import annotations

import sys

import cv2

from local.presenter import draw_presenter


def main(arguments: list[str]) -> int:
    """0 when the picture was written, 2 for wrong arguments."""
    if len(arguments) not in (1, 2):
        sys.stderr.write("usage: python -m local.presenter OUT.png [SIZE]\n")
        return 2
    picture = draw_presenter(int(arguments[1]) if len(arguments) == 2 else 768)
    cv2.imwrite(arguments[0], cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
