"""Any server that speaks OpenAI's /v1/audio/speech: its sound, bounded in time and size, its words placed by ours."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import httpx
import numpy as np

from renderer.media.errors import MediaRejected
from renderer.media.sounds import decode_speech
from renderer.speech.align_words import align_words
from renderer.speech.clean_text import clean_text
from renderer.speech.errors import SpeechRejected, SpeechUnavailable
from renderer.speech.resample import resample
from renderer.speech.settings import SpeechSettings
from renderer.types import RATE, Samples, Speech

_PCM_RATE: Final = 24_000
"""Of raw PCM without a rate, as OpenAI sends it."""
_PCM_RATES: Final = (8_000, 48_000)
_CONNECT_SEC: Final = 5.0
_MAX_SECONDS: Final = 1_800.0
_ADVICE: Final = "check SPEECH_URL, SPEECH_MODEL and SPEECH_API_KEY"


def require_server(settings: SpeechSettings) -> None:
    """Raises SpeechUnavailable for settings that cannot be; a server that is down is told when it is asked."""
    if settings.url is None:
        return
    if not settings.url_is_good:
        raise SpeechUnavailable("SPEECH_URL must be an http or https URL, such as http://localhost:8000/v1.")
    if not settings.model:
        raise SpeechUnavailable("SPEECH_MODEL must name the model that SPEECH_URL serves.")


def served_voice(name: str, settings: SpeechSettings) -> ServedVoice:
    """Raises SpeechUnavailable where no server is set up."""
    if settings.url is None:
        raise SpeechUnavailable(f"The voice speech:{name} needs a server: set SPEECH_URL and SPEECH_MODEL.")
    require_server(settings)
    return ServedVoice(name, settings)


@dataclass(frozen=True)
class ServedVoice:
    """One voice of the server. Its lips are read from its sound: it tells no phonemes."""

    name: str
    settings: SpeechSettings

    def speak(self, text: str, speed: float = 1.0) -> Speech:
        readable = clean_text(text)
        samples = self._sound(readable, speed)
        return Speech(samples, None, align_words(samples, readable))

    def _sound(self, text: str, speed: float) -> Samples:
        wish = {"model": self.settings.model, "voice": self.name, "input": text, "response_format": "wav"}
        headers = {"Accept-Encoding": "identity"}
        if self.settings.api_key:
            headers["Authorization"] = f"Bearer {self.settings.api_key}"
        try:
            with _client().stream(
                "POST",
                self.settings.speech_url,
                json=wish if speed == 1.0 else {**wish, "speed": speed},
                headers=headers,
                timeout=httpx.Timeout(self.settings.seconds, connect=_CONNECT_SEC),
            ) as response:
                _check_status(response.status_code)
                return _decoded(_body(response, self.settings), response.headers.get("content-type", ""))
        except httpx.TimeoutException as error:
            raise SpeechUnavailable("The speech server took too long: try again, or check SPEECH_URL.") from error
        except httpx.HTTPError as error:
            raise SpeechUnavailable(f"The speech server gave no whole answer: {_ADVICE}.") from error


@lru_cache(maxsize=1)
def _client() -> httpx.Client:
    return httpx.Client()


def _check_status(status: int) -> None:
    if status == 200:
        return
    if status in (400, 413, 422):
        raise SpeechRejected(
            "speech_refused", f"The speech server refuses this text or voice ({status}): use another voice or text."
        )
    if status in (408, 429, 503):
        raise SpeechUnavailable(f"The speech server is busy ({status}): try again in a moment.")
    raise SpeechUnavailable(f"The speech server answered {status}: {_ADVICE}.")


def _body(response: httpx.Response, settings: SpeechSettings) -> bytes:
    ends = time.monotonic() + settings.seconds
    held = bytearray()
    for piece in response.iter_raw():
        held += piece
        if len(held) > settings.most_bytes:
            raise SpeechUnavailable(f"The speech server sent over {settings.most_bytes >> 20} MB for one text.")
        if time.monotonic() > ends:
            raise SpeechUnavailable("The speech server took too long: try again, or check SPEECH_URL.")
    return bytes(held)


def _decoded(body: bytes, content_type: str) -> Samples:
    kind, _, parameters = content_type.lower().partition(";")
    if kind.strip() in ("audio/pcm", "audio/l16", "audio/raw") and not body.startswith(b"RIFF"):
        samples = np.frombuffer(body[: len(body) // 2 * 2], "<i2").astype(np.int16)
        return _not_empty(resample(samples, _rate_of(parameters), RATE))
    try:
        return _not_empty(decode_speech(body, max_seconds=_MAX_SECONDS).samples)
    except MediaRejected as refusal:
        raise SpeechUnavailable(f"The speech server sent no sound that can be read: {_ADVICE}.") from refusal


def _not_empty(samples: Samples) -> Samples:
    if len(samples) < RATE // 100 or len(samples) > _MAX_SECONDS * RATE:
        raise SpeechUnavailable(f"The speech server sent no sound, or over half an hour of it: {_ADVICE}.")
    return samples


def _rate_of(parameters: str) -> int:
    for each in parameters.split(";"):
        name, _, value = each.strip().partition("=")
        if name == "rate" and value.isdigit() and _PCM_RATES[0] <= int(value) <= _PCM_RATES[1]:
            return int(value)
    return _PCM_RATE
