"""The lids of the mesh lie where the eyes are seen to open."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from renderer.face.check import check_face
from renderer.face.eyes import MOST, refine_eyes
from renderer.face.mesh import (
    LEFT_EYE_CORNERS,
    LEFT_LOWER_LID,
    LEFT_UPPER_LID,
    RIGHT_LOWER_LID,
    RIGHT_UPPER_LID,
    Mesh,
)
from renderer.types import Floats, Picture

LIDS = sorted({*LEFT_UPPER_LID, *LEFT_LOWER_LID, *RIGHT_UPPER_LID, *RIGHT_LOWER_LID})


def opening(points: Floats) -> float:
    """How far both eyes' lids stand apart, summed over the landmarks, pixels."""
    pairs = ((LEFT_UPPER_LID, LEFT_LOWER_LID), (RIGHT_UPPER_LID, RIGHT_LOWER_LID))
    return sum(float((points[list(lower), 1] - points[list(upper), 1]).sum()) for upper, lower in pairs)


def test_only_lids_move_and_only_apart(presenter: Picture) -> None:
    before = check_face(presenter).mesh
    after = refine_eyes(presenter, before)
    others = np.setdiff1d(np.arange(468), LIDS)
    np.testing.assert_array_equal(after.points[others], before.points[others])
    np.testing.assert_array_equal(after.points[:, 2], before.points[:, 2])
    assert opening(after.points) >= opening(before.points)


def test_lids_laid_too_narrow_are_found_again(presenter: Picture) -> None:
    truth = refine_eyes(presenter, check_face(presenter).mesh).points
    narrow = truth.copy()
    for upper, lower in ((LEFT_UPPER_LID, LEFT_LOWER_LID), (RIGHT_UPPER_LID, RIGHT_LOWER_LID)):
        middle = (truth[list(upper), 1] + truth[list(lower), 1]) / 2
        narrow[list(upper), 1] += 0.3 * (middle - truth[list(upper), 1])
        narrow[list(lower), 1] += 0.3 * (middle - truth[list(lower), 1])
    found = refine_eyes(presenter, Mesh(narrow, 1.0)).points
    assert opening(narrow) < 0.75 * opening(truth)
    assert opening(found) > 0.85 * opening(truth)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), spread=st.floats(0, 400))
def test_a_wild_mesh_is_moved_little_and_stays_finite(presenter: Picture, seed: int, spread: float) -> None:
    points = np.random.default_rng(seed).normal(384, spread, (468, 3)).astype(np.float32)
    moved = refine_eyes(presenter, Mesh(points, 1.0)).points
    assert np.isfinite(moved).all()
    width = float(np.linalg.norm(np.diff(points[list(LEFT_EYE_CORNERS), :2], axis=0)))
    lids = [*LEFT_UPPER_LID, *LEFT_LOWER_LID]
    assert np.abs(moved[lids] - points[lids]).max() <= MOST * width + 0.05
