"""The renderer's decoders and voice, as the fetch step needs them."""

from dataclasses import replace
from pathlib import Path

from aws_lambda_powertools import Logger

from parley.domain.errors import InvalidInput, MediaRejected, Unavailable
from parley.operations.fetch_speech import Made
from renderer.media.backdrops import encode_backdrop
from renderer.media.errors import MediaRejected as Unusable
from renderer.media.pictures import decode_picture
from renderer.media.sounds import decode_speech
from renderer.media.wav import write_wav
from renderer.speech.align_words import align_words
from renderer.speech.errors import SpeechRejected, SpeechUnavailable
from renderer.speech.voice import voice_of
from renderer.stored_speech import pack_spoken
from renderer.types import RATE, Speech

logger = Logger(service="parley-lipsync-fetch")
DEFAULT_VOICE = "en-us"


class RendererSpeech:
    """A `SpeechMaker`."""

    def decode(self, source: Path, into: Path, transcript: str | None, language: str | None) -> Made:
        try:
            speech = decode_speech(source)
            if transcript is not None:
                speech = replace(speech, words=align_words(speech.samples, transcript, language))
        except Unusable as refusal:
            raise MediaRejected(refusal.message, refusal.code) from refusal
        except SpeechRejected as refusal:
            raise InvalidInput(refusal.message, refusal.code) from refusal
        return _written(speech, into)

    def picture(self, source: Path, into: Path) -> None:
        try:
            into.write_bytes(encode_backdrop(decode_picture(source.read_bytes())))
        except Unusable as refusal:
            raise MediaRejected(refusal.message, refusal.code) from refusal

    def speak(self, text: str, voice: str | None, language: str | None, into: Path) -> Made:
        try:
            speech = voice_of(voice or language or DEFAULT_VOICE).speak(text)
        except SpeechRejected as refusal:
            raise InvalidInput(refusal.message, refusal.code) from refusal
        except SpeechUnavailable as absent:
            logger.warning("a voice cannot speak", voice=voice, why=str(absent))
            raise Unavailable("Speech from text is not available now. Send audio, or try again later.") from absent
        return _written(speech, into)


def _written(speech: Speech, into: Path) -> Made:
    write_wav(into, speech.samples)
    return Made(len(speech.samples) * 1_000_000 // RATE, pack_spoken(speech))
