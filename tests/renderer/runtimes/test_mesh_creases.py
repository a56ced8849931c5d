"""Folds beside a smile and under pursed lips: there when the mouth moves, soft, and without an edge."""

from __future__ import annotations

import numpy as np
import pytest

from renderer.rig import Rig
from renderer.rig.framing import canvas_of
from renderer.runtimes.mesh.creases import Creases
from renderer.runtimes.mesh.frame import FaceFrame
from renderer.runtimes.mesh.layer import Pose
from renderer.runtimes.mesh.runtime import MeshRuntime
from renderer.types import Floats
from tests.renderer.poses import framed, head, mouth

LUMA = np.array([0.299, 0.587, 0.114], np.float32)


@pytest.fixture(scope="module")
def frame(presenter_rig: Rig) -> FaceFrame:
    return framed(presenter_rig, 512)


@pytest.fixture(scope="module")
def creases(presenter_rig: Rig, frame: FaceFrame) -> Creases:
    return Creases(frame, canvas_of(presenter_rig, 512, 512).picture)


def weight(creases: Creases, **pose: float) -> Floats:
    painted = creases.draw(creases.grid.pixels(), Pose(mouth(**pose), head()))
    assert painted is not None
    return painted.weight


def test_a_mouth_at_rest_has_no_folds_of_ours(creases: Creases) -> None:
    assert creases.draw(creases.grid.pixels(), Pose(mouth(), head())) is None


@pytest.mark.parametrize("pose", [{"corner": 1.0}, {"corner": -1.0}, {"round": 1.0}], ids=str)
def test_folds_are_soft_and_end_before_their_window_does(creases: Creases, pose: dict[str, float]) -> None:
    drawn = weight(creases, **pose)
    assert 0.05 < drawn.max() < 0.3
    assert max(drawn[0].max(), drawn[-1].max(), drawn[:, 0].max(), drawn[:, -1].max()) < 1e-4
    assert np.abs(np.diff(drawn, axis=0)).max() < 0.05 and np.abs(np.diff(drawn, axis=1)).max() < 0.05


def test_a_smile_folds_the_skin_between_nose_and_corner_on_both_sides(creases: Creases, frame: FaceFrame) -> None:
    drawn = weight(creases, corner=1.0)
    places = frame.to_mm(creases.grid.pixels())
    for side in (-1, 1):
        y, x = np.unravel_index(np.argmax(np.where(places[..., 0] * side > 0, drawn, 0)), drawn.shape)
        assert 14 < side * places[y, x, 0] < 40 and -30 < places[y, x, 1] < 2


def test_a_smile_darkens_its_folds_in_the_picture(runtime: MeshRuntime, creases: Creases) -> None:
    folds = weight(creases, corner=1.0)
    smile, still = (runtime.draw(mouth(corner=c), head()).rgb()[creases.grid.window] @ LUMA for c in (1.0, 0.0))
    deep, far = folds > 0.7 * folds.max(), (folds < 0.2 * folds.max()) & (folds > 0)
    # Against the skin around, which light and the warp change alike.
    assert smile[deep].mean() / smile[far].mean() < 0.985 * still[deep].mean() / still[far].mean()
