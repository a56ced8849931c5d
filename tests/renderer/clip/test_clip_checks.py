"""Which clips are refused, with which code, and when in the clip it goes wrong."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from renderer.clip import ClipRejected, build_clip
from renderer.types import Picture
from tests.renderer.clip.clip_files import beside, clip_file, shifted, still
from tests.renderer.portraits import sized, turned


def refusal(path: Path, frames: list[Picture]) -> ClipRejected:
    with pytest.raises(ClipRejected) as refused:
        build_clip(clip_file(path, frames))
    return refused.value


def says_when(refused: ClipRejected, seconds: float) -> bool:
    return any(f"{at:.1f} s" in str(refused) for at in (seconds - 0.1, seconds, seconds + 0.1))


def test_black_pictures_are_missed_at_their_time(tmp_path: Path, talking_frames: list[Picture]) -> None:
    frames = [*talking_frames[:40], *still(np.zeros_like(talking_frames[0]), 5), *talking_frames[40:]]
    refused = refusal(tmp_path / "black.mp4", frames)
    assert refused.code == "clip_face_missing"
    assert says_when(refused, 1.6), refused


def test_a_face_that_leaves_is_missed(tmp_path: Path, talking_frames: list[Picture]) -> None:
    leaving = [shifted(frame, 6.5 * max(0, k - 30), 0) for k, frame in enumerate(talking_frames)]
    assert refusal(tmp_path / "leaves.mp4", leaving).code in ("clip_face_missing", "clip_face_cropped")


def test_a_second_person_is_seen_when_they_come(
    tmp_path: Path, talking_frames: list[Picture], dark_presenter: Picture
) -> None:
    other, wall = sized(dark_presenter, 320), np.full((320, 320, 3), 130, np.uint8)
    frames = [beside(frame, other if k >= 50 else wall) for k, frame in enumerate(talking_frames)]
    refused = refusal(tmp_path / "two.mp4", frames)
    assert refused.code == "clip_several_faces"
    assert says_when(refused, 2.0), refused


def test_a_cut_to_another_person_is_a_cut(
    tmp_path: Path, talking_frames: list[Picture], dark_presenter: Picture
) -> None:
    frames = [*talking_frames[:45], *still(sized(dark_presenter, 320), 30)]
    refused = refusal(tmp_path / "cut.mp4", frames)
    assert refused.code == "clip_cut"
    assert says_when(refused, 1.8), refused


def test_a_leap_of_the_same_person_is_a_cut(tmp_path: Path, talking_frames: list[Picture]) -> None:
    frames = [frame if k < 45 else shifted(frame, 40, 6) for k, frame in enumerate(talking_frames)]
    assert refusal(tmp_path / "leap.mp4", frames).code == "clip_cut"


def test_a_face_turned_away_is_refused(tmp_path: Path, presenter: Picture) -> None:
    presenter = sized(presenter, 256)
    towards, away = presenter, turned(presenter, 45)
    frames = [*still(towards, 30)]
    # Turned in steps of three degrees: a head, not a cut.
    frames += [turned(presenter, degrees) for degrees in range(3, 45, 3)] + still(away, 20)
    assert refusal(tmp_path / "turned.mp4", frames).code == "clip_face_turned"


def test_a_small_face_is_refused(tmp_path: Path, talking_frames: list[Picture]) -> None:
    wall = np.full((480, 480, 3), 128, np.uint8)
    frames: list[Picture] = []
    for frame in talking_frames[:60]:
        frames.append(wall.copy())
        frames[-1][150:280, 150:280] = cv2.resize(frame, (130, 130), interpolation=cv2.INTER_AREA)
    assert refusal(tmp_path / "small.mp4", frames).code in ("clip_face_too_small", "clip_face_missing")


def test_a_dark_clip_is_refused(tmp_path: Path, talking_frames: list[Picture]) -> None:
    frames = [(frame * 0.09).astype(np.uint8) for frame in talking_frames[:60]]
    assert refusal(tmp_path / "dark.mp4", frames).code in ("clip_too_dark", "clip_face_missing")


def test_a_clip_that_is_out_of_focus_is_refused(tmp_path: Path, talking_frames: list[Picture]) -> None:
    frames = [cv2.GaussianBlur(frame, (0, 0), 5.5) for frame in talking_frames[:60]]
    assert refusal(tmp_path / "blurred.mp4", frames).code == "clip_blurred"


def test_a_flicker_of_light_and_a_quick_nod_are_no_cuts(tmp_path: Path, talking_frames: list[Picture]) -> None:
    nods = [shifted(frame, 0, 14 * np.sin(k / 2.2)) for k, frame in enumerate(talking_frames[:75])]
    lit = [np.clip(frame * (1 + 0.12 * np.sin(k / 3)), 0, 255).astype(np.uint8) for k, frame in enumerate(nods)]
    assert build_clip(clip_file(tmp_path / "lively.mp4", lit)).frames >= 37
