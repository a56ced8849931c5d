"""What the media readers say when a picture or a sound cannot be used: a code for programs, a sentence for people."""

from __future__ import annotations

from typing import Literal, TypeAlias

MediaCode: TypeAlias = Literal[
    "image_unreadable",
    "image_too_large",
    "image_too_small",
    "image_animated",
    "audio_unreadable",
    "audio_empty",
    "audio_too_short",
    "audio_too_long",
    "audio_refused_format",
    "clip_unreadable",
    "clip_refused_format",
    "clip_too_long",
    "clip_too_short",
    "clip_too_large",
    "clip_too_small",
    "media_too_large",
]


class MediaRejected(Exception):
    """The bytes cannot be used: `message` says what to change, `code` is for programs and keeps its meaning."""

    def __init__(self, code: MediaCode, message: str) -> None:
        super().__init__(message)
        self.code: MediaCode = code
        self.message = message
