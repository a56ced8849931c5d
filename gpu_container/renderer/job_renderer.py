"""Draws the jobs of a worker with the real renderer, keeping the rigs it used last."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from parley.wire.render_job import RenderJob
from renderer.draw_job import Drawn, JobRejected, JobStopped, ReadObject
from renderer.media.errors import MediaRejected
from renderer.render import RenderOptions, RenderStopped, render_mp4
from renderer.rig import Rig, load_rig
from renderer.stored_speech import load_speech


class JobRenderer:
    """A `Draw`. Rigs are kept by key, the `rigs_kept` used last: about 20 MB each, and never changed once written."""

    def __init__(self, rigs_kept: int) -> None:
        self._rigs: OrderedDict[str, Rig] = OrderedDict()
        self._rigs_kept = rigs_kept

    def __call__(
        self,
        job: RenderJob,
        read: ReadObject,
        out: Path,
        tell: Callable[[int, int], None],
        must_stop: Callable[[], bool],
    ) -> Drawn:
        rig = self._rig(job.rig_key, read)
        try:
            wav = read(job.speech_key)
            phonemes = read(job.phonemes_key) if job.phonemes_key else None
            speech = load_speech(wav, phonemes)
        except FileNotFoundError as gone:
            raise JobRejected("speech_gone", "The speech of this render was deleted. Submit it again.") from gone
        except MediaRejected as refusal:
            raise JobRejected(refusal.code, refusal.message) from refusal
        options = RenderOptions(job.size, job.fps, _colour(job.background), job.seed)
        try:
            result = render_mp4(rig, speech, out, options, tell, must_stop)
        except RenderStopped as stopped:
            raise JobStopped from stopped
        return Drawn(result.frames, result.fps, result.width, result.height)

    def _rig(self, key: str, read: ReadObject) -> Rig:
        if key in self._rigs:
            self._rigs.move_to_end(key)
            return self._rigs[key]
        try:
            rig = load_rig(read(key))
        except FileNotFoundError as gone:
            raise JobRejected("avatar_gone", "The avatar's picture was deleted before the render began.") from gone
        except ValueError as outdated:
            raise JobRejected(
                "avatar_outdated", "Upload the avatar's picture again: it must be prepared anew."
            ) from outdated
        self._rigs[key] = rig
        if len(self._rigs) > self._rigs_kept:
            self._rigs.popitem(last=False)
        return rig


def _colour(background: str | None) -> tuple[int, int, int] | None:
    """#rrggbb -> RGB; None stays None, the portrait's own background."""
    if background is None:
        return None
    red, green, blue = bytes.fromhex(background.removeprefix("#"))
    return red, green, blue
