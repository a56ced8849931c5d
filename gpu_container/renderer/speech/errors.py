"""Why a text could not be spoken: refused by its own fault, or speech itself is not installed."""

from __future__ import annotations


class SpeechRejected(Exception):
    """The caller's text, voice or setting cannot be spoken; `message` says what to change.

    Codes: text_unspeakable, text_too_long, voice_unknown, speech_setting_invalid.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class SpeechUnavailable(RuntimeError):
    """espeak-ng's library or data is missing or unusable on this machine; the text is not at fault."""
