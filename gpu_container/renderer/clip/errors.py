"""What is said of a clip that can be played but cannot become an avatar."""

from __future__ import annotations


class ClipRejected(ValueError):
    """`code` is for machines; the message says what to change, and when in the clip it first goes wrong.

    Codes: clip_face_missing clip_several_faces clip_cut clip_face_turned clip_face_too_small clip_face_cropped
    clip_too_dark clip_blurred clip_too_few_pictures.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
