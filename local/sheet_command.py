"""`parley sheet`: everything that one portrait can do, in one labelled picture to judge it by."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
from rich.console import Console
from rich.text import Text

from local.given_files import CannotRender, blaming, rig_from, spare, speech_from

if TYPE_CHECKING:
    from renderer.rig import Rig
    from renderer.types import Floats, Picture, Speech

COLUMNS: Final = 8
CELL: Final = 320
LABEL: Final = 26
"""Pixels: a cell's side, and the strip below it that names it."""
DRAWN: Final = 640
"""Side of the pictures drawn: twice a cell, so that a mouth enlarged from them shows what a video would."""
MOUTH_MM, EYES_MM = 92.0, 124.0
"""What close-ups show, across: mouth, chin and the folds beside the nose; both eyes and their brows."""
SENTENCE: Final = "We show you the best of both: five thin moons above the water."
_USAGE_ERROR: Final = 2

Pose = tuple[str, "Floats", "Floats"]
"""Its name; mouth (8,); head (12,)."""


@dataclass(frozen=True)
class SheetRequest:
    """What the command line said. `speech` is what the last rows say, None for a sentence of our own."""

    portrait: Path
    out: Path
    speech: Path | None = None


def run(request: SheetRequest) -> int:
    """The command's exit status: 0, or 2 when what was given cannot be used: one line on stderr, no file left."""
    out, err = Console(highlight=False), Console(stderr=True, highlight=False)
    try:
        spare(request.out, request.portrait, request.speech)
        if request.out.suffix.lower() not in (".png", ".jpg", ".jpeg"):
            raise CannotRender(f"{request.out}: the name of the picture must end in .png or .jpg.")
        with blaming(str(request.portrait)):
            rig = rig_from(request.portrait)
        with blaming(str(request.speech or "speech")):
            speech = speech_from(request.speech, SENTENCE, "en-us")
        picture = sheet(rig, spoken_poses(speech))
        if not cv2.imwrite(str(request.out), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)):
            raise CannotRender(f"{request.out}: the picture cannot be written there.")
    except (CannotRender, cv2.error) as problem:
        err.print(Text.assemble(("✗ ", "red"), str(problem)), soft_wrap=True)
        return _USAGE_ERROR
    out.print(f"{request.out}: {picture.shape[1]} x {picture.shape[0]} pixels", soft_wrap=True)
    return 0


def sheet(rig: Rig, spoken: list[Pose]) -> Picture:
    """RGB uint8: rows of COLUMNS cells; visemes and `spoken` each have their close-ups below them."""
    from renderer.rig.framing import canvas_of
    from renderer.runtimes.mesh.frame import face_frame
    from renderer.runtimes.mesh.runtime import MeshRuntime

    canvas = canvas_of(rig, DRAWN, DRAWN)
    runtime, frame = MeshRuntime(canvas), face_frame(canvas.points, DRAWN, DRAWN)
    middle = frame.origin + frame.to_px(np.array([0.0, 9.0], np.float32))
    mouth, upper = (
        _box(place, round(mm / 2 * frame.px_per_mm)) for place, mm in ((middle, MOUTH_MM), (frame.points[168], EYES_MM))
    )

    def row(poses: list[Pose], boxes: list[tuple[slice, slice] | None]) -> list[Picture]:
        drawn = [(name, runtime.draw(lips, head).rgb()) for name, lips, head in poses]
        return [_strip([_cell(picture, box, name) for name, picture in drawn]) for box in boxes]

    rows: list[Picture] = []
    visemes = viseme_poses()
    for poses in (visemes[:COLUMNS], visemes[COLUMNS:], spoken):
        rows += row(poses, [None, mouth])
    rows += row(eye_poses(), [None, upper])
    rows += row(head_poses(), [None])
    rows += row(expression_poses(), [None, mouth])
    return np.concatenate(rows)


def viseme_poses() -> list[Pose]:
    """The rest, and the 15 visemes but silence, each held."""
    from renderer.motion.mouth import mouth_track
    from renderer.types import HEAD_AXES, TRACK_RATE, VISEMES, VisemeTrack

    still = np.zeros(len(HEAD_AXES), np.float32)
    poses: list[Pose] = []
    for index, name in enumerate(VISEMES):
        weights = np.zeros((TRACK_RATE, len(VISEMES)), np.float32)
        weights[:, index] = 1
        held = mouth_track(VisemeTrack(weights, np.ones(TRACK_RATE, np.float32)), 25, 25).axes[12]
        poses.append((name, held, still))
    widest = _mouth(jaw=1.0, wide=0.2, upper=0.4, lower=0.6)
    return [*poses, ("jaw 1", widest, still)]


