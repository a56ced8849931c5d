"""A clip's avatar speaks: lips close and open as asked whatever the clip says, for as long as there is speech."""

from __future__ import annotations

import io
import itertools
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import av
import numpy as np
import pytest

from parley.wire.render_job import RenderJob
from renderer.clip import ClipRig, save_clip
from renderer.job_renderer import JobRenderer
from renderer.media.wav import write_wav
from renderer.motion.mouth import mouth_track
from renderer.render import RenderOptions, frame_count, pictures
from renderer.runtimes.clip.place import place_of
from renderer.runtimes.clip.runtime import ClipRuntime
from renderer.speech.speak import speak
from renderer.types import RATE, Picture, Speech
from renderer.visemes import track_of
from tests.renderer.clip.seen_clip import dark_share, gap_mm, loop_pictures, steps
from tests.renderer.poses import mouth

SIDE = 256


@pytest.fixture(scope="module")
def speaker(clip_rig: ClipRig) -> ClipRuntime:
    return ClipRuntime(clip_rig, SIDE, SIDE, 25)


def test_silence_is_closed_lips_for_longer_than_the_clip_lasts(clip_rig: ClipRig) -> None:
    silence = Speech(np.zeros(5 * RATE, np.int16))
    drawn = list(pictures(clip_rig, silence, RenderOptions(SIDE, 25, None, 1)))
    assert len(drawn) == 125 > clip_rig.frames
    assert max(dark_share(picture) for picture in drawn[::4]) < 0.01


def test_lips_close_on_every_p_b_and_m_and_open_between(clip_rig: ClipRig) -> None:
    speech = speak("Papa bought a bamboo pipe. Maybe mama came by.")
    assert speech.phonemes is not None
    drawn = list(pictures(clip_rig, speech, RenderOptions(SIDE, 25, None, 2)))
    gaps = np.array([dark_share(picture) for picture in drawn])
    closures = [phoneme for phoneme in speech.phonemes if phoneme.symbol[:1] in ("p", "b", "m")]
    assert len(closures) >= 9
    for sound in closures:
        first, last = int(sound.start_sec * 25) - 1, int(sound.end_sec * 25) + 1
        assert gaps[max(first, 0) : last + 1].min() < 0.012, sound
    track = mouth_track(track_of(speech), 25, frame_count(len(speech.samples), 25)).axes
    wide = [k for k in range(len(drawn)) if track[k, 0] > 0.45 and track[k, 5] < 0.05]
    assert len(wide) > 5
    assert np.median(gaps[wide]) > 0.05


@pytest.mark.parametrize("k", [0, 21, 43])
def test_a_mouth_opens_as_far_wherever_the_head_is(speaker: ClipRuntime, k: int) -> None:
    closed, ajar, wide = (gap_mm(speaker.draw(k, mouth(jaw=jaw)).rgb()) for jaw in (0.0, 0.3, 0.8))
    assert closed < 2.5
    assert 3 < ajar - closed < 11
    assert 9 < wide - closed < 22


def test_only_the_lower_face_moves(speaker: ClipRuntime, clip_rig: ClipRig) -> None:
    still, speaking = (speaker.draw(7, pose).rgb().astype(int) for pose in (mouth(), mouth(jaw=0.9, wide=0.5)))
    changed = np.abs(still - speaking).max(axis=-1) > 3
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    place = speaker._place
    box = place.shown(clip_rig.faces[speaker.number(7)].reshape(2, 2))
    assert rows[0] > box[0, 1] + 0.35 * (box[1, 1] - box[0, 1])
    assert columns[0] > box[0, 0] - 0.3 * (box[1, 0] - box[0, 0])
    assert columns[-1] < box[1, 0] + 0.3 * (box[1, 0] - box[0, 0])


def test_at_rest_the_loop_is_shown_as_it_is_and_never_backwards(clip_rig: ClipRig) -> None:
    runtime = ClipRuntime(clip_rig, clip_rig.width, clip_rig.height, 25)
    assert (runtime._place.across.length, runtime._place.down.length) == (clip_rig.width, clip_rig.height)
    assert np.array_equal(runtime.draw(3, mouth()).rgb(), loop_pictures(clip_rig)[runtime.number(3)])
    numbers = [runtime.number(k) for k in range(3 * clip_rig.frames)]
    assert {(b - a) % clip_rig.frames for a, b in itertools.pairwise(numbers)} == {1}


def test_the_join_does_not_show_while_speaking(clip_rig: ClipRig, speaker: ClipRuntime) -> None:
    start = (-speaker.number(0)) % clip_rig.frames
    around = [speaker.draw(start + clip_rig.frames + k, mouth(jaw=0.4)).rgb() for k in range(-6, 6)]
    changes = steps(around)[:-1]
    assert changes[5] <= 1.2 * np.delete(changes, 5).max()


