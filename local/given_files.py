"""Portraits and speech that a command line names: read, or answered with one error that says what to change."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from renderer.render import Source
    from renderer.rig import Rig
    from renderer.types import Speech


class CannotRender(Exception):
    """Something the user gave cannot be used; the message says what to change."""


def rig_from(portrait: Path) -> Rig:
    """The picture file's rig."""
    from renderer.media.pictures import decode_picture
    from renderer.rig import build_rig

    data = portrait.read_bytes()
    with _native_code_silent():
        return build_rig(decode_picture(data))


def speaker_from(given: Path) -> Source:
    """The rig of a picture's file, or of a clip's."""
    from renderer.clip import build_clip
    from renderer.media.clips import is_clip_file

    if not is_clip_file(given):
        return rig_from(given)
    with _native_code_silent():
        return build_clip(given)


def speech_from(sound: Path | None, text: str | None, voice: str) -> Speech:
    """What a sound file holds; without one, `text` spoken."""
    if sound is not None:
        from renderer.media.sounds import decode_speech

        return decode_speech(sound)
    from renderer.speech import speak

    return speak(text or "", voice=voice)


@contextmanager
def blaming(what: str) -> Generator[None]:
    """Every way in which `what` can be unusable, as one CannotRender that names it."""
    from renderer.captions import CaptionsUndrawable
    from renderer.clip import ClipRejected
    from renderer.face.models import ModelsMissing
    from renderer.media.errors import MediaRejected
    from renderer.rig import FaceRejected
    from renderer.speech import SpeechRejected, SpeechUnavailable

    try:
        yield
    except (
        MediaRejected,
        FaceRejected,
        ClipRejected,
        SpeechRejected,
        SpeechUnavailable,
        ModelsMissing,
        CaptionsUndrawable,
    ) as refusal:
        raise CannotRender(f"{what}: {refusal}") from refusal
    except OSError as failure:
        raise CannotRender(f"{what}: {failure.strerror or failure}") from failure


@contextmanager
def _native_code_silent() -> Generator[None]:
    """libpng, libjpeg and LiteRT write straight to file descriptor 2; ours is the one line there to be read."""
    kept = os.dup(2)
    try:
        with open(os.devnull, "wb") as nothing:
            os.dup2(nothing.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def spare(out: Path, *given: Path | str | None) -> None:
    """Raises CannotRender when what is to be written would take the place of what was given."""
    for name in filter(None, given):
        with suppress(OSError, ValueError):  # what cannot be a file's name is no file
            if out.exists() and out.samefile(name):
                raise CannotRender(f"{out}: this is what you gave to work on. Choose another name to write to.")
