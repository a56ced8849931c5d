"""A voice behind /v1/audio/speech: its sound is taken in every form, its faults are told by the setting to change."""

from __future__ import annotations

import io
import wave

import numpy as np
import pytest

from renderer.speech import SpeechRejected, SpeechUnavailable, speak
from renderer.speech.settings import SpeechSettings
from renderer.speech.voice import require_voices, voice_of
from renderer.types import RATE
from tests.renderer.chat.chat_server import Answering, Asked, serving
from tests.waiting import HANG_SECONDS

TEXT = "Hello there, good morning."


def settings_for(url: str, seconds: float = HANG_SECONDS, most_bytes: int = 4_000_000) -> SpeechSettings:
    return SpeechSettings(url=url, model="tts-1", api_key="secret", seconds=seconds, most_bytes=most_bytes)


def pcm() -> bytes:
    """What a server might send: our own voice, at 24 kHz."""
    return speak(TEXT).samples[::2].astype("<i2").tobytes()


def wav(streamed: bool = False) -> bytes:
    held = io.BytesIO()
    with wave.open(held, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(24_000)
        file.writeframes(pcm())
    body = bytearray(held.getvalue())
    if streamed:
        # A header that is sent before the length is known.
        body[4:8] = body[40:44] = b"\xff\xff\xff\xff"
    return bytes(body)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (wav(), "audio/wav"),
        (wav(streamed=True), "audio/wav"),
        (wav(), "application/octet-stream"),
        (pcm(), "audio/pcm"),
        (pcm(), "audio/L16; rate=24000"),
    ],
    ids=["wav", "streamed wav", "wav unnamed", "pcm", "pcm with its rate"],
)
def test_sound_comes_as_wav_or_pcm_with_its_words_placed(body: bytes, kind: str) -> None:
    async def answer(_: Asked, out: Answering) -> None:
        await out.begin(kind=kind)
        for begin in range(0, len(body), 5_001):
            await out.write(body[begin : begin + 5_001])
        await out.end()

    with serving(answer) as (url, asked, _):
        said = voice_of("speech:nova", settings_for(url)).speak(f"<b>{TEXT}</b>", 1.25)
    whole = speak(TEXT)
    assert len(said.samples) == pytest.approx(len(whole.samples), abs=4)
    assert np.corrcoef(said.samples[: RATE // 2], whole.samples[: RATE // 2])[0, 1] > 0.9
    assert said.phonemes is None
    assert [word.text for word in said.words or ()] == TEXT.split()
    assert (asked[0].path, asked[0].headers["authorization"]) == ("/v1/audio/speech", "Bearer secret")
    wish = {"model": "tts-1", "voice": "nova", "input": TEXT, "response_format": "wav", "speed": 1.25}
    assert asked[0].json == wish


@pytest.mark.parametrize(
    ("status", "body", "error", "says"),
    [
        (400, b"no such voice", SpeechRejected, "another voice"),
        (401, b"", SpeechUnavailable, "SPEECH_API_KEY"),
        (404, b"", SpeechUnavailable, "SPEECH_URL"),
        (307, b"", SpeechUnavailable, "SPEECH_URL"),
        (429, b"", SpeechUnavailable, "busy"),
        (500, b"", SpeechUnavailable, "500"),
        (200, b"", SpeechUnavailable, "no sound"),
        (200, b"<html>hello</html>" * 99, SpeechUnavailable, "SPEECH_URL"),
        (200, b"RIFF\xff\xff\xff\xffWAVEfmt ", SpeechUnavailable, "SPEECH_URL"),
    ],
)
def test_a_fault_says_who_has_to_act(status: int, body: bytes, error: type[Exception], says: str) -> None:
    async def answer(_: Asked, out: Answering) -> None:
        await out.whole(body, status, "audio/wav", location="http://169.254.169.254/")

    with serving(answer) as (url, asked, _), pytest.raises(error, match=says):
        voice_of("speech:nova", settings_for(url)).speak(TEXT)
    assert len(asked) == 1


def test_endless_and_slow_sound_is_broken_off() -> None:
    async def endless(_: Asked, out: Answering) -> None:
        await out.begin(kind="audio/pcm")
        while not out.gone.is_set():
            await out.write(bytes(100_000))

    async def slow(_: Asked, out: Answering) -> None:
        await out.begin(kind="audio/pcm")
        await out.write(bytes(100))
        await out.gone.wait()

    with serving(endless) as (url, *_), pytest.raises(SpeechUnavailable, match="MB"):
        voice_of("speech:nova", settings_for(url)).speak(TEXT)
    with serving(slow) as (url, *_), pytest.raises(SpeechUnavailable, match="too long"):
        voice_of("speech:nova", settings_for(url, seconds=0.2)).speak(TEXT)


def test_a_voice_that_is_not_set_up_is_an_error_that_names_its_setting() -> None:
    for voice, setting in (("speech:nova", "SPEECH_URL"), ("polly:Joanna", "POLLY")):
        with pytest.raises(SpeechUnavailable, match=setting):
            voice_of(voice, SpeechSettings())
    with pytest.raises(SpeechRejected):
        voice_of("elsewhere:nova", SpeechSettings())
    with pytest.raises(SpeechUnavailable, match="SPEECH_URL"):
        voice_of("speech:nova", settings_for("http://127.0.0.1:9/v1")).speak(TEXT)


@pytest.mark.parametrize("env", [{"SPEECH_URL": "http://x/v1"}, {"SPEECH_URL": "x", "SPEECH_MODEL": "m"}])
def test_half_a_setting_is_an_error_at_the_start(env: dict[str, str]) -> None:
    with pytest.raises(SpeechUnavailable, match="SPEECH_"):
        require_voices(SpeechSettings.from_env(env))
    require_voices(SpeechSettings.from_env({}))


@pytest.mark.parametrize("voice", ["espeak:en-us+f3", "en-us+f3"])
def test_our_own_voice_goes_by_both_ids_and_at_its_speed(voice: str) -> None:
    plain, slow = voice_of(voice).speak(TEXT), voice_of(voice).speak(TEXT, 0.5)
    assert plain.samples.tobytes() == speak(TEXT, voice="en-us+f3").samples.tobytes()
    assert slow.duration_sec > 1.5 * plain.duration_sec
    with pytest.raises(SpeechRejected, match="speed"):
        voice_of(voice).speak(TEXT, 2.5)
