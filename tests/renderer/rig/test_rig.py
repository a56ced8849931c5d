"""A rig is a portrait framed, measured and kept: the same again after a save, or a clear refusal."""

from __future__ import annotations

import io
import os
import subprocess
import sys

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from renderer.face.mesh import FACE_OVAL
from renderer.rig import FaceRejected, Rig, build_rig, load_rig, save_rig
from renderer.rig.framing import canvas_of
from renderer.rig.rig import KEPT_FACES, MAX_PIXELS, MAX_SIDE, VERSION
from renderer.types import Floats, Picture
from tests.renderer.portraits import on_canvas, oval_of, sized, tilted


def oval(rig: Rig) -> Floats:
    return rig.points[list(FACE_OVAL), :2]


def face_share(rig: Rig) -> float:
    return float(np.ptp(oval(rig)[:, 1])) / rig.height


def inside(rig: Rig) -> bool:
    return bool((oval(rig) >= 0).all() and (oval(rig) < [rig.width, rig.height]).all())


def test_a_saved_rig_loads_as_it_was(presenter_rig: Rig) -> None:
    loaded = load_rig(save_rig(presenter_rig))
    np.testing.assert_array_equal(loaded.picture, presenter_rig.picture)
    np.testing.assert_array_equal(loaded.points, presenter_rig.points)
    np.testing.assert_array_equal(loaded.matte, presenter_rig.matte)
    assert (loaded.picture.dtype, loaded.points.dtype, loaded.matte.dtype) == (np.uint8, np.float32, np.uint8)
    assert save_rig(loaded) == save_rig(presenter_rig)


def test_a_square_portrait_with_a_large_face_is_kept_whole(presenter: Picture, presenter_rig: Rig) -> None:
    np.testing.assert_array_equal(presenter_rig.picture, presenter)


@pytest.mark.parametrize(("width", "height"), [(768, 1100), (1100, 768), (768, 768)])
def test_a_picture_of_any_format_about_one_large_face_is_kept_whole(
    presenter: Picture, width: int, height: int
) -> None:
    left, top = (width - 768) // 2, (height - 768) // 2
    framed = cv2.copyMakeBorder(
        presenter, top, height - 768 - top, left, width - 768 - left, cv2.BORDER_CONSTANT, value=(120, 130, 135)
    )
    rig = build_rig(framed)
    np.testing.assert_array_equal(rig.picture, framed)
    assert rig.matte.shape == (height, width)
    assert inside(rig)


@pytest.mark.parametrize(("left", "top"), [(600, 300), (0, 0), (1000, 0), (0, 1000), (1000, 1000)])
def test_of_a_small_face_in_a_large_picture_its_surroundings_are_kept(presenter: Picture, left: int, top: int) -> None:
    rig = build_rig(on_canvas(sized(presenter, 600), 1600, left, top))
    assert rig.height < 1600 and rig.width < 1600
    assert face_share(rig) == pytest.approx(1 / KEPT_FACES[1], abs=0.03)
    assert rig.width / rig.height == pytest.approx(KEPT_FACES[0] / KEPT_FACES[1], abs=0.01)
    assert inside(rig)


@pytest.mark.parametrize("width", [2400, 3600])
def test_a_huge_portrait_is_reduced(presenter: Picture, width: int) -> None:
    large = cv2.copyMakeBorder(
        sized(presenter, 2400), 0, 0, (width - 2400) // 2, (width - 2400) // 2, cv2.BORDER_REPLICATE
    )
    rig = build_rig(large)
    assert rig.side <= MAX_SIDE
    assert 0.95 * MAX_PIXELS < rig.width * rig.height <= MAX_PIXELS
    small = build_rig(sized(presenter, 1200))
    scale = rig.height / 1200
    found = rig.points[:, :2] - [(rig.width - rig.height) / 2, 0]
    assert np.abs(found - small.points[:, :2] * scale).max() < 0.01 * rig.height


def test_a_thin_frame_round_a_scan_is_left_out(presenter: Picture) -> None:
    framed = cv2.copyMakeBorder(presenter, 3, 5, 2, 0, cv2.BORDER_CONSTANT, value=(255, 255, 255))
    np.testing.assert_array_equal(build_rig(framed).picture, presenter)


def test_a_face_that_fills_the_picture_makes_a_rig(presenter: Picture) -> None:
    outline = oval_of(presenter)
    x, y = (outline.min(axis=0) + outline.max(axis=0)) / 2
    half = float(np.ptp(outline[:, 1])) / 2 + 2
    rig = build_rig(presenter[int(y - half) : int(y + half), int(x - half) : int(x + half)].copy())
    assert face_share(rig) > 0.9


def test_the_same_picture_gives_the_same_bytes_in_every_process(presenter: Picture, presenter_rig: Rig) -> None:
    program = (
        "import hashlib, sys\n"
        "import numpy as np\n"
        "from renderer.rig import build_rig, save_rig\n"
        "picture = np.frombuffer(sys.stdin.buffer.read(), np.uint8).reshape(768, 768, 3)\n"
        "sys.stdout.buffer.write(save_rig(build_rig(picture)))\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    fresh = subprocess.run(
        [sys.executable, "-c", program], input=presenter.tobytes(), capture_output=True, check=True, env=environment
    )
    assert fresh.stdout == save_rig(presenter_rig)


