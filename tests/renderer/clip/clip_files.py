"""Clips made by code: the drawn presenter talks, nods and blinks; and every way in which a clip can be bad."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import cv2
import numpy as np

from renderer.render import RenderOptions, pictures
from renderer.rig import Rig
from renderer.speech.speak import speak
from renderer.types import RATE, Picture, Samples, Speech

TALK = "My brother bought a big pumpkin pie, and Pam ate all of it before Bob came home."


def talk() -> Speech:
    return speak(TALK)


def talking(rig: Rig, seconds: float, side: int, seed: int = 3) -> list[Picture]:
    """A person who talks all the while: RGB (side, side, 3), 25 a second."""
    speech = talk()
    whole = Speech(np.resize(speech.samples, round(seconds * RATE)), speech.phonemes)
    return list(islice(pictures(rig, whole, RenderOptions(side, 25, None, seed)), round(seconds * 25)))


def clip_file(
    path: Path,
    frames: Iterable[Picture],
    *,
    times: Sequence[float] | None = None,
    sound: Samples | None = None,
    codec: str = "libx264",
) -> Path:
    """`frames` RGB, 25 a second or at `times` (seconds), in the container that the path's ending names."""
    with av.open(str(path), "w") as out:
        options = {"crf": "18", "preset": "veryfast"} if codec == "libx264" else {"deadline": "realtime", "b": "2M"}
        stream = out.add_stream(codec, rate=25, options=options)
        stream.pix_fmt, stream.time_base = "yuv420p", Fraction(1, 12_800)
        stream.codec_context.time_base = Fraction(1, 12_800)
        track = None
        if sound is not None:
            track = out.add_stream("aac" if path.suffix != ".webm" else "libopus", rate=RATE, layout="mono")
        for index, picture in enumerate(frames):
            if index == 0:
                stream.height, stream.width = picture.shape[:2]
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            seconds = index / 25 if times is None else times[index]
            frame.pts, frame.time_base = round(seconds * 12_800), Fraction(1, 12_800)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        if track is not None and sound is not None:
            frame = av.AudioFrame.from_ndarray(sound[np.newaxis], "s16", "mono")
            frame.sample_rate, frame.pts, frame.time_base = RATE, 0, Fraction(1, RATE)
            out.mux(track.encode(frame))
            out.mux(track.encode(None))
    return path


def turned_by_metadata(data: bytes) -> bytes:
    """An MP4 whose track says: show me turned by a quarter, clockwise."""
    at = data.index(b"tkhd") + 4 + 40
    matrix = struct.pack(">9i", 0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000)
    return data[:at] + matrix + data[at + 36 :]


def beside(left: Picture, right: Picture) -> Picture:
    return np.concatenate([left, right], axis=1)


def still(picture: Picture, frames: int) -> list[Picture]:
    return [picture] * frames


def shifted(picture: Picture, x: float, y: float) -> Picture:
    """Moved by x, y pixels before a grey wall."""
    size = picture.shape[1], picture.shape[0]
    grey = (128, 128, 128)
    return cv2.warpAffine(picture, np.array([[1, 0, x], [0, 1, y]], np.float32), size, borderValue=grey)
