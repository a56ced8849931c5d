"""What was computed of a clip, for people and programs: a summary, and a video that shows it."""

# pyright: reportUnknownMemberType=false

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import cv2
import numpy as np

from renderer.clip.chart import LIPS
from renderer.clip.clip_rig import ClipRig
from renderer.clip.tracking import rgb_of
from renderer.media.mp4 import Mp4Writer
from renderer.media.shards import shard_pictures
from renderer.types import Picture, Reals

PREVIEW_SIDE: Final = 480


def plan_of(rig: ClipRig) -> dict[str, Any]:
    """JSON: the loop, its join, its shards, and what is kept with each picture."""
    join = rig.join
    return {
        "width": rig.width,
        "height": rig.height,
        "fps": rig.fps,
        "frames": rig.frames,
        "duration_seconds": round(rig.frames / rig.fps, 3),
        "join": {
            "start_seconds": round(join.start / rig.fps, 3),
            "end_seconds": round((join.start + rig.frames) / rig.fps, 3),
            "dissolve_frames": join.frames,
            "mismatch_eye_distances": round(join.mismatch, 4),
        },
        "shards": [
            {
                "index": index,
                "first_frame": index * rig.shard_frames,
                "frames": min(rig.shard_frames, rig.frames - index * rig.shard_frames),
                "bytes": len(shard),
            }
            for index, shard in enumerate(rig.shards)
        ],
        "keyframes": list(range(0, rig.frames, rig.matte_stride)),
        "computed": ["fullface", "roi"],
    }


def tracking_preview(rig: ClipRig) -> bytes:
    """An MP4 of the loop once through: lips at rest, the face boxed, the lips outlined as they were found."""
    scale = min(1.0, PREVIEW_SIDE / max(rig.width, rig.height))
    size = (max(16, 2 * round(rig.width * scale / 2)), max(16, 2 * round(rig.height * scale / 2)))
    index = 0
    with TemporaryDirectory() as folder:
        path = Path(folder) / "preview.mp4"
        with Mp4Writer(path, *size, rig.fps) as writer:
            writer.write_audio(np.zeros(rig.frames * 48_000 // rig.fps, np.int16))
            for shard in rig.shards:
                for i420 in shard_pictures(shard):
                    rgb = _marked(rgb_of(i420), rig, index)
                    writer.write_frame(np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8))
                    index += 1
        return path.read_bytes()


def _marked(rgb: Picture, rig: ClipRig, index: int) -> Picture:
    box = np.rint(rig.faces[index]).astype(int).tolist()
    cv2.rectangle(rgb, (box[0], box[1]), (box[2], box[3]), (80, 220, 120), 2)
    # The chart leads to the reference; near the lips its linear part leads back.
    offsets = rig.points[list(LIPS), :2] - rig.charts.terms[index][:, 0]
    back: Reals = np.linalg.inv(rig.charts.turn(index))
    lips: Reals = rig.charts.centres[index] + offsets @ back.T
    cv2.polylines(rgb, [cv2.convexHull(np.rint(lips).astype(np.int32))], True, (250, 210, 60), 2)
    return rgb
