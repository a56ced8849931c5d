"""The renderer's eyes and ears as the inspection of uploads needs them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from parley.domain.errors import MediaRejected
from parley.domain.video_caches import PreparedClip
from parley.operations.inspect_asset import Portrait
from renderer.clip import ClipRejected, ClipSettings, build_clip, plan_of, save_clip, tracking_preview
from renderer.media.errors import MediaRejected as Unusable
from renderer.media.pictures import decode_picture
from renderer.media.sounds import decode_speech
from renderer.rig import FaceRejected, build_rig, save_rig
from renderer.types import RATE


class RendererInspector:
    """An `Inspector`: the very code that will render decides what can be rendered."""

    def portrait(self, data: bytes) -> Portrait:
        try:
            picture = decode_picture(data)
            rig = save_rig(build_rig(picture))
        except (Unusable, FaceRejected) as refusal:
            raise MediaRejected(str(refusal), refusal.code) from refusal
        height, width = picture.shape[:2]
        return Portrait(width, height, rig)

    def picture(self, data: bytes) -> tuple[int, int]:
        try:
            height, width = decode_picture(data).shape[:2]
        except Unusable as refusal:
            raise MediaRejected(str(refusal), refusal.code) from refusal
        return width, height

    def sound_micros(self, path: Path) -> int:
        try:
            speech = decode_speech(path)
        except Unusable as refusal:
            raise MediaRejected(refusal.message, refusal.code) from refusal
        return len(speech.samples) * 1_000_000 // RATE

    def clip(self, path: Path, settings: Mapping[str, Any] | None = None) -> PreparedClip:
        try:
            rig = build_clip(path, None if settings is None else _settings(settings))
        except (Unusable, ClipRejected) as refusal:
            raise MediaRejected(str(refusal), refusal.code) from refusal
        wants_preview = settings is not None and "tracking_preview" in settings["precompute"]
        return PreparedClip(
            width=rig.width,
            height=rig.height,
            rig=save_clip(rig),
            plan=plan_of(rig),
            preview=tracking_preview(rig) if wants_preview else None,
        )


def _settings(cache: Mapping[str, Any]) -> ClipSettings:
    """Cache settings as wire.video_cache names them."""
    return ClipSettings(
        fps=cache["fps"],
        max_side=cache["max_dim"],
        max_seconds=cache["max_duration_seconds"],
        matte_stride=cache["keyframe_stride"],
        shard_frames=cache["shard_frames"],
    )
