"""The mouth's inside, measured on pixels: teeth that show, in the face's own light, and never a white bar."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from renderer.rig import Rig, build_rig
from renderer.runtimes.mesh.frame import FaceFrame
from renderer.runtimes.mesh.runtime import MeshRuntime
from renderer.types import Picture
from tests.renderer.portraits import three_quarter
from tests.renderer.poses import drawing, framed, head, mouth, white_of_eyes

LUMA = np.array([0.299, 0.587, 0.114])
OPEN_VOWELS = [{"jaw": 1.0}, {"jaw": 1.0, "upper": 0.3, "lower": 0.5}, {"jaw": 0.7, "wide": 0.3}]


@dataclass(frozen=True)
class Sitter:
    runtime: MeshRuntime
    frame: FaceFrame
    rest: Picture


def sitter(rig: Rig) -> Sitter:
    runtime = drawing(rig, 512)
    return Sitter(runtime, framed(rig, 512), runtime.draw(mouth(), head()).rgb())


@pytest.fixture(scope="module")
def fair(presenter_rig: Rig) -> Sitter:
    return sitter(presenter_rig)


@pytest.fixture(scope="module")
def dark(dark_presenter: Picture) -> Sitter:
    return sitter(build_rig(dark_presenter))


def teeth(of: Sitter, **pose: float) -> NDArray[np.float64]:
    """RGB (N, 3) of what is neither skin, lip nor darkness in the upper half of the mouth that `pose` opens."""
    drawn = of.runtime.draw(mouth(**pose), head()).rgb().astype(float)
    frame = of.frame
    half = round(16 * frame.px_per_mm)
    x, top, bottom = (
        round(float(frame.origin[0])),
        *(round(float(frame.origin[1]) + mm * frame.px_per_mm) for mm in (-4, 6)),
    )
    box = drawn[top:bottom, x - half : x + half].reshape(-1, 3)
    grey = (box[:, 0] - box[:, 1]) < 0.22 * box[:, 0]
    return box[grey & (box @ LUMA > 60)]


def cheek(of: Sitter) -> float:
    x, y = of.frame.points[50].astype(int)
    return float(np.median(of.rest[y - 6 : y + 6, x - 6 : x + 6] @ LUMA))


@pytest.mark.parametrize("vowel", OPEN_VOWELS, ids=str)
def test_upper_teeth_show_at_open_vowels(fair: Sitter, dark: Sitter, vowel: dict[str, float]) -> None:
    for who in (fair, dark):
        shown_mm2 = len(teeth(who, **vowel)) / who.frame.px_per_mm**2
        assert shown_mm2 > 40  # a row 18 mm wide and more than 2 mm high


@pytest.mark.parametrize("vowel", [*OPEN_VOWELS, {"jaw": 0.15, "upper": 0.6, "corner": 1.0}], ids=str)
def test_teeth_are_never_a_white_bar(fair: Sitter, dark: Sitter, vowel: dict[str, float]) -> None:
    luma = np.sort(teeth(fair, **vowel) @ LUMA)
    assert luma[int(0.98 * len(luma))] < 0.95 * cheek(fair)
    assert 0.5 * cheek(fair) < np.median(luma) < 0.85 * cheek(fair)
    # One tooth differs from the next, and middle from side.
    assert luma.std() > 0.06 * luma.mean()
    assert np.percentile(teeth(dark, **vowel) @ LUMA, 98) < 185


def test_teeth_have_the_colour_of_enamel_in_the_faces_light(fair: Sitter) -> None:
    red, green, blue = np.median(teeth(fair, jaw=0.7), axis=0)
    assert red > green > blue > 0.6 * red


def test_a_tongue_shows_at_open_vowels_and_comes_forward_for_th(fair: Sitter) -> None:
    assert tongue(fair, jaw=0.8, lower=0.4) > 60
    between = {"jaw": 0.25, "upper": 0.2, "lower": 0.3}
    assert tongue(fair, tongue=1.0, **between) > tongue(fair, **between) + 8


def tongue(of: Sitter, **pose: float) -> float:
    """mm2 of flesh inside the mouth: redder and darker than the lips' red, lighter than the dark."""
    drawn = of.runtime.draw(mouth(**pose), head()).rgb().astype(float)
    frame = of.frame
    x, y = (round(float(v)) for v in frame.origin)
    half, low = round(12 * frame.px_per_mm), round(24 * frame.px_per_mm)
    box = drawn[y : y + low, x - half : x + half]
    still = of.rest.astype(float)[y : y + low, x - half : x + half]
    luma = box @ LUMA
    flesh = (luma > 45) & (luma < 105) & (box[..., 0] > 1.3 * box[..., 1]) & (np.abs(box - still).max(axis=-1) > 12)
    return float(np.count_nonzero(flesh)) / frame.px_per_mm**2


