"""Which pictures become avatars, which do not, and what each rejected one is told."""

from __future__ import annotations

import tracemalloc

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from renderer.face.check import MAX_ROLL_DEG, MAX_YAW_DEG, MIN_LUMA, FaceRejected, check_face
from renderer.types import Picture
from tests.renderer.portraits import blurred, darkened, on_canvas, oval_of, sized, three_quarter, tilted, turned


def rejected(picture: Picture) -> FaceRejected:
    with pytest.raises(FaceRejected) as caught:
        check_face(np.ascontiguousarray(picture))
    return caught.value


@pytest.mark.parametrize("side", [192, 256, 512, 1024, 2048])
def test_a_frontal_portrait_passes_at_every_size(presenter: Picture, side: int) -> None:
    verdict = check_face(sized(presenter, side))
    assert verdict.mesh.presence > 0.9
    assert abs(verdict.yaw) < 5 and abs(verdict.pitch) < 8 and abs(verdict.roll) < 3
    # Landmarks lie where they lie in the drawing, whatever the size.
    nose = verdict.mesh.points[1, :2] / side
    assert nose == pytest.approx(check_face(presenter).mesh.points[1, :2] / 768, abs=0.012)


def test_colour_is_not_needed(presenter: Picture) -> None:
    grey = cv2.cvtColor(presenter, cv2.COLOR_RGB2GRAY)
    check_face(np.dstack([grey] * 3))


def test_a_mirrored_portrait_gives_mirrored_landmarks(presenter: Picture) -> None:
    mirrored = check_face(np.ascontiguousarray(presenter[:, ::-1]))
    nose = check_face(presenter).mesh.points[1]
    assert mirrored.mesh.points[1, 0] == pytest.approx(767 - nose[0], abs=6)
    assert mirrored.mesh.points[1, 1] == pytest.approx(nose[1], abs=6)


@pytest.mark.parametrize("degrees", [-30, -15, 15, 30])
def test_a_tilted_head_passes_and_its_tilt_is_measured(presenter: Picture, degrees: int) -> None:
    # Tilted anticlockwise, the eye on the right lies higher: smaller y, negative roll.
    assert check_face(tilted(presenter, degrees)).roll == pytest.approx(-degrees, abs=3)


@pytest.mark.parametrize("degrees", [-45, 45, 90])
def test_a_picture_lying_on_its_side_is_to_be_turned_level(presenter: Picture, degrees: int) -> None:
    assert abs(degrees) > MAX_ROLL_DEG
    error = rejected(tilted(presenter, degrees))
    assert error.code == "face_not_frontal"
    assert "turn the picture" in str(error)


@pytest.mark.parametrize("tilt", [0, -15, 15])
def test_an_upside_down_picture_is_called_so(presenter: Picture, tilt: int) -> None:
    for picture in (tilted(presenter, tilt)[::-1, ::-1], tilted(presenter, tilt)[::-1]):
        error = rejected(picture)
        assert (error.code, "upside down" in str(error)) == ("face_not_frontal", True)


@pytest.mark.parametrize("degrees", [-20, 20])
def test_a_slightly_turned_face_passes(presenter: Picture, degrees: int) -> None:
    assert np.sign(check_face(turned(presenter, degrees)).yaw) == np.sign(degrees)


@pytest.mark.parametrize("degrees", [-30, 30])
def test_three_quarter_views_of_30_degrees_pass(presenter: Picture, dark_presenter: Picture, degrees: int) -> None:
    for picture in (presenter, dark_presenter):
        yaw = check_face(three_quarter(picture, degrees)).yaw
        assert np.sign(yaw) == np.sign(degrees) and 24 < abs(yaw) < MAX_YAW_DEG


@pytest.mark.parametrize("degrees", [-60, 55, 65])
def test_a_profile_is_told_to_look_at_the_camera(presenter: Picture, degrees: int) -> None:
    error = rejected(turned(presenter, degrees))
    assert error.code == "face_not_frontal"
    assert "towards the camera" in str(error)


def test_a_face_seen_edge_on_is_refused_by_one_code_or_the_other(presenter: Picture) -> None:
    for degrees in (-85, 85):
        assert rejected(turned(presenter, degrees)).code in ("face_not_frontal", "no_face")


def test_two_people_are_one_too_many(presenter: Picture) -> None:
    error = rejected(np.hstack([presenter, presenter]))
    assert error.code == "several_faces"
    assert "2 faces" in str(error) and "crop" in str(error)


def test_a_small_face_behind_the_speaker_is_background(presenter: Picture) -> None:
    crowd = presenter.copy()
    crowd[:230, :230] = sized(presenter, 230)
    face = check_face(crowd).mesh.points
    assert face[1, :2] == pytest.approx(check_face(presenter).mesh.points[1, :2], abs=8)


@pytest.mark.parametrize("side", [64, 96, 150])
def test_a_small_picture_is_told_how_large_a_face_must_be(presenter: Picture, side: int) -> None:
    error = rejected(sized(presenter, side))
    assert error.code == "face_too_small"
    assert "72 pixels" in str(error) and "crop closer" in str(error)


