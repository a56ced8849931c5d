"""Draws the jobs of a worker with the real renderer, keeping the rigs it used last."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from parley.wire.backgrounds import rgb_of
from parley.wire.render_job import RenderJob
from parley.wire.shapes import ASPECTS
from renderer.captions import STYLES, CaptionLook, CaptionsUndrawable, cues_of, webvtt
from renderer.clip import is_clip, load_clip
from renderer.draw_job import Drawn, JobRejected, JobStopped, ReadObject
from renderer.media.backdrops import decode_backdrop
from renderer.media.errors import MediaRejected
from renderer.motion.expression import Expression, as_emotion
from renderer.render import Background, RenderOptions, RenderStopped, Source, render_video
from renderer.rig import load_rig
from renderer.runtimes.drawn import TRANSPARENT
from renderer.stored_speech import load_speech


class JobRenderer:
    """A `Draw`. Rigs are kept by key, the `rigs_kept` used last: about 20 MB each, and never changed once written."""

    def __init__(self, rigs_kept: int) -> None:
        self._rigs: OrderedDict[str, Source] = OrderedDict()
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
        options = _options(job, read)
        try:
            result = render_video(rig, speech, out, options, tell, must_stop)
        except RenderStopped as stopped:
            raise JobStopped from stopped
        except CaptionsUndrawable as undrawable:
            raise JobRejected("captions_undrawable", str(undrawable)) from undrawable
        captions = webvtt(cues_of(speech.words)) if speech.words else None
        return Drawn(result.frames, result.fps, result.width, result.height, captions)

    def _rig(self, key: str, read: ReadObject) -> Source:
        if key in self._rigs:
            self._rigs.move_to_end(key)
            return self._rigs[key]
        try:
            data = read(key)
            rig = load_clip(data) if is_clip(data) else load_rig(data)
        except FileNotFoundError as gone:
            raise JobRejected(
                "avatar_gone", "The avatar's picture or clip was deleted before the render began."
            ) from gone
        except ValueError as outdated:
            raise JobRejected(
                "avatar_outdated", "Upload the avatar's picture or clip again: it must be prepared anew."
            ) from outdated
        self._rigs[key] = rig
        if len(self._rigs) > self._rigs_kept:
            self._rigs.popitem(last=False)
        return rig


def _options(job: RenderJob, read: ReadObject) -> RenderOptions:
    if job.aspect_ratio not in ASPECTS or (job.captions and job.captions.style not in STYLES):
        raise JobRejected("look_unknown", "This worker cannot draw that shape or these captions: submit it again.")
    captions = None if job.captions is None else CaptionLook(**job.captions.model_dump())
    background = _background(job, read)
    return RenderOptions(job.size, job.fps, background, job.seed, _expression(job), job.aspect_ratio, captions)


def _background(job: RenderJob, read: ReadObject) -> Background:
    if job.background_key is None:
        return TRANSPARENT if job.background == TRANSPARENT else rgb_of(job.background) if job.background else None
    try:
        return decode_backdrop(read(job.background_key))
    except FileNotFoundError as gone:
        raise JobRejected("background_gone", "The picture behind the speaker was deleted. Submit it again.") from gone
    except MediaRejected as refusal:
        raise JobRejected(refusal.code, refusal.message) from refusal


def _expression(job: RenderJob) -> Expression:
    try:
        return Expression(as_emotion(job.emotion), job.intensity)
    except ValueError as unknown:
        raise JobRejected("emotion_unknown", f"This worker cannot show it: {unknown}.") from unknown
