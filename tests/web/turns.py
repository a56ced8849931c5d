"""Turns to be played in a browser, as a worker would send them: spoken by a face, or made to be measured."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

import av
import cv2
import numpy as np

from parley.wire import mux
from parley.wire.mux import Record, VideoCodec, VideoFormat
from renderer.render import RenderOptions, pictures
from renderer.rig import Rig
from renderer.speech import speak
from renderer.types import RATE, Picture, Samples

RATE_OUT = 24_000
FPS = 25
BARS = 12
"""A measured picture is a row of bars: its frame's number, least bit first, white for one."""
SAW_PEAK = 0.4
"""A measured sound rises from -SAW_PEAK to SAW_PEAK once a second: each sample says where in its second it is."""

Burst = list[Record]


def spoken(rig: Rig, text: str, codec: VideoCodec, side: int = 256) -> list[Burst]:
    """The face says it."""
    speech = speak(text)
    shown = list(pictures(rig, speech, RenderOptions(side, FPS)))
    samples = np.resize(speech.samples[:: RATE // RATE_OUT], len(shown) * RATE_OUT // FPS)
    return list(bursts(shown, samples, codec, text))


def measured(seconds: int, codec: VideoCodec, bar: int = 16) -> list[Burst]:
    """Sound and pictures that both say which moment they are of; `bar` pixels wide each."""
    shown = [bars(number, bar) for number in range(seconds * FPS)]
    return list(bursts(shown, saw(seconds), codec, "A measure."))


def saw(seconds: int) -> Samples:
    second = (np.arange(RATE_OUT) / RATE_OUT - 0.5) * 2 * SAW_PEAK * 32768
    return np.tile(np.round(second).astype(np.int16), seconds)


def bars(number: int, bar: int) -> Picture:
    """RGB (4 * bar, BARS * bar, 3)."""
    bits = np.array([(number >> bit) & 1 for bit in range(BARS)], np.uint8) * 255
    return np.ascontiguousarray(np.broadcast_to(np.repeat(bits, bar)[None, :, None], (4 * bar, BARS * bar, 3)))


def bursts(shown: list[Picture], samples: Samples, codec: VideoCodec, text: str) -> Iterator[Burst]:
    """Records in groups that are sent together: a picture, its sound, and what is said with them."""
    height, width = shown[0].shape[:2]
    yield [mux.start("trn_test", RATE_OUT, VideoFormat(codec, width, height, FPS)), mux.text_delta(text, 0)]
    step = RATE_OUT // FPS
    for number, (data, key) in enumerate(encoded(shown, codec)):
        pcm = samples[number * step : (number + 1) * step].astype("<i2").tobytes()
        yield [mux.video(data, number * step, number, key), mux.audio(pcm, number * step)]
    yield [mux.end("completed", len(samples), len(shown), 0)]


def encoded(shown: Iterable[Picture], codec: VideoCodec) -> Iterator[tuple[bytes, bool]]:
    if codec == "h264":
        yield from _h264(list(shown))
    elif codec == "jpeg":
        for picture in shown:
            _, file = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 75])
            yield file.tobytes(), True
    else:
        for picture in shown:
            yield av.VideoFrame.from_ndarray(picture, "rgb24").to_ndarray(format="yuv420p").tobytes(), True


def _h264(shown: list[Picture]) -> Iterator[tuple[bytes, bool]]:
    """Annex B access units, one for each picture, a key frame every second."""
    encoder = av.VideoCodecContext.create("libx264", "w")
    encoder.height, encoder.width = shown[0].shape[:2]
    encoder.pix_fmt, encoder.framerate, encoder.time_base = "yuv420p", Fraction(FPS), Fraction(1, FPS)
    encoder.gop_size, encoder.thread_count = FPS, 1
    params = "repeat-headers=1:annexb=1:scenecut=0:threads=1:sliced-threads=0"
    encoder.options = {"preset": "superfast", "tune": "zerolatency", "crf": "18", "x264-params": params}
    for number, picture in enumerate(shown):
        frame = av.VideoFrame.from_ndarray(picture, "rgb24")
        frame.pts = number
        (packet,) = encoder.encode(frame)
        yield bytes(packet), packet.is_keyframe
