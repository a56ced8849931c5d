"""Requests to what the platform serves beside a container: small answers, within a time, past no proxy."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final
from urllib.parse import urlsplit

MOST_BYTES: Final = 256 * 1024


class NoAnswer(Exception):
    """Nothing useful came in time; the message says why."""


def ask(
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    seconds: float = 2.0,
) -> tuple[int, bytes]:
    """(status, body), all of it within `seconds`, however slowly it drips. Raises NoAnswer."""
    try:
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise NoAnswer(f"{url[:200]} is no http address")
        connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=seconds)
    except ValueError as error:
        raise NoAnswer(f"{url[:200]} is no http address") from error
    # A timeout of the socket begins anew with each byte: this one does not.
    late = threading.Event()
    watchdog = threading.Timer(seconds, _cut, (connection, late))
    watchdog.daemon = True
    try:
        connection.connect()
        watchdog.start()
        connection.request(method, parts.path or "/", body, dict(headers or {}))
        answer = connection.getresponse()
        data = answer.read(MOST_BYTES + 1)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NoAnswer(f"{url[:200]}: {type(error).__name__}: {error}") from error
    finally:
        watchdog.cancel()
        connection.close()
    if late.is_set():
        raise NoAnswer(f"{url[:200]}: no whole answer within {seconds} s")
    if len(data) > MOST_BYTES:
        raise NoAnswer(f"{url[:200]}: more than {MOST_BYTES} bytes")
    if answer.length:
        raise NoAnswer(f"{url[:200]}: the answer broke off")
    return answer.status, data


def ask_for_object(url: str, *, seconds: float = 2.0) -> dict[str, Any]:
    """The JSON object that a GET gives. Raises NoAnswer for anything else."""
    status, data = ask(url, seconds=seconds)
    if status != 200:
        raise NoAnswer(f"{url[:200]}: status {status}")
    return as_object(url, data)


def as_object(url: str, data: bytes) -> dict[str, Any]:
    """Raises NoAnswer for what is no JSON object."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise NoAnswer(f"{url[:200]}: no JSON") from error
    if not isinstance(found, dict):
        raise NoAnswer(f"{url[:200]}: no JSON object")
    return found  # pyright: ignore[reportUnknownVariableType]


def _cut(connection: http.client.HTTPConnection, late: threading.Event) -> None:
    late.set()
    with suppress(OSError, AttributeError):
        connection.sock.shutdown(socket.SHUT_RDWR)
