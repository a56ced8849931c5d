"""Glasses are seen, and neither bend with the brows nor come down with the lids."""

from __future__ import annotations

import numpy as np
import pytest

from local.presenter import CAST, draw_presenter
from renderer.rig import Rig, build_rig
from renderer.rig.framing import canvas_of
from renderer.runtimes.mesh.glasses import wears_glasses
from renderer.types import Picture
from tests.renderer.poses import drawing, framed, head, mouth
from tests.renderer.seeing import shown


@pytest.fixture(scope="module")
def spectacled() -> Rig:
    look = next(member.look for member in CAST if member.look.clothing.glasses)
    return build_rig(draw_presenter(384, look))


@pytest.mark.parametrize("side", [256, 512])
def test_glasses_are_told_from_none(spectacled: Rig, presenter_rig: Rig, dark_presenter: Picture, side: int) -> None:
    for rig, wears in ((spectacled, True), (presenter_rig, False), (build_rig(dark_presenter), False)):
        assert wears_glasses(framed(rig, side), canvas_of(rig, side, side).picture) is wears


def test_rims_stay_when_brows_and_lids_move(spectacled: Rig) -> None:
    runtime, frame = drawing(spectacled, 512), framed(spectacled, 512)
    rest = shown(runtime, mouth(), head()).astype(int)
    # The upper rim: the darkest row between lid and brow, in the columns of both eyes.
    for upper, brow in ((159, 52), (386, 282)):
        x = round(float(frame.points[upper, 0]))
        rows = slice(round(float(frame.points[brow, 1])), round(float(frame.points[upper, 1] - 3 * frame.px_per_mm)))
        rim = rows.start + int(np.argmin(rest[rows, x - 3 : x + 4].mean(axis=(1, 2))))
        for pose in (head(brow=1.0), head(brow=-1.0, frown=1.0), head(blink=1.0)):
            drawn = shown(runtime, mouth(), pose).astype(int)
            at = rows.start + int(np.argmin(drawn[rows, x - 3 : x + 4].mean(axis=(1, 2))))
            assert abs(at - rim) <= 0.6 * frame.px_per_mm + 1
