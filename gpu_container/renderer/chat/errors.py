"""Why a conversation got no reply: no model to ask, or one that did not answer as it should."""

from __future__ import annotations


class ChatUnavailable(RuntimeError):
    """No language model is set up here, or it refuses our credentials; `message` names the setting to change."""

    code = "chat_unavailable"
    retryable = False

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class ChatFailed(RuntimeError):
    """The language model broke off, was too slow, or answered what cannot be read. What came before was good.

    Codes: chat_failed, chat_busy, chat_timeout, chat_refused (the request itself; not to be sent again).
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    @property
    def retryable(self) -> bool:
        return self.code != "chat_refused"


def refused_with(status: int, asked: str) -> ChatUnavailable | ChatFailed:
    """What an HTTP status of the language model means. `asked`: the settings that say where and as whom we asked."""
    if status in (401, 403, 404, 405):
        return ChatUnavailable(f"The language model answered {status}: check {asked}.")
    if status in (408, 429, 503):
        return ChatFailed("chat_busy", "The language model is busy. Try again in a moment.")
    if status in (400, 413, 422):
        return ChatFailed("chat_refused", f"The language model refuses this conversation ({status}): shorten it.")
    return ChatFailed("chat_failed", f"The language model failed (HTTP {status}). Try again.")
