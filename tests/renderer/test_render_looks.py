"""Every shape, background and caption, seen in the files that are written."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from parley.wire.shapes import Aspect
from renderer.captions import CaptionLook
from renderer.face.check import check_face
from renderer.face.mesh import FACE_OVAL
from renderer.render import RenderOptions, render_video
from renderer.rig import Rig
from renderer.speech import speak
from renderer.types import Picture, Speech


@pytest.fixture(scope="module")
def speech() -> Speech:
    return speak("Papa, look.")


def seen(path: Path) -> list[Picture]:
    """RGBA of every picture of a file; all is seen where it has no alpha."""
    decoder = av.CodecContext.create("libvpx-vp9", "r") if path.suffix == ".webm" else None
    with av.open(str(path)) as file:
        packets = file.demux(video=0)
        frames = [frame for packet in packets for frame in (decoder.decode(packet) if decoder else packet.decode())]
        return [np.asarray(frame.to_ndarray(format="rgba"), np.uint8) for frame in frames]  # pyright: ignore


@pytest.mark.parametrize(("aspect", "width", "height"), [("16:9", 512, 288), ("9:16", 288, 512), ("1:1", 512, 512)])
def test_the_face_is_in_the_middle_of_every_shape(
    presenter_rig: Rig, tmp_path: Path, aspect: Aspect, width: int, height: int
) -> None:
    silence = Speech(np.zeros(4800, np.int16))
    done = render_video(presenter_rig, silence, tmp_path / "out.mp4", RenderOptions(aspect=aspect))
    assert (done.width, done.height) == (width, height)
    frame = seen(tmp_path / "out.mp4")[1][..., :3]
    assert frame.shape == (height, width, 3)
    oval = check_face(np.ascontiguousarray(frame)).mesh.points[list(FACE_OVAL), :2]
    x, y = (oval.min(axis=0) + oval.max(axis=0)) / 2
    assert abs(x / width - 0.5) < 0.05 and 0.35 < y / height < 0.56


def test_a_wide_frame_is_no_mirror_image_at_its_sides(presenter_rig: Rig, tmp_path: Path) -> None:
    silence = Speech(np.zeros(480, np.int16))
    render_video(presenter_rig, silence, tmp_path / "out.mp4", RenderOptions(aspect="16:9", size=768))
    frame = seen(tmp_path / "out.mp4")[0][..., :3].astype(int)
    margin = (768 - 432 * frame.shape[0] // 432) // 2
    left, inside = frame[100:300, :margin], frame[100:300, margin : 2 * margin]
    assert np.abs(left[:, ::-1] - inside).mean() > 8
    assert left.std(axis=(0, 1)).max() < 12, "background alone: no hair, no shoulder so high"


def test_transparent_is_solid_on_the_face_and_empty_in_the_corners(
    presenter_rig: Rig, speech: Speech, tmp_path: Path
) -> None:
    options = RenderOptions(size=256, background="transparent")
    assert options.file_type == "webm"
    render_video(presenter_rig, speech, tmp_path / "out.webm", options)
    for frame in seen(tmp_path / "out.webm")[::7]:
        assert frame[:12, :12, 3].max() <= 2 and frame[:12, -12:, 3].max() <= 2
        assert frame[90:150, 105:150, 3].min() > 250


def test_a_green_screen_is_flat_and_casts_no_green_on_the_person(presenter_rig: Rig, tmp_path: Path) -> None:
    silence = Speech(np.zeros(4800, np.int16))
    render_video(presenter_rig, silence, tmp_path / "green.mp4", RenderOptions(background=(0, 177, 64)))
    render_video(presenter_rig, silence, tmp_path / "black.mp4", RenderOptions(background=(0, 0, 0)))
    green, black = (seen(tmp_path / f"{name}.mp4")[1][..., :3].astype(int) for name in ("green", "black"))
    assert np.abs(green[:60, :60] - [0, 176, 64]).max() <= 4
    # The person is the same before every backdrop, but for what the codec does.
    assert np.abs(green - black)[150:400, 200:320].mean() < 2.5


@pytest.mark.parametrize("background", [None, "transparent"])
def test_captions_are_in_the_file_only_while_words_are_spoken(
    presenter_rig: Rig, tmp_path: Path, background: str | None
) -> None:
    spoken = speak("Papa.")
    later = Speech(np.concatenate([np.zeros(48_000, np.int16), spoken.samples, np.zeros(48_000, np.int16)]), None, None)
    assert spoken.words is not None
    word = spoken.words[0]
    words = (type(word)("Papa.", 1 + word.start_sec, 1 + word.end_sec),)
    speech = Speech(later.samples, None, words)
    name = "out.webm" if background else "out.mp4"
    plain, captioned = tmp_path / f"plain-{name}", tmp_path / name
    look = {"size": 256, "background": background}
    render_video(presenter_rig, speech, plain, RenderOptions(**look))  # pyright: ignore
    render_video(presenter_rig, speech, captioned, RenderOptions(**look, captions=CaptionLook("boxed", "top")))  # pyright: ignore
    changed = [
        float(np.abs(one.astype(int) - other)[8:60, 96:160].mean())
        for one, other in zip(seen(plain), seen(captioned), strict=True)
    ]
    start, end = round(25 * words[0].start_sec), round(25 * words[0].end_sec)
    assert max(changed[: start - 1]) < 2
    assert min(changed[start + 1 : end]) > 20
    assert max(changed[end + 27 :]) < 2


def test_a_video_with_captions_has_the_same_bytes_again(presenter_rig: Rig, speech: Speech, tmp_path: Path) -> None:
    for name in ("one", "two"):
        options = RenderOptions(size=256, aspect="9:16", captions=CaptionLook("karaoke"))
        render_video(presenter_rig, speech, tmp_path / name, options)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
