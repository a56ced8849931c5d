"""The renderer's decoder and voice, as the fetch step needs them."""

from pathlib import Path

from parley.domain.errors import InvalidInput, MediaRejected, Unavailable
from parley.operations.fetch_speech import Made
from renderer.media.errors import MediaRejected as Unusable
from renderer.media.sounds import decode_speech
from renderer.media.wav import write_wav
from renderer.speech.errors import SpeechRejected, SpeechUnavailable
from renderer.speech.speak import speak
from renderer.stored_speech import pack_phonemes
from renderer.types import RATE, Speech

DEFAULT_VOICE = "en-us"


class RendererSpeech:
    """A `SpeechMaker`."""

    def decode(self, source: Path, into: Path) -> Made:
        try:
            speech = decode_speech(source)
        except Unusable as refusal:
            raise MediaRejected(refusal.message, refusal.code) from refusal
        return _written(speech, into)

    def speak(self, text: str, voice: str | None, language: str | None, into: Path) -> Made:
        try:
            speech = speak(text, voice=voice or language or DEFAULT_VOICE)
        except SpeechRejected as refusal:
            raise InvalidInput(refusal.message, refusal.code) from refusal
        except SpeechUnavailable as absent:
            raise Unavailable("Speech from text is not available now. Send audio, or try again later.") from absent
        return _written(speech, into)


def _written(speech: Speech, into: Path) -> Made:
    write_wav(into, speech.samples)
    phonemes = None if speech.phonemes is None else pack_phonemes(speech.phonemes)
    return Made(len(speech.samples) * 1_000_000 // RATE, phonemes)
