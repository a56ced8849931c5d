"""An HTTP answer as plain values, and the JSON kind of it."""

import json
from typing import Any

Answer = tuple[str, list[tuple[str, str]], bytes]


def json_answer(status: str, body: dict[str, Any], *headers: tuple[str, str]) -> Answer:
    return with_length(status, json.dumps(body).encode(), *headers)


def with_length(status: str, raw: bytes, *headers: tuple[str, str]) -> Answer:
    """A JSON body as bytes; its length lets the connection stay open."""
    return status, [*headers, ("Content-Type", "application/json"), ("Content-Length", str(len(raw)))], raw
