"""The voice of an id, whichever engine speaks it: `voice_of(id, settings).speak(text, speed)`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from renderer.speech.errors import SpeechRejected
from renderer.speech.polly import polly_voice, require_polly
from renderer.speech.settings import SpeechSettings
from renderer.speech.speak import SPEED_RANGE, require_speech, speak
from renderer.speech.speech_server import require_server, served_voice
from renderer.speech.voices import PREFIX, check_voice
from renderer.types import Speech

WORDS_PER_MINUTE: Final = 165
"""Of espeak-ng at speed 1."""
SLOWEST, FASTEST = 0.5, 2.0


class Speaker(Protocol):
    """One voice. Safe from several threads."""

    def speak(self, text: str, speed: float = 1.0) -> Speech:
        """At RATE; phonemes and words where the engine tells them, words at least. `speed` 0.5 to 2.

        Raises SpeechRejected for what cannot be spoken, SpeechUnavailable where the engine cannot speak now.
        """
        ...


def voice_of(voice_id: str, settings: SpeechSettings | None = None) -> Speaker:
    """The voice of `espeak:...`, of `polly:...` or of `speech:...`; without an engine it is espeak-ng's.

    Raises SpeechRejected voice_unknown, and SpeechUnavailable naming the setting for an engine that is not set up:
    there is never another voice in its place. `settings`: None for the environment's.
    """
    engine, colon, name = voice_id.strip().partition(":")
    if not colon or f"{engine.lower()}:" == PREFIX:
        check_voice(name if colon else engine)
        return _Espeak(name if colon else engine)
    chosen = SpeechSettings.from_env() if settings is None else settings
    if engine.lower() == "polly":
        return polly_voice(name, chosen)
    if engine.lower() == "speech":
        return served_voice(name, chosen)
    raise SpeechRejected("voice_unknown", f"There is no voice {voice_id[:64]!r}. Use for example espeak:en-us.")


def require_voices(settings: SpeechSettings) -> None:
    """For the start of a process: raises SpeechUnavailable where espeak-ng, or what the settings name, is not there."""
    require_speech()
    require_server(settings)
    if settings.polly:
        require_polly()


@dataclass(frozen=True)
class _Espeak:
    name: str

    def speak(self, text: str, speed: float = 1.0) -> Speech:
        if not SLOWEST <= speed <= FASTEST:
            raise SpeechRejected("speech_setting_invalid", f"speed must be from {SLOWEST} to {FASTEST}.")
        low, high = SPEED_RANGE
        return speak(text, voice=self.name, words_per_minute=min(max(round(WORDS_PER_MINUTE * speed), low), high))
