"""A conversation becomes the text of a spoken reply: `chat_of(settings).reply(persona, messages)` gives its deltas."""

from renderer.chat.chat import Chat, chat_of
from renderer.chat.errors import ChatFailed, ChatUnavailable
from renderer.chat.reply import Reply
from renderer.chat.settings import ChatSettings

__all__ = ["Chat", "ChatFailed", "ChatSettings", "ChatUnavailable", "Reply", "chat_of"]
