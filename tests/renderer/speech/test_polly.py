"""Amazon Polly through its own protocol on loopback: sound with speech marks becomes speech with phonemes and words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest

from renderer.speech import SpeechRejected, SpeechUnavailable, polly
from renderer.speech.settings import SpeechSettings
from renderer.speech.voice import voice_of
from renderer.types import RATE
from tests.renderer.chat.chat_server import Answering, Asked, serving

SET_UP = SpeechSettings(polly=True)
_WORD_MS = 400


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    polly._client.cache_clear()
    yield
    polly._client.cache_clear()


async def spoken(asked: Asked, out: Answering) -> None:
    """Each word takes 0.4 s: p for 0.2 s, a for the rest; marks count bytes of the SSML, as Polly's do."""
    ssml = asked.json["Text"]
    plain = re.sub(rb"<[^>]*>", lambda tag: b" " * len(tag[0]), ssml.encode())
    words = list(re.finditer(rb"\S+", plain))
    if asked.json["OutputFormat"] == "pcm":
        sound = (8_000 * np.sin(np.arange(len(words) * 6_400) / 5)).astype("<i2")
        await out.whole(sound.tobytes(), kind="audio/pcm")
        return
    lines: list[dict[str, object]] = []
    for index, word in enumerate(words):
        at = index * _WORD_MS
        lines.append({"time": at, "type": "word", "start": word.start(), "end": word.end(), "value": word[0].decode()})
        lines += [{"time": at, "type": "viseme", "value": "p"}, {"time": at + 200, "type": "viseme", "value": "a"}]
    lines.append({"time": len(words) * _WORD_MS, "type": "viseme", "value": "sil"})
    await out.whole("\n".join(map(json.dumps, lines)).encode(), kind="application/x-json-stream")


def test_sound_comes_with_the_times_of_its_phonemes_and_words(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(spoken) as (url, asked, _):
        monkeypatch.setenv("AWS_ENDPOINT_URL_POLLY", url.removesuffix("/v1"))
        speech = voice_of("polly:Lea", SET_UP).speak("Çà & là, <b>été</b>!", 1.25)
    assert [request.json["OutputFormat"] for request in asked] == ["pcm", "json"]
    assert {(r.json["Engine"], r.json["VoiceId"], r.json["TextType"]) for r in asked} == {("neural", "Lea", "ssml")}
    assert asked[0].json["Text"] == '<speak><prosody rate="125%">Çà &amp; là, été !</prosody></speak>'
    assert asked[0].json["SampleRate"] == "16000"
    assert asked[1].json["SpeechMarkTypes"] == ["word", "viseme"]
    assert speech.duration_sec == pytest.approx(0.1 + 5 * 0.4 + 0.3)
    phonemes = speech.phonemes or ()
    assert [each.symbol for each in phonemes] == ["", *["p", "a"] * 5, ""]
    assert (phonemes[1].start_sec, phonemes[2].start_sec) == (pytest.approx(0.1), pytest.approx(0.3))
    assert all(one.end_sec == other.start_sec for one, other in pairwise(phonemes))
    assert phonemes[-1].end_sec == pytest.approx(speech.duration_sec)
    words = {word.text: word.start_sec for word in speech.words or ()}
    assert words == {"Çà &": pytest.approx(0.1), "là,": pytest.approx(0.9), "été !": pytest.approx(1.3)}


def test_a_long_text_is_asked_for_in_parts_and_joined(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "One two three four five. " * 150
    with serving(spoken) as (url, asked, _):
        monkeypatch.setenv("AWS_ENDPOINT_URL_POLLY", url.removesuffix("/v1"))
        speech = voice_of("polly:Amy", SET_UP).speak(text)
    assert len(asked) == 4
    assert all(len(request.json["Text"]) < 3_000 for request in asked)
    words = speech.words or ()
    assert len(words) == 750
    assert words[749].start_sec == pytest.approx(0.1 + 749 * 0.4, abs=0.01)
    phonemes = speech.phonemes or ()
    assert all(abs(a.end_sec - b.start_sec) < 1e-9 for a, b in pairwise(phonemes))
    assert len(speech.samples) == pytest.approx((0.4 + 750 * 0.4) * RATE)


@pytest.mark.parametrize(
    ("status", "kind", "error", "says"),
    [
        (400, "ValidationException", SpeechRejected, "another voice"),
        (400, "ThrottlingException", SpeechUnavailable, "busy"),
        (403, "AccessDeniedException", SpeechUnavailable, "POLLY"),
        (500, "ServiceFailureException", SpeechUnavailable, "POLLY"),
    ],
)
def test_a_refusal_says_who_has_to_act(
    monkeypatch: pytest.MonkeyPatch, status: int, kind: str, error: type[Exception], says: str
) -> None:
    async def answer(_: Asked, out: Answering) -> None:
        body = json.dumps({"message": "no"}).encode()
        await out.whole(body, status, **{"x-amzn-errortype": kind})

    with serving(answer) as (url, *_):
        monkeypatch.setenv("AWS_ENDPOINT_URL_POLLY", url.removesuffix("/v1"))
        with pytest.raises(error, match=says):
            voice_of("polly:Joanna", SET_UP).speak("Hello")


@pytest.mark.parametrize("marks", [b"hello", b'{"type": "viseme"}', b'{"time":0,"type":"viseme","value":"?"}', b""])
def test_marks_that_cannot_be_read_are_an_error(monkeypatch: pytest.MonkeyPatch, marks: bytes) -> None:
    async def answer(asked: Asked, out: Answering) -> None:
        await out.whole(bytes(6_400) if asked.json["OutputFormat"] == "pcm" else marks, kind="audio/pcm")

    with serving(answer) as (url, *_):
        monkeypatch.setenv("AWS_ENDPOINT_URL_POLLY", url.removesuffix("/v1"))
        with pytest.raises((SpeechRejected, SpeechUnavailable)):
            voice_of("polly:Joanna", SET_UP).speak("Hello")
