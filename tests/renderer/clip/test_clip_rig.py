"""A clip's rig: the loop has no join that shows and no speech of its own, and it is made alike every time."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from renderer.clip import ClipRejected, ClipRig, ClipSettings, build_clip, is_clip, load_clip, plan_of, save_clip
from renderer.clip.smoothing import smoothed
from renderer.rig import Rig, save_rig
from renderer.types import Picture
from tests.renderer.clip.seen_clip import dark_share, gap_mm, loop_pictures, skin_light, steps


@pytest.fixture(scope="module")
def loop(clip_rig: ClipRig) -> list[Picture]:
    return loop_pictures(clip_rig)


def test_lips_are_at_rest_in_every_picture_though_the_person_talks(
    clip_rig: ClipRig, loop: list[Picture], talking_frames: list[Picture]
) -> None:
    said = [gap_mm(frame) for frame in talking_frames[::2]]
    assert max(said) > 7
    left = [gap_mm(picture) for picture in loop[::2]]
    assert max(left) < gap_mm(clip_rig.picture) + 1.2
    assert max(dark_share(picture) for picture in loop[::2]) < 0.01
    assert max(dark_share(frame) for frame in talking_frames[::2]) > 0.1


def test_the_join_does_not_show(clip_rig: ClipRig, loop: list[Picture]) -> None:
    changes = steps(loop)
    join, near = changes[-1], np.concatenate([changes[-6:-1], changes[:5]])
    assert join <= 1.15 * near.max()
    # While it dissolves, no more happens than elsewhere in the clip.
    assert changes[-clip_rig.join.frames - 1 :].max() <= 1.3 * np.percentile(changes, 97)


def test_the_mouth_goes_through_the_join_at_its_own_pace(clip_rig: ClipRig) -> None:
    places = np.concatenate([clip_rig.charts.centres, clip_rig.charts.centres[:2]])
    speed = np.diff(places, axis=0)
    haste = np.linalg.norm(np.diff(speed, axis=0), axis=1)
    assert haste[-2:].max() <= np.percentile(haste, 99)
    assert np.linalg.norm(speed, axis=1)[-2:].max() <= 1.2 * np.linalg.norm(speed, axis=1)[:-2].max()


def test_charts_do_not_tremble(clip_rig: ClipRig) -> None:
    places = clip_rig.charts.centres
    trembling = places - smoothed(places, 2.0, cyclic=True)
    # Of 320 pixels, head motion above 3 Hz included.
    assert np.sqrt(np.square(trembling).mean()) < 0.1


@pytest.mark.parametrize("y_mm", [5.0, 13.0])
def test_the_skin_about_the_mouth_does_not_flicker_with_the_clips_own_speech(
    clip_rig: ClipRig, loop: list[Picture], y_mm: float
) -> None:
    light = skin_light(clip_rig, loop, 0.0, y_mm)
    flicker = light - smoothed(light[:, np.newaxis], 2.0, cyclic=True)[:, 0]
    assert flicker.std() < 0.7
    assert np.abs(np.diff(light)).max() < 3


def test_a_picture_away_from_the_mouth_is_the_clips_own(
    clip_rig: ClipRig, loop: list[Picture], talking_frames: list[Picture]
) -> None:
    index = len(loop) // 3
    own, made = talking_frames[clip_rig.join.start + index].astype(int), loop[index].astype(int)
    top = int(clip_rig.faces[index, 1] + 0.25 * (clip_rig.faces[index, 3] - clip_rig.faces[index, 1]))
    assert np.abs(own[:top] - made[:top]).mean() < 2.5
    assert np.abs(own[-30:, :40] - made[-30:, :40]).mean() < 2.5


def test_the_same_clip_makes_the_same_rig(talking_clip: Path, clip_rig: ClipRig) -> None:
    assert save_clip(build_clip(talking_clip)) == save_clip(clip_rig)


def test_settings_shape_the_rig(talking_clip: Path) -> None:
    rig = build_clip(talking_clip, ClipSettings(fps=12, max_side=200, max_seconds=2.5, matte_stride=6, shard_frames=9))
    assert (rig.fps, max(rig.width, rig.height), rig.matte_stride, rig.shard_frames) == (12, 200, 6, 9)
    assert rig.frames <= 30
    assert [len(loop_pictures(rig)), len(rig.mattes)] == [rig.frames, -(-rig.frames // 6)]
    summary = plan_of(rig)
    assert sum(shard["frames"] for shard in summary["shards"]) == summary["frames"] == rig.frames
    assert summary["join"]["end_seconds"] <= 2.6


def test_a_clip_of_which_too_few_pictures_are_taken_is_refused(talking_clip: Path) -> None:
    with pytest.raises(ClipRejected, match="higher fps"):
        build_clip(talking_clip, ClipSettings(fps=2, max_side=256))


def test_a_rig_is_read_back_as_it_was_written(clip_rig: ClipRig) -> None:
    data = save_clip(clip_rig)
    assert is_clip(data)
    read = load_clip(data)
    assert (read.shards, read.join, read.frames) == (clip_rig.shards, clip_rig.join, clip_rig.frames)
    assert np.array_equal(read.picture, clip_rig.picture)
    assert np.array_equal(read.mattes, clip_rig.mattes)
    assert np.array_equal(read.charts.terms, clip_rig.charts.terms)
    assert len(data) < 12_000_000 * clip_rig.frames / 250


NOT_A_NUMBER = np.full((468, 3), np.nan, np.float32)


@pytest.mark.parametrize(
    "parts",
    [
        {"numbers": np.array([0, 256, 256, 125, 5], np.int32)},
        {"numbers": np.array([25, 256, 256, 125, 0], np.int32)},
        {"points": NOT_A_NUMBER},
        {"unit": np.float64(0)},
        {"shard_bytes": np.array([-5, 10])},
        {"shards": np.zeros(300_000_000, np.uint8), "shard_bytes": np.array([300_000_000])},
    ],
    ids=["no pictures a second", "no matte", "points nowhere", "no scale", "streams outside", "larger than any"],
)
def test_a_clip_rig_whose_parts_make_no_sense_is_refused(clip_rig: ClipRig, parts: dict[str, Any]) -> None:
    with np.load(io.BytesIO(save_clip(clip_rig))) as stored:
        changed = {**stored, **parts}
    out = io.BytesIO()
    np.savez_compressed(out, **changed)
    with pytest.raises(ValueError, match="prepare the avatar again"):
        load_clip(out.getvalue())


def test_what_is_no_clip_rig_is_refused(clip_rig: ClipRig, presenter_rig: Rig) -> None:
    data = save_clip(clip_rig)
    for broken in (b"", b"nothing", data[: len(data) // 2], save_rig(presenter_rig)):
        assert not is_clip(broken)
        with pytest.raises(ValueError, match="prepare the avatar again"):
            load_clip(broken)
