"""The language model of this worker, whichever it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from parley.wire.turn_job import ChatMessage
from renderer.chat.bedrock import bedrock_of
from renderer.chat.completions import completions_of
from renderer.chat.conversation import checked_turns, instructions
from renderer.chat.errors import ChatUnavailable
from renderer.chat.reply import Question, Reply
from renderer.chat.settings import ChatSettings

Ask: TypeAlias = Callable[[str, Sequence[ChatMessage]], Question]
"""System prompt and turns -> a question that is sent when its deltas are asked for."""


@dataclass(frozen=True)
class Chat:
    """Safe from several threads; each reply has a connection of its own."""

    ask: Ask
    settings: ChatSettings

    def reply(self, persona: str | None, messages: Sequence[ChatMessage]) -> Reply:
        """Asks at once. Raises ChatFailed chat_refused for a conversation that is too long; the rest comes from `next`.

        Close it, or use it in a `with`.
        """
        turns = checked_turns(persona, messages)
        return Reply(self.ask(instructions(persona, messages), turns), self.settings)


def chat_of(settings: ChatSettings) -> Chat:
    """Raises ChatUnavailable, naming the settings, where none is configured."""
    if settings.url is not None:
        return Chat(completions_of(settings), settings)
    if settings.bedrock_model_id is not None:
        return Chat(bedrock_of(settings), settings)
    raise ChatUnavailable(
        "No language model is set up here: set CHAT_URL and CHAT_MODEL (and CHAT_API_KEY), or BEDROCK_MODEL_ID."
    )