def test_a_picture_depends_on_nothing_but_its_number_and_mouth(clip_rig: ClipRig, speaker: ClipRuntime) -> None:
    poses = [(k, mouth(jaw=0.1 * (k % 8))) for k in (0, 40, 3, 90, 4, 5, 39, 130, 2)]
    alone = [ClipRuntime(clip_rig, SIDE, SIDE, 25).draw(*pose).i420 for pose in poses[:4]]
    with ThreadPoolExecutor(3) as pool:
        together: list[Picture] = list(pool.map(lambda pose: speaker.draw(*pose).i420, poses))
    for one, other in zip(alone, together, strict=False):
        assert np.array_equal(one, other)
    again = [speaker.draw(*pose).i420 for pose in reversed(poses)][::-1]
    assert all(np.array_equal(one, other) for one, other in zip(together, again, strict=True))


def test_a_seed_chooses_where_the_loop_begins(clip_rig: ClipRig) -> None:
    begins = {ClipRuntime(clip_rig, 64, 64, 25, seed).number(0) for seed in range(8)}
    assert len(begins) > 4
    assert ClipRuntime(clip_rig, 64, 64, 25, 5).number(0) == ClipRuntime(clip_rig, 64, 64, 25, 5).number(0)


@pytest.mark.parametrize(("fps", "seconds"), [(24, 1.0), (25, 1.0), (30, 1.0), (50, 1.0)])
def test_the_clip_keeps_its_pace_at_every_rate(clip_rig: ClipRig, fps: int, seconds: float) -> None:
    runtime = ClipRuntime(clip_rig, 64, 64, fps)
    passed = (runtime.number(int(fps * seconds)) - runtime.number(0)) % clip_rig.frames
    assert passed == pytest.approx(25 * seconds, abs=1)


@pytest.mark.parametrize(("width", "height"), [(320, 180), (180, 320), (96, 96), (640, 640)])
def test_the_face_is_in_every_shape_of_picture(clip_rig: ClipRig, width: int, height: int) -> None:
    drawn = ClipRuntime(clip_rig, width, height, 25).draw(5, mouth(jaw=0.5))
    assert drawn.i420.shape == (height * 3 // 2, width)
    if min(width, height) >= 128:
        assert gap_mm(drawn.rgb()) > 4


def test_a_wide_picture_of_a_square_clip_goes_on_beyond_its_edges_rather_than_into_the_hair(clip_rig: ClipRig) -> None:
    place = place_of(clip_rig, 640, 360)
    tall = clip_rig.faces[:, 3].max() - clip_rig.faces[:, 1].min()
    assert place.down.length >= 1.2 * tall
    drawn = ClipRuntime(clip_rig, 640, 360, 25).draw(5, mouth(jaw=0.6)).rgb()
    assert gap_mm(drawn) > 5
    beyond = drawn[:, : place.across.at].astype(float)
    assert place.across.at == 0 or beyond.std() < drawn.std()


def test_a_tall_picture_of_a_clip_stands_on_its_lower_edge(clip_rig: ClipRig) -> None:
    green = np.full((480, 160, 3), (0, 177, 64), np.uint8)
    place = place_of(clip_rig, 160, 480)
    assert place.down.at > 0
    assert place.down.at + place.down.shown == 480
    drawn = ClipRuntime(clip_rig, 160, 480, 25, backdrop=green).draw(5, mouth(jaw=0.6)).rgb().astype(int)
    assert np.abs(drawn[: place.down.at - 4] - (0, 177, 64)).max() < 12
    assert np.abs(drawn[-3:, 60:100] - (0, 177, 64)).sum(axis=-1).min() > 60


def test_another_background_stands_behind_the_person(clip_rig: ClipRig) -> None:
    green = np.full((SIDE, SIDE, 3), (0, 177, 64), np.uint8)
    drawn = ClipRuntime(clip_rig, SIDE, SIDE, 25, backdrop=green).draw(9, mouth(jaw=0.5)).rgb().astype(int)
    assert np.abs(drawn[2:20, 2:20] - (0, 177, 64)).max() < 12
    cut_out = ClipRuntime(clip_rig, SIDE, SIDE, 25, backdrop="transparent").draw(9, mouth())
    assert cut_out.alpha is not None
    assert cut_out.alpha[5, 5] < 10
    assert cut_out.alpha[SIDE // 2, SIDE // 2] > 245


def test_a_job_with_a_clips_rig_becomes_an_mp4(clip_rig: ClipRig, tmp_path: Path) -> None:
    wav, out = io.BytesIO(), tmp_path / "out.mp4"
    write_wav(wav, speak("Hello.").samples)
    objects = {"rig.npz": save_clip(clip_rig), "word.wav": wav.getvalue()}
    fields = {"renderId": "rnd_1", "tenant": "ten_1", "environment": "test", "rigKey": "rig.npz"}
    times = {"heartbeatSeconds": 9, "timeoutSeconds": 99}
    job = RenderJob.model_validate({**fields, "speechKey": "word.wav", "size": 128, "fps": 25, **times})
    drawn = JobRenderer(2)(job, objects.__getitem__, out, lambda *_: None, lambda: False)
    with av.open(str(out)) as video:
        assert sum(1 for _ in video.decode(video=0)) == drawn.frames > 10
