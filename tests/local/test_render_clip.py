"""`parley render` of a clip instead of a portrait."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from typer.testing import CliRunner

from local.cli import app
from local.presenter import draw_presenter
from renderer.rig import build_rig
from tests.renderer.clip.clip_files import clip_file, talking


def test_a_clip_and_text_become_a_video(tmp_path: Path) -> None:
    clip, out = tmp_path / "me.mp4", tmp_path / "out.mp4"
    clip_file(clip, talking(build_rig(draw_presenter(384)), 2.2, 256))
    done = CliRunner().invoke(app, ["render", str(clip), "--text", "Papa.", "-o", str(out), "--size", "256"])
    assert done.exit_code == 0, done.stderr
    with av.open(str(out)) as file:
        assert file.streams.video[0].width == 256


def test_a_clip_without_a_face_is_one_line_and_no_file(tmp_path: Path) -> None:
    clip, out = tmp_path / "wall.mp4", tmp_path / "out.mp4"
    clip_file(clip, [np.full((160, 160, 3), 90 + k, np.uint8) for k in range(60)])
    done = CliRunner().invoke(app, ["render", str(clip), "--text", "Papa.", "-o", str(out)])
    assert done.exit_code == 2
    assert "wall.mp4: No face can be seen at 0.0 s" in done.stderr
    assert not out.exists()
