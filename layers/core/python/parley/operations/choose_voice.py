"""Which voice an avatar speaks with: the one asked for, its own, or one that fits its language and gender."""

from typing import Any

from parley.domain.avatars import Avatar
from parley.domain.voices import DEFAULT_LANGUAGE, Voices, speaks


def choose_voice(voices: Voices, avatar: Avatar, voice_id: str | None, language: str | None) -> str:
    """A voice's full id. `language`: what the text is in, where that was said.

    Raises InvalidInput: voice_unknown, language_unknown.
    """
    matched = None if language is None else voices.match(language)
    if voice_id is not None:
        return voices.find(voice_id).id
    own = None if avatar.default_voice_id is None else voices.find(avatar.default_voice_id)
    if own is not None and (language is None or speaks(own, language)):
        return own.id
    gender = _told(avatar, "gender") if own is None else own.gender
    wanted = language or _told(avatar, "language") or DEFAULT_LANGUAGE
    return matched.id if matched is not None and gender is None else voices.match(wanted, gender).id


def _told(avatar: Avatar, name: str) -> str | None:
    """What its owner, or we, wrote of it."""
    for place in (avatar.settings, avatar.metadata):
        told: Any = place.get(name)
        if isinstance(told, str) and told.strip():
            return told.strip()
    return None
