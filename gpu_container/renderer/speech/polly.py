"""Amazon Polly's neural voices: their sound, and beside it, as speech marks, when each mouth shape and word comes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, cast
from xml.sax.saxutils import escape

import numpy as np
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from renderer.aws_client import service_client
from renderer.speech.clean_text import clean_text
from renderer.speech.errors import SpeechRejected, SpeechUnavailable
from renderer.speech.phoneme_times import shifted
from renderer.speech.resample import resample
from renderer.speech.settings import SpeechSettings
from renderer.speech.word_times import WordMark, timed_words
from renderer.types import RATE, Phoneme, Samples, Speech

_PCM_RATE: Final = 16_000
"""The highest that Polly gives as PCM, whose timing is exact."""
_MOST_LETTERS: Final = 2_800
"""Of one request; Polly takes 3,000."""
_MOST_BYTES: Final = 64 * 1024 * 1024
_LEAD_IN_SEC: Final = 0.10
_TAIL_SEC: Final = 0.30
"""As espeak-ng's speech has them: the mouth is seen to open before, and to close after."""
_ADVICE: Final = "check POLLY, AWS_REGION (or PARLEY_AWS_PROFILE), and that this role may call polly:SynthesizeSpeech"

# Polly's visemes, as IPA of a sound that looks like them.
_SYMBOLS: Final = {
    "p": "p", "t": "t", "S": "ʃ", "T": "θ", "f": "f", "k": "k", "i": "i", "r": "ɹ", "s": "s", "u": "u", "@": "ə",
    "a": "a", "e": "e", "E": "ɛ", "o": "o", "O": "ɔ", "sil": "",
}  # fmt: skip


def require_polly() -> None:
    """Raises SpeechUnavailable where AWS is not set up."""
    _client()


def polly_voice(name: str, settings: SpeechSettings) -> PollyVoice:
    """Raises SpeechUnavailable where Polly is not set up."""
    if not settings.polly:
        raise SpeechUnavailable(f"The voice polly:{name} needs Amazon Polly: set POLLY=1 where AWS is set up.")
    _client()
    return PollyVoice(name)


@lru_cache(maxsize=1)
def _client() -> Any:
    try:
        limits = Config(connect_timeout=5, read_timeout=20, retries={"total_max_attempts": 2})
        return service_client("polly", limits)
    except BotoCoreError as error:
        raise SpeechUnavailable(f"Amazon Polly cannot be used ({error}): {_ADVICE}.") from error


