"""What a runtime gives for one pose: a picture as the encoder takes it, and what of it is the person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from renderer.planes import planes_over
from renderer.types import Picture

TRANSPARENT: Final = "transparent"
Backdrop: TypeAlias = Picture | Literal["transparent"] | None
"""What is seen behind the person: None, the portrait's own background; RGB uint8 (H, W, 3), which stands still; or
TRANSPARENT, nothing: the picture then comes with its alpha."""


@dataclass(frozen=True)
class Drawn:
    """`i420` uint8 (H*3/2, W), BT.601 in studio range; `alpha` uint8 (H, W), 255 = person, or None where all is seen.

    Colours are straight (not multiplied by `alpha`), and go on past the person's outline.
    """

    i420: Picture
    alpha: Picture | None = None

    def rgb(self) -> Picture:
        """RGB uint8 (H, W, 3), without the alpha."""
        return planes_over(self.i420).rgb()