def test_a_rig_of_the_first_version_which_was_square_still_loads(presenter_rig: Rig) -> None:
    old = load_rig(changed(presenter_rig, version=np.int32(1)))
    np.testing.assert_array_equal(old.picture, presenter_rig.picture)
    assert canvas_of(old, 640, 360).picture.shape == (360, 640, 3)


def test_another_version_is_refused_by_its_number(presenter_rig: Rig) -> None:
    with pytest.raises(ValueError, match=f"version {VERSION + 1}.*prepare the avatar again"):
        load_rig(changed(presenter_rig, version=np.int32(VERSION + 1)))


@pytest.mark.parametrize(
    "data",
    [b"", b"PK", b"\x89PNG\r\n\x1a\n", b"\x93NUMPY\x01\x00v\x00", b"{}", bytes(1000)],
    ids=["empty", "two bytes", "png", "npy", "json", "zeros"],
)
def test_bytes_that_are_no_rig_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="rig"):
        load_rig(data)


def test_a_rig_cut_short_is_refused(presenter_rig: Rig) -> None:
    data = save_rig(presenter_rig)
    for share in (0.1, 0.5, 0.9, 0.999):
        with pytest.raises(ValueError, match="rig"):
            load_rig(data[: int(len(data) * share)])


@pytest.mark.parametrize("name", ["version", "picture", "points", "matte"])
def test_a_rig_with_a_part_missing_is_refused(presenter_rig: Rig, name: str) -> None:
    with pytest.raises(ValueError, match="rig"):
        load_rig(changed(presenter_rig, **{name: None}))


@pytest.mark.parametrize(
    "parts",
    [
        {"points": np.zeros((10, 3), np.float32)},
        {"points": np.full((468, 3), np.nan, np.float32)},
        {"points": np.array(["a"])},
        {"picture": np.zeros(10, np.uint8)},
        {"matte": np.zeros(0, np.uint8)},
        {"matte": cv2.imencode(".png", np.zeros((8, 8), np.uint8))[1]},
        {"picture": cv2.imencode(".png", np.zeros((8, 4, 3), np.uint8))[1]},
        {"picture": cv2.imencode(".png", np.zeros((768, 768), np.uint8))[1]},
        {"version": np.array("one")},
        {"points": np.full((468, 3), 1e30, np.float32)},
        {"more": np.zeros(40_000_000, np.uint8)},
    ],
    ids=[
        "few points",
        "nan",
        "text",
        "no picture",
        "no matte",
        "small matte",
        "other size",
        "grey",
        "no number",
        "far",
        "much",
    ],
)
def test_a_rig_whose_parts_do_not_fit_is_refused(presenter_rig: Rig, parts: dict[str, Floats]) -> None:
    with pytest.raises(ValueError, match="rig"):
        load_rig(changed(presenter_rig, **parts))


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_damaged_bytes_load_or_are_refused_and_nothing_else(presenter_rig: Rig, data: st.DataObject) -> None:
    saved = bytearray(save_rig(small(presenter_rig)))
    for _ in range(data.draw(st.integers(1, 4))):
        saved[data.draw(st.integers(0, len(saved) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        loaded = load_rig(bytes(saved))
    except ValueError:
        return
    assert loaded.picture.shape == (*loaded.matte.shape, 3)


@settings(max_examples=15, deadline=None)
@given(
    degrees=st.floats(-180, 180), scale=st.floats(0.05, 1.0), noise=st.floats(0, 120), seed=st.integers(0, 2**32 - 1)
)
def test_a_portrait_turned_shrunk_and_drowned_in_noise_is_framed_or_rejected(
    presenter: Picture, degrees: float, scale: float, noise: float, seed: int
) -> None:
    side = max(8, int(768 * scale))
    picture = tilted(sized(presenter, side), degrees).astype(np.float32)
    picture += np.random.default_rng(seed).normal(0, noise, picture.shape)
    try:
        rig = build_rig(np.clip(picture, 0, 255).astype(np.uint8))
    except FaceRejected:
        return
    assert np.isfinite(rig.points).all()
    assert oval(rig).min() > -0.05 * rig.side and oval(rig).max() < 1.05 * rig.side


def changed(rig: Rig, **parts: object) -> bytes:
    """The rig's bytes with some parts replaced, or left out (None)."""
    with np.load(io.BytesIO(save_rig(rig))) as stored:
        kept = {**dict(stored), **parts}
    buffer = io.BytesIO()
    np.savez(buffer, **{name: value for name, value in kept.items() if value is not None})
    return buffer.getvalue()


def small(rig: Rig) -> Rig:
    return Rig(sized(rig.picture, 48), rig.points * np.float32(48 / rig.side), cv2.resize(rig.matte, (48, 48)))