def eye_poses() -> list[Pose]:
    blinks = [(f"blink {b:.2f}", _mouth(), _head(blink=b)) for b in (0.25, 0.5, 0.75, 1.0)]
    gazes = [("gaze left", {"gaze_x": -0.2}), ("gaze right", {"gaze_x": 0.2})]
    heights = [("gaze up", {"gaze_y": -0.15}), ("gaze down", {"gaze_y": 0.15})]
    return blinks + [(name, _mouth(), _head(**axes)) for name, axes in gazes + heights]


def head_poses() -> list[Pose]:
    """A little further than a talking head goes."""
    axes = (("yaw", 0.12), ("pitch", 0.10), ("roll", 0.06), ("x", 0.1))
    moves = [(name, way * far) for name, far in axes for way in (-1, 1)]
    return [(f"{name} {value:+.2f}", _mouth(), _head(**{name: value})) for name, value in moves]


def expression_poses() -> list[Pose]:
    smile = _mouth(corner=1.0)
    return [
        ("brow up", _mouth(), _head(brow=1.0)),
        ("brow down", _mouth(), _head(brow=-1.0)),
        ("frown", _mouth(), _head(frown=1.0)),
        ("squint", _mouth(), _head(squint=1.0)),
        ("corners up", smile, _head()),
        ("corners down", _mouth(corner=-1.0), _head()),
        ("smile, open", _mouth(corner=0.8, jaw=0.35, upper=0.4, wide=0.5), _head()),
        ("happy", _mouth(corner=0.6), _head(brow=0.3, squint=0.4)),
    ]


def spoken_poses(speech: Speech) -> list[Pose]:
    """COLUMNS pictures of a sentence, evenly spread over its voiced part."""
    from renderer.motion.head import head_track
    from renderer.motion.mouth import mouth_track
    from renderer.visemes import track_of

    track = track_of(speech)
    frames = max(COLUMNS, len(track.energy) * 25 // 100)
    mouth, head = mouth_track(track, 25, frames).axes, head_track(frames, 25, 0, track.energy).axes
    loud = np.flatnonzero(np.abs(mouth).max(axis=1) > 0.05)
    first, last = (int(loud[0]), int(loud[-1])) if len(loud) else (0, frames - 1)
    chosen = np.linspace(first, last, COLUMNS + 2)[1:-1].astype(int)
    return [(f"{index / 25:.2f} s", mouth[index], head[index]) for index in chosen.tolist()]


def _mouth(**axes: float) -> Floats:
    from renderer.types import MOUTH_AXES

    return _pose(MOUTH_AXES, axes)


def _head(**axes: float) -> Floats:
    from renderer.types import HEAD_AXES

    return _pose(HEAD_AXES, axes)


def _pose(names: tuple[str, ...], axes: dict[str, float]) -> Floats:
    return np.array([axes.get(name, 0.0) for name in names], np.float32)


def _box(middle: Floats, half: int) -> tuple[slice, slice]:
    """A square of the picture about `middle`, moved inside it."""
    half = min(half, DRAWN // 2)
    left, top = (int(np.clip(round(float(v)) - half, 0, DRAWN - 2 * half)) for v in middle)
    return slice(top, top + 2 * half), slice(left, left + 2 * half)


def _cell(picture: Picture, box: tuple[slice, slice] | None, name: str) -> Picture:
    shown = picture if box is None else picture[box]
    how = cv2.INTER_AREA if shown.shape[0] >= CELL else cv2.INTER_CUBIC
    cell = np.full((CELL + LABEL, CELL, 3), 24, np.uint8)
    cell[:CELL] = cv2.resize(shown, (CELL, CELL), interpolation=how)
    cv2.putText(cell, name, (8, CELL + 18), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (232, 232, 232), 1, cv2.LINE_AA)
    return cell


def _strip(cells: list[Picture]) -> Picture:
    return np.concatenate(cells, axis=1)
