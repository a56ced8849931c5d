"""Any server that speaks OpenAI's chat completions, such as vLLM or Ollama: its events read with every limit held."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any, Final

import httpx

from parley.wire.turn_job import ChatMessage
from renderer.chat.errors import ChatFailed, ChatUnavailable, refused_with
from renderer.chat.reply import Question
from renderer.chat.settings import ChatSettings
from renderer.chat.sse import TooMuch, events

_MOST_BYTES: Final = 4 * 1024 * 1024
"""A reply of 4,000 letters comes in some 400 kB of events."""
_CONNECT_SEC: Final = 5.0
_SETTINGS: Final = "CHAT_URL, CHAT_MODEL and CHAT_API_KEY"
_UNREADABLE: Final = "The language model's answer cannot be read: CHAT_URL must speak OpenAI's chat completions."


def completions_of(settings: ChatSettings) -> Callable[[str, Sequence[ChatMessage]], Question]:
    """A way to ask the server at CHAT_URL."""
    patience = max(settings.first_seconds, settings.pause_seconds)
    # A connection that is kept would tell nobody its socket, and a reply must end at once when it is interrupted.
    client = httpx.Client(
        timeout=httpx.Timeout(patience, connect=_CONNECT_SEC),
        limits=httpx.Limits(max_keepalive_connections=0),
        headers={"Accept-Encoding": "identity"},
    )

    def ask(system: str, turns: Sequence[ChatMessage]) -> Question:
        said = [{"role": each.role, "content": each.content} for each in turns]
        body = {"model": settings.model, "stream": True, "messages": [{"role": "system", "content": system}, *said]}
        headers = {"Authorization": f"Bearer {settings.api_key}"} if settings.api_key else {}
        return _Completion(client, client.build_request("POST", settings.completions_url, json=body, headers=headers))

    return ask


class _Completion:
    def __init__(self, client: httpx.Client, request: httpx.Request) -> None:
        self._client = client
        self._request = request
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._stopped = False
        request.extensions = {**request.extensions, "trace": self._notice}

    def deltas(self) -> Iterator[str]:
        try:
            response = self._client.send(self._request, stream=True)
        except httpx.HTTPError as error:
            raise _unreached(error) from error
        try:
            yield from _read(response)
        except httpx.TimeoutException as error:
            raise ChatFailed("chat_timeout", "The language model fell silent. Try again.") from error
        except httpx.HTTPError as error:
            raise ChatFailed("chat_failed", "The language model's answer broke off. Try again.") from error
        finally:
            with self._lock:
                self._socket = None
            response.close()

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            held, self._socket = self._socket, None
            if held is not None:
                _shut(held)

    def _notice(self, event: str, info: dict[str, Any]) -> None:
        """httpcore tells of each step: the connection is known before any answer comes."""
        if event not in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            return
        with self._lock:
            self._socket = info["return_value"].get_extra_info("socket")
            if self._stopped and self._socket is not None:
                _shut(self._socket)


def _shut(held: socket.socket) -> None:
    # One that had ended by itself cannot be shut. The plain socket's own: TLS's would take apart what another thread
    # reads from.
    with suppress(OSError):
        socket.socket.shutdown(held, socket.SHUT_RDWR)


def _unreached(error: httpx.HTTPError) -> ChatFailed | ChatUnavailable:
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.UnsupportedProtocol):
        return ChatUnavailable("The language model cannot be reached: check CHAT_URL.")
    if isinstance(error, httpx.TimeoutException):
        return ChatFailed("chat_timeout", "The language model did not answer in time. Try again.")
    return ChatFailed("chat_failed", "The language model gave no answer. Try again.")


def _read(response: httpx.Response) -> Iterator[str]:
    if response.status_code != 200:
        if 300 <= response.status_code < 400:
            raise ChatUnavailable("The language model's address leads elsewhere: set CHAT_URL to where it is.")
        raise refused_with(response.status_code, _SETTINGS)
    try:
        if response.headers.get("content-type", "").startswith("application/json"):
            yield _whole(response)
        else:
            yield from _streamed(response)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
        raise ChatFailed("chat_failed", _UNREADABLE) from error


def _streamed(response: httpx.Response) -> Iterator[str]:
    for data in events(response.iter_raw(), most_bytes=_MOST_BYTES):
        if data == "[DONE]":
            return
        held: Any = json.loads(data)
        _refuse_error(held)
        for choice in held["choices"][:1]:
            delta: Any = choice.get("delta") or {}
            content: Any = delta.get("content")
            if content is not None:
                yield _text(content)
            if choice.get("finish_reason"):
                return
    raise ChatFailed("chat_failed", "The language model's answer broke off. Try again.")


def _whole(response: httpx.Response) -> str:
    """The answer of a server that does not stream."""
    held = bytearray()
    for piece in response.iter_raw():
        held += piece
        if len(held) > _MOST_BYTES:
            raise TooMuch
    answer = json.loads(held)
    _refuse_error(answer)
    return _text(answer["choices"][0]["message"]["content"])


def _refuse_error(held: Any) -> None:
    if held.get("error"):
        raise ChatFailed("chat_failed", "The language model reports an error. Try again.")


def _text(content: Any) -> str:
    if not isinstance(content, str):
        raise TypeError("content is no text")
    # JSON may hold halves of characters, which nothing further can carry.
    return content.encode("utf-8", "replace").decode()