@dataclass(frozen=True)
class PollyVoice:
    """One neural voice, by Polly's own name."""

    name: str

    def speak(self, text: str, speed: float = 1.0) -> Speech:
        readable = clean_text(text)
        sound: list[Samples] = [np.zeros(round(_LEAD_IN_SEC * RATE), np.int16)]
        phonemes: list[Phoneme] = []
        marks: list[WordMark] = []
        for begin, piece in _pieces(readable):
            at = sum(map(len, sound)) / RATE
            samples, shapes, words = self._spoken(_Written(piece, speed))
            phonemes += shifted(shapes, at, at + len(samples) / RATE)[1 if at > 0 else 0 :]
            marks += [(at + second, begin + place) for second, place in words]
            sound.append(samples)
        sound.append(np.zeros(round(_TAIL_SEC * RATE), np.int16))
        whole = np.concatenate(sound)
        covering = shifted([Phoneme("", 0.0, _LEAD_IN_SEC), *phonemes], 0.0, len(whole) / RATE)
        return Speech(whole, covering, timed_words(readable, marks, covering, len(whole) / RATE))

    def _spoken(self, written: _Written) -> tuple[Samples, list[Phoneme], list[WordMark]]:
        """One piece: samples at RATE, phonemes that cover them, and (second, index of the letter) of its words."""
        pcm = self._asked(written, OutputFormat="pcm", SampleRate=str(_PCM_RATE))
        told = self._asked(written, OutputFormat="json", SpeechMarkTypes=["word", "viseme"])
        samples = resample(np.frombuffer(pcm[: len(pcm) // 2 * 2], "<i2").astype(np.int16), _PCM_RATE, RATE)
        try:
            marks = [json.loads(line) for line in told.splitlines() if line.strip()]
            words = [(m["time"] / 1000, written.letter_at(m["start"])) for m in marks if m["type"] == "word"]
            shapes = [(m["time"] / 1000, _SYMBOLS[m["value"]]) for m in marks if m["type"] == "viseme"]
        except (ValueError, KeyError, TypeError) as error:
            raise SpeechUnavailable("Amazon Polly sent speech marks that cannot be read.") from error
        if not len(samples) or not any(symbol for _, symbol in shapes):
            raise SpeechRejected(
                "text_unspeakable", "This voice finds nothing to speak: use one of the text's language."
            )
        return samples, _covering(shapes, len(samples) / RATE), words

    def _asked(self, written: _Written, **form: Any) -> bytes:
        try:
            answer = _client().synthesize_speech(
                Engine="neural", VoiceId=self.name, Text=written.ssml, TextType="ssml", **form
            )
            with answer["AudioStream"] as stream:
                body = cast(bytes, stream.read(_MOST_BYTES + 1))
        except ClientError as error:
            raise _refused(error) from error
        except BotoCoreError as error:
            raise SpeechUnavailable(f"Amazon Polly cannot be reached ({type(error).__name__}): {_ADVICE}.") from error
        if len(body) > _MOST_BYTES:
            raise SpeechUnavailable("Amazon Polly sent more sound than one text can have.")
        return body


class _Written:
    """A text as SSML, and the way back from the bytes of it that a mark counts to the text's letters."""

    def __init__(self, text: str, speed: float) -> None:
        opening = f'<speak><prosody rate="{round(100 * speed)}%">'
        self._starts: list[int] = []
        at = len(opening.encode())
        for letter in text:
            self._starts.append(at)
            at += len(escape(letter).encode())
        self.ssml = f"{opening}{escape(text)}</prosody></speak>"

    def letter_at(self, byte: int) -> int:
        return max(0, int(np.searchsorted(self._starts, byte, side="right")) - 1)


def _covering(shapes: list[tuple[float, str]], end: float) -> list[Phoneme]:
    """Each until the next; pauses merged, none empty."""
    edges = [*(min(second, end) for second, _ in shapes[1:]), end]
    covering = [Phoneme("", 0.0, min(shapes[0][0], end))] if shapes[0][0] > 0 else []
    for (second, symbol), until in zip(shapes, edges, strict=True):
        if until <= second:
            continue
        if covering and symbol == covering[-1].symbol == "":
            covering[-1] = Phoneme("", covering[-1].start_sec, until)
        else:
            covering.append(Phoneme(symbol, second, until))
    return covering


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """(index of its first letter, a part that Polly takes at once), cut after a sentence, else at a space."""
    begin = 0
    while len(text) - begin > _MOST_LETTERS:
        part = text[begin : begin + _MOST_LETTERS]
        cut = max(part.rfind(mark) + 1 for mark in (". ", "! ", "? ", "。")) or part.rfind(" ") + 1 or len(part)
        yield begin, text[begin : begin + cut]
        begin += cut
    yield begin, text[begin:]


def _refused(error: ClientError) -> SpeechRejected | SpeechUnavailable:
    said = error.response.get("Error", {})
    code, status = str(said.get("Code", "")), error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
    if code.startswith("Throttl") or status == 429:
        return SpeechUnavailable("Amazon Polly is busy: try again in a moment.")
    if code in (
        "ValidationException",
        "EngineNotSupportedException",
        "InvalidSsmlException",
        "TextLengthExceededException",
    ):
        return SpeechRejected("speech_refused", f"Amazon Polly refuses this text or voice ({code}): use another voice.")
    return SpeechUnavailable(f"Amazon Polly refuses us ({code or status}): {_ADVICE}.")
