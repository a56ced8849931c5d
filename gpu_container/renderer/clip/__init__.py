"""Clips prepared for rendering: a short video of a person becomes a loop of faces at rest, ready to speak."""

from renderer.clip.clip_rig import ClipRig, is_clip, load_clip, save_clip
from renderer.clip.errors import ClipRejected
from renderer.clip.plan import plan_of, tracking_preview
from renderer.clip.prepare import ClipSettings, build_clip

__all__ = [
    "ClipRejected",
    "ClipRig",
    "ClipSettings",
    "build_clip",
    "is_clip",
    "load_clip",
    "plan_of",
    "save_clip",
    "tracking_preview",
]