def test_the_eye_stays_whiter_than_the_teeth(fair: Sitter) -> None:
    assert white_of_eyes(fair.rest, fair.frame) > 0
    left = fair.frame.points[[33, 133, 159, 145]]
    low, high = left.min(axis=0).astype(int), left.max(axis=0).astype(int)
    sclera = np.percentile(fair.rest[low[1] : high[1], low[0] : high[0]] @ LUMA, 97)
    assert np.percentile(teeth(fair, jaw=0.8) @ LUMA, 95) < sclera


def sitter_of(picture: Picture) -> Sitter:
    return sitter(build_rig(np.ascontiguousarray(picture)))


def test_a_grey_picture_has_a_grey_mouth(presenter: Picture) -> None:
    grey = np.repeat((presenter @ LUMA).astype(np.uint8)[..., np.newaxis], 3, axis=2)
    drawn = sitter_of(grey).runtime.draw(mouth(jaw=0.8, upper=0.4, corner=0.6), head()).rgb()
    assert np.ptp(drawn.astype(int), axis=-1).max() <= 14


def test_light_from_one_side_falls_on_one_side_of_the_teeth(presenter: Picture) -> None:
    middle = presenter.shape[1] / 2
    light = 0.25 + 0.9 / (1 + np.exp((np.arange(presenter.shape[1]) - middle) / 30))
    of = sitter_of(np.clip(presenter * light[np.newaxis, :, np.newaxis], 0, 255).astype(np.uint8))
    drawn = of.runtime.draw(mouth(jaw=0.3, upper=0.8), head()).rgb() @ LUMA
    x, y = (round(float(v)) for v in of.frame.origin)
    reach, rim = round(11 * of.frame.px_per_mm), round(5 * of.frame.px_per_mm)
    lit, dim = drawn[y - 1 : y + 2, x - reach : x - rim].mean(), drawn[y - 1 : y + 2, x + rim : x + reach].mean()
    assert dim < 0.8 * lit


def test_a_pale_picture_has_no_black_in_its_mouth(presenter: Picture) -> None:
    of = sitter_of((90 + presenter * 0.4).astype(np.uint8))
    drawn = of.runtime.draw(mouth(jaw=1.0), head()).rgb()
    assert (drawn @ LUMA).min() > 0.7 * (of.rest @ LUMA).min()


@pytest.mark.parametrize("degrees", [-30, 30])
def test_in_a_three_quarter_view_the_far_teeth_are_narrower_and_both_sides_show(
    presenter: Picture, degrees: int
) -> None:
    of = sitter_of(three_quarter(presenter, degrees))
    drawn = of.runtime.draw(mouth(jaw=0.5, upper=0.8), head()).rgb().astype(float)
    x, y = (round(float(v)) for v in of.frame.origin)
    # The picture's left and right half of the mouth; the head looks towards the far one.
    spans = [of.frame.half_left_px, of.frame.half_right_px]
    rows = drawn[y - 1 : y + 3]
    halves = [rows[:, x - round(spans[0]) : x], rows[:, x : x + round(spans[1])]]
    shown = [float((luma > 80).mean(axis=0).sum()) for luma in (half @ LUMA for half in halves)]
    far, near = (1, 0) if degrees > 0 else (0, 1)
    assert spans[far] < 0.9 * spans[near]
    assert 4 * of.frame.px_per_mm < shown[far] < shown[near]


def test_a_bright_picture_of_full_contrast_keeps_a_dark_mouth(presenter: Picture) -> None:
    # Grey hair, pale clothes: nothing is black but the pupils, and the mouth.
    bright = np.maximum(presenter, np.where(presenter.max(axis=-1, keepdims=True) < 90, 70, presenter)).astype(np.uint8)
    eyes = slice(int(0.36 * 768), int(0.46 * 768))
    bright[eyes] = presenter[eyes]
    drawn = sitter_of(bright).runtime.draw(mouth(jaw=1.0), head()).rgb()
    of = sitter_of(bright)
    x, y = (round(float(v)) for v in of.frame.origin)
    assert np.percentile(drawn[y : y + 30, x - 8 : x + 8] @ LUMA, 10) < 45
