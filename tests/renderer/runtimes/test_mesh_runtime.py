"""The mesh runtime as a whole: any size, any face it was given, any pose, the same picture again."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from renderer.rig import FaceRejected, Rig, build_rig, save_rig
from renderer.runtimes.mesh.runtime import MeshRuntime
from renderer.types import HEAD_AXES, Floats, Picture
from tests.renderer.portraits import darkened, oval_of, sized, tilted, turned
from tests.renderer.poses import HEAD_LIMITS, MOUTH_LIMITS, drawing, head, mouth, resting

GREEN = (10, 200, 30)
ROUNDED = 3
"""How far a colour may be off, of 255, that went into 8-bit luma and chroma and came back."""
POSES = st.tuples(
    st.tuples(*(st.floats(*limits, width=32) for limits in MOUTH_LIMITS.values())),
    st.tuples(*(st.floats(-1 if name not in ("breath", "blink", "frown") else 0, 1, width=32) for name in HEAD_LIMITS)),
)


def drawn_extremes(runtime: MeshRuntime) -> list[Picture]:
    """Every axis of mouth and head at its end, each way."""
    limits = np.array(list(HEAD_LIMITS.values()), np.float32)
    one_sided = np.isin(HEAD_AXES, ("breath", "blink", "frown"))
    there, back = np.where(np.array(HEAD_AXES) == "breath", 0, 1), np.where(one_sided, 0, -1)
    mouths = [np.array([limit[side] for limit in MOUTH_LIMITS.values()], np.float32) for side in (0, 1)]
    return [runtime.draw(lips, (limits * way).astype(np.float32)).rgb() for lips in mouths for way in (there, back)]


@pytest.mark.parametrize("side", [64, 256, 302, 512, 768, 1024])
def test_every_size_draws_whole_pictures(presenter_rig: Rig, side: int) -> None:
    for picture in drawn_extremes(drawing(presenter_rig, side)):
        assert picture.shape == (side, side, 3) and picture.dtype == np.uint8


def test_a_large_picture_is_a_small_one_with_more_detail(presenter_rig: Rig) -> None:
    pose = mouth(jaw=0.6, wide=0.5, upper=0.3), head(x=0.04, yaw=-0.04, blink=0.5)
    large = drawing(presenter_rig, 1024).draw(*pose).rgb()
    small = drawing(presenter_rig, 512).draw(*pose).rgb()
    assert np.abs(sized(large, 512).astype(int) - small).mean() < 1.5


def test_the_background_is_replaced_and_the_person_is_not(presenter_rig: Rig) -> None:
    plain, on_green = resting(presenter_rig, 512), resting(presenter_rig, 512, GREEN)
    matte = cv2.resize(presenter_rig.matte, (512, 512))
    # Colour has half the resolution: what lies a pixel from the other side may have some of its colour.
    outside, inside = (cv2.erode((matte == side).astype(np.uint8), np.ones((5, 5))) > 0 for side in (0, 255))
    assert np.abs(on_green[outside].astype(int) - GREEN).max() <= ROUNDED
    np.testing.assert_array_equal(on_green[inside], plain[inside])
    assert outside[:40, :40].all()


def test_a_moving_head_takes_its_outline_along_on_a_new_background(presenter_rig: Rig) -> None:
    runtime = drawing(presenter_rig, 256, GREEN)
    for pose in (head(x=0.06, roll=0.03), head(x=-0.06, y=0.03, yaw=0.06)):
        drawn = runtime.draw(mouth(jaw=0.5), pose).rgb()
        assert np.abs(drawn[:16, :16].astype(int) - GREEN).max() <= ROUNDED
        assert np.abs(drawn[:16, -16:].astype(int) - GREEN).max() <= ROUNDED


def test_the_same_pose_gives_the_same_bytes_in_any_order_and_process(
    presenter_rig: Rig, runtime: MeshRuntime, tmp_path: Path
) -> None:
    poses = [(mouth(jaw=0.7, upper=0.4), head(x=0.03, blink=0.4)), (mouth(press=1, jaw=0.3), head(roll=-0.02))]
    first = [runtime.draw(*pose).rgb() for pose in poses]
    for picture, pose in zip(reversed(first), reversed(poses), strict=True):
        np.testing.assert_array_equal(runtime.draw(*pose).rgb(), picture)
    (tmp_path / "rig.npz").write_bytes(save_rig(presenter_rig))
    np.savez(tmp_path / "poses.npz", mouth=np.stack([p[0] for p in poses]), head=np.stack([p[1] for p in poses]))
    program = (
        "import hashlib, sys\n"
        "from pathlib import Path\n"
        "import numpy as np\n"
        "from renderer.rig import load_rig\n"
        "from renderer.rig.framing import canvas_of\n"
        "from renderer.runtimes.mesh.runtime import MeshRuntime\n"
        "runtime = MeshRuntime(canvas_of(load_rig(Path('rig.npz').read_bytes()), 512, 512))\n"
        "poses = np.load('poses.npz')\n"
        "drawn = [runtime.draw(*pose).rgb() for pose in zip(poses['mouth'], poses['head'])]\n"
        "print(hashlib.sha256(np.stack(drawn).tobytes()).hexdigest())\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(str(Path(entry).resolve()) for entry in sys.path)}
    fresh = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, env=environment, cwd=tmp_path, text=True
    )
    assert fresh.stdout.strip() == hashlib.sha256(np.stack(first).tobytes()).hexdigest()


def test_a_picture_that_was_drawn_is_not_changed_by_the_next(runtime: MeshRuntime) -> None:
    first = runtime.draw(mouth(), head()).rgb()
    kept = first.copy()
    runtime.draw(mouth(jaw=1), head(x=0.05, blink=1)).rgb()
    np.testing.assert_array_equal(first, kept)


@pytest.mark.parametrize("cut", [(0, 0.0), (0, 1.0), (1, 0.0), (1, 1.0)], ids=["left", "right", "top", "bottom"])
def test_a_face_at_the_pictures_edge_moves_and_the_border_does_not(presenter: Picture, cut: tuple[int, float]) -> None:
    axis, end = cut
    oval = oval_of(presenter)
    low, high = oval.min(axis=0) - 3, oval.max(axis=0) + 3
    edges = [slice(0, 768), slice(0, 768)]
    edges[axis] = slice(int(low[axis]), 768) if end == 0 else slice(0, int(high[axis]))
    rig = build_rig(presenter[edges[1], edges[0]].copy())
    runtime = drawing(rig, 256)
    rest = runtime.draw(mouth(), head()).rgb()
    np.testing.assert_array_equal(rest, resting(rig, 256))
    for picture in drawn_extremes(runtime):
        for edge in (np.s_[0], np.s_[:, 0], np.s_[:, -1], np.s_[-1]):
            np.testing.assert_array_equal(picture[edge], rest[edge])


@pytest.mark.parametrize(
    "change",
    [
        lambda p: tilted(p, 25),
        lambda p: tilted(p, -25),
        lambda p: turned(p, 20),
        lambda p: turned(p, -20),
        lambda p: darkened(p, 0.25),
        lambda p: sized(p, 192),
        lambda p: np.ascontiguousarray(p[:, ::-1]),
        lambda p: np.dstack([cv2.cvtColor(p, cv2.COLOR_RGB2GRAY)] * 3),
    ],
    ids=["tilted left", "tilted right", "turned", "turned back", "dark", "small", "mirrored", "grey"],
)
def test_every_accepted_portrait_talks_and_blinks(presenter: Picture, change: object) -> None:
    assert callable(change)
    rig = build_rig(change(presenter))
    runtime = drawing(rig, 256)
    rest = runtime.draw(mouth(), head()).rgb()
    np.testing.assert_array_equal(rest, resting(rig, 256))
    face = cv2.fillPoly(
        np.zeros((256, 256), np.uint8), [(oval_of(rig.picture) * 256 / rig.side).astype(np.int32)], (1,)
    )
    for pose in ((mouth(jaw=0.7), head()), (mouth(), head(blink=1))):
        moved = np.abs(runtime.draw(*pose).rgb().astype(int) - rest).max(axis=-1) > 12
        assert moved[face > 0].sum() > 60
    assert moved[face == 0].sum() < 0.1 * moved.sum()  # of a blink, the last of the two


@settings(max_examples=40, deadline=None)
@given(pose=POSES)
def test_no_pose_within_or_beyond_the_limits_breaks_a_picture(
    runtime: MeshRuntime, pose: tuple[tuple[float, ...], tuple[float, ...]]
) -> None:
    # Head axes up to 1: eight times what the idle motion ever asks for.
    picture = runtime.draw(np.array(pose[0], np.float32), np.array(pose[1], np.float32)).rgb()
    assert picture.shape == (512, 512, 3) and picture.dtype == np.uint8
    assert picture.mean() > 40


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    wrong=st.floats(0, 0.12),
    drift=st.tuples(st.floats(-0.5, 0.5), st.floats(-0.5, 0.5)),
    side=st.sampled_from([64, 256, 300]),
)
def test_landmarks_that_are_wrong_draw_an_odd_face_and_no_error(
    presenter_rig: Rig, seed: int, wrong: float, drift: tuple[float, float], side: int
) -> None:
    noise = np.random.default_rng(seed).normal(0, wrong * presenter_rig.side, (468, 3))
    points: Floats = (presenter_rig.points + noise + [*np.multiply(drift, presenter_rig.side), 0]).astype(np.float32)
    runtime = drawing(Rig(presenter_rig.picture, points, presenter_rig.matte), side)
    for picture in [runtime.draw(mouth(), head()).rgb(), *drawn_extremes(runtime)]:
        assert picture.shape == (side, side, 3) and picture.dtype == np.uint8


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    degrees=st.floats(-40, 40),
    squeeze=st.tuples(st.floats(0.6, 1.4), st.floats(0.6, 1.4)),
    light=st.floats(0.15, 1.3),
    noise=st.floats(0, 30),
)
def test_whatever_the_face_check_lets_through_can_be_drawn(
    presenter: Picture, seed: int, degrees: float, squeeze: tuple[float, float], light: float, noise: float
) -> None:
    wide, tall = (int(480 * share) for share in squeeze)
    picture = cv2.resize(tilted(presenter, degrees), (wide, tall), interpolation=cv2.INTER_AREA).astype(np.float32)
    picture = picture * light + np.random.default_rng(seed).normal(0, noise, picture.shape)
    try:
        rig = build_rig(np.clip(picture, 0, 255).astype(np.uint8))
    except FaceRejected:
        return
    for drawn in drawn_extremes(drawing(rig, 256)):
        assert drawn.shape == (256, 256, 3)