def test_a_small_face_in_a_large_picture_is_told_to_crop(presenter: Picture) -> None:
    error = rejected(on_canvas(sized(presenter, 190), 1024, 400, 300))
    assert error.code == "face_too_small"


@pytest.mark.parametrize("side", ["left", "right", "top", "bottom"])
@pytest.mark.parametrize("gone", [0.2, 0.5])
def test_a_cropped_face_is_told_to_show_it_whole(presenter: Picture, side: str, gone: float) -> None:
    error = rejected(without(presenter, side, gone))
    assert error.code == "face_cropped"
    assert "whole" in str(error)


@pytest.mark.parametrize("side", ["left", "right", "top", "bottom"])
def test_a_face_of_which_a_quarter_is_left_is_none(presenter: Picture, side: str) -> None:
    assert rejected(without(presenter, side, 0.8)).code in ("face_cropped", "no_face")


def without(picture: Picture, side: str, share: float) -> Picture:
    """The picture cut so that `share` of the face's width or height, on that side, is gone."""
    oval = oval_of(picture)
    low, high = oval.min(axis=0), oval.max(axis=0)
    x0, y0 = (low + (high - low) * share).astype(int)
    x1, y1 = (high - (high - low) * share).astype(int)
    return {"left": picture[:, x0:], "right": picture[:, :x1], "top": picture[y0:], "bottom": picture[:y1]}[side]


@pytest.mark.parametrize("share", [1.0, 1.2])
def test_a_face_that_fills_the_picture_passes(presenter: Picture, share: float) -> None:
    oval = oval_of(presenter)
    x, y = (oval.min(axis=0) + oval.max(axis=0)) / 2
    half = float(np.ptp(oval[:, 1])) * share / 2 + 2
    check_face(presenter[int(y - half) : int(y + half), int(x - half) : int(x + half)].copy())


@pytest.mark.parametrize("factor", [0.5, 0.3, 0.2])
def test_a_dim_portrait_passes(presenter: Picture, factor: float) -> None:
    check_face(darkened(presenter, factor))


def test_dark_skin_is_not_a_dark_picture(dark_presenter: Picture) -> None:
    assert check_face(dark_presenter).luma > 2 * MIN_LUMA
    check_face(darkened(dark_presenter, 0.5))


@pytest.mark.parametrize("factor", [0.14, 0.08, 0.02, 0.0])
def test_a_dark_portrait_is_told_to_light_the_face(presenter: Picture, factor: float) -> None:
    error = rejected(darkened(presenter, factor))
    assert error.code == "face_too_dark"
    assert "light on the face" in str(error)


@pytest.mark.parametrize("share", [0.005, 0.010, 0.015])
def test_a_soft_portrait_passes(presenter: Picture, share: float) -> None:
    check_face(blurred(presenter, share))


@pytest.mark.parametrize("share", [0.028, 0.04, 0.06])
def test_a_blurred_portrait_is_told_to_be_in_focus(presenter: Picture, share: float) -> None:
    error = rejected(blurred(presenter, share))
    assert error.code == "face_blurred"
    assert "in focus" in str(error)


def test_blur_is_judged_by_the_face_and_not_by_the_number_of_pixels(presenter: Picture) -> None:
    small = check_face(sized(blurred(presenter, 0.015), 512)).sharpness
    assert small == pytest.approx(check_face(blurred(presenter, 0.015)).sharpness, rel=0.25)


def test_a_blur_past_all_features_finds_nobody(presenter: Picture) -> None:
    error = rejected(blurred(presenter, 0.12))
    assert error.code in ("no_face", "face_blurred")
    assert "sharp" in str(error)


@pytest.mark.parametrize("shape", [(1, 1), (1, 2000), (2000, 3), (512, 512), (333, 700)])
def test_a_flat_picture_shows_nobody(shape: tuple[int, int]) -> None:
    error = rejected(np.full((*shape, 3), 128, np.uint8))
    assert error.code == "no_face"
    assert "one person's face" in str(error)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), width=st.integers(1, 400), height=st.integers(1, 400), grain=st.integers(1, 64))
def test_noise_of_any_size_and_grain_is_judged_and_never_crashes(
    seed: int, width: int, height: int, grain: int
) -> None:
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (max(1, height // grain), max(1, width // grain), 3), dtype=np.uint8)
    assert rejected(cv2.resize(coarse, (width, height))).code in ("no_face", "face_too_dark", "face_too_small")


@settings(max_examples=20, deadline=None)
@given(picture=arrays(np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 12), st.just(3))))
def test_the_tiniest_pictures_are_judged_and_never_crash(picture: Picture) -> None:
    rejected(picture)


def test_a_huge_portrait_is_judged_without_copies(presenter: Picture) -> None:
    huge = cv2.resize(presenter, (4000, 4000), interpolation=cv2.INTER_CUBIC)
    tracemalloc.start()
    check_face(huge)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # The picture itself is 48 MB.
    assert peak < 60e6
