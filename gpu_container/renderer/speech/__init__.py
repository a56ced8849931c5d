"""Text to speech with timed phonemes: `speak`, `voices`, `require_speech`; refusals are SpeechRejected."""

from renderer.speech.errors import SpeechRejected, SpeechUnavailable
from renderer.speech.speak import require_speech, speak
from renderer.speech.voices import Voice, variants, voices

__all__ = ["SpeechRejected", "SpeechUnavailable", "Voice", "require_speech", "speak", "variants", "voices"]
