"""Our own presenters: portraits drawn entirely by code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.presenter.cast import CAST, Member
from local.presenter.look import DEFAULT, Presenter

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["CAST", "DEFAULT", "Member", "Presenter", "draw_presenter"]


def draw_presenter(size: int = 768, who: Presenter = DEFAULT) -> NDArray[np.uint8]:
    """A head-and-shoulders portrait, frontal, mouth closed, (size, size, 3) RGB; the same call gives the same bytes."""
    # OpenCV takes 0.2 s to import: whoever only asks who there is need not wait for it.
    from local.presenter.drawing import draw_presenter as draw

    return draw(size, who)
