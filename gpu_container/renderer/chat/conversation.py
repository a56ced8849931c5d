"""What a language model is told: who it is, how its words will be heard, and what was said so far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from parley.wire.turn_job import ChatMessage
from renderer.chat.errors import ChatFailed

MOST_MESSAGES: Final = 24
MOST_LETTERS: Final = 4_000
"""Of one message, and of the persona."""

_NOBODY: Final = "You are a friendly assistant."
_MANNER: Final = (
    "What you write is spoken aloud by a talking face. Reply in the language of the last message, in a few short "
    "sentences of plain words: no lists, headings, markup, code, links, emoji or stage directions."
)


def instructions(persona: str | None, messages: Sequence[ChatMessage]) -> str:
    """The system prompt: the persona, our manner, and what the conversation's own system messages add."""
    added = [each.content for each in messages if each.role == "system"]
    return "\n\n".join([(persona or "").strip() or _NOBODY, _MANNER, *added])


def checked_turns(persona: str | None, messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    """What user and assistant said, by turns and beginning with the user, as every model takes it.

    Raises ChatFailed chat_refused for what is too long or leaves nothing to reply to.
    """
    if len(messages) > MOST_MESSAGES:
        raise ChatFailed("chat_refused", f"A conversation may have at most {MOST_MESSAGES} messages: drop old ones.")
    if any(len(text) > MOST_LETTERS for text in (persona or "", *(each.content for each in messages))):
        raise ChatFailed(
            "chat_refused", f"A message or persona may have at most {MOST_LETTERS} characters: shorten it."
        )
    turns: list[ChatMessage] = []
    for each in messages:
        if each.role == "system" or not each.content.strip() or (not turns and each.role == "assistant"):
            continue
        if turns and turns[-1].role == each.role:
            each = ChatMessage(role=each.role, content=f"{turns.pop().content}\n\n{each.content}")
        turns.append(each)
    if not turns or turns[-1].role != "user":
        raise ChatFailed("chat_refused", "The last message must be the user's: it is what is replied to.")
    return turns
