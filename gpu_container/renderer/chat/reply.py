"""A reply as it is written: deltas from a thread that asks, for one that speaks, stopped at any moment."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Iterator
from typing import Protocol

from renderer.chat.errors import ChatFailed, ChatUnavailable
from renderer.chat.settings import ChatSettings
from renderer.chat.thoughts import without_thoughts

logger = logging.getLogger(__name__)


class Question(Protocol):
    """One request to a language model. `deltas` blocks; `stop`, from any thread, never does and ends it at once."""

    def deltas(self) -> Iterator[str]: ...

    def stop(self) -> None: ...


class Reply:
    """Iterate for the text, piece by piece. `close`, from any thread, drops the request and ends the iteration.

    `next` raises ChatUnavailable and ChatFailed; a reply longer than allowed ends there without an error.
    """

    def __init__(self, question: Question, settings: ChatSettings) -> None:
        self._question = question
        self._settings = settings
        self._ends = time.monotonic() + settings.total_seconds
        self._spoke = False
        self._over = threading.Event()
        # Bounded by most_letters: no delta is empty.
        self._arrived: queue.SimpleQueue[str | ChatUnavailable | ChatFailed | None] = queue.SimpleQueue()
        threading.Thread(target=self._ask, name="chat-reply", daemon=True).start()

    def __iter__(self) -> Iterator[str]:
        return self

    def __enter__(self) -> Reply:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __next__(self) -> str:
        if self._over.is_set():
            raise StopIteration
        arrived = self._wait()
        if self._over.is_set():
            raise StopIteration
        if isinstance(arrived, str):
            self._spoke = True
            return arrived
        self.close()
        if arrived is not None:
            raise arrived
        if not self._spoke:
            raise ChatFailed("chat_failed", "The language model gave an empty reply. Try again.")
        raise StopIteration

    def close(self) -> None:
        """Safe to repeat. Never blocks; a `next` that waits in another thread ends at once."""
        self._over.set()
        self._arrived.put(None)
        self._question.stop()

    def _wait(self) -> str | ChatUnavailable | ChatFailed | None:
        patience = self._settings.pause_seconds if self._spoke else self._settings.first_seconds
        try:
            return self._arrived.get(timeout=max(0.0, min(patience, self._ends - time.monotonic())))
        except queue.Empty:
            return ChatFailed("chat_timeout", "The language model took too long. Try again, or ask for less.")

    def _ask(self) -> None:
        left = self._settings.most_letters
        try:
            for delta in without_thoughts(self._question.deltas()):
                if self._over.is_set():
                    return
                self._arrived.put(delta[:left])
                left -= len(delta)
                if left <= 0:
                    break
            self._arrived.put(None)
        except (ChatUnavailable, ChatFailed) as error:
            self._arrived.put(error)
        except Exception:
            if not self._over.is_set():
                logger.exception("a reply broke off")
            self._arrived.put(ChatFailed("chat_failed", "The language model's answer broke off. Try again."))
        finally:
            self._question.stop()
