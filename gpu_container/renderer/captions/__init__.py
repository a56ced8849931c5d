"""Captions: what is said, when, as lines to read: beside the video as WebVTT, or drawn into it."""

from renderer.captions.burn import CaptionBurner
from renderer.captions.cues import cues_of
from renderer.captions.lettering import CaptionsUndrawable
from renderer.captions.look import STYLES, CaptionLook
from renderer.captions.webvtt import webvtt

__all__ = ["STYLES", "CaptionBurner", "CaptionLook", "CaptionsUndrawable", "cues_of", "webvtt"]
