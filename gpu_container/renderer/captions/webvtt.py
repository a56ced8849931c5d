"""Cues as a WebVTT file (W3C WebVTT: The Web Video Text Tracks Format)."""

from __future__ import annotations

from collections.abc import Sequence

from renderer.captions.cues import Cue


def webvtt(cues: Sequence[Cue]) -> str:
    """The file's text. What could be read as markup is escaped; right-to-left text stays in the order it is written,
    which is what players expect."""
    blocks = ["WEBVTT\n"]
    for number, cue in enumerate(cues, 1):
        blocks.append(f"{number}\n{_stamp(cue.start_sec)} --> {_stamp(cue.end_sec)}\n{_escaped(cue.text)}\n")
    return "\n".join(blocks)


def _stamp(seconds: float) -> str:
    whole = round(seconds * 1000)
    return f"{whole // 3_600_000:02d}:{whole // 60_000 % 60:02d}:{whole // 1000 % 60:02d}.{whole % 1000:03d}"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
