"""Amazon Bedrock's Converse stream."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any, Final

from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    EventStreamError,
    NoCredentialsError,
    ReadTimeoutError,
)

from parley.wire.turn_job import ChatMessage
from renderer.aws_client import service_client
from renderer.chat.errors import ChatFailed, ChatUnavailable, refused_with
from renderer.chat.reply import Question
from renderer.chat.settings import ChatSettings

_CONNECT_SEC: Final = 5.0
_MOST_TOKENS: Final = 1_024
_ASKED: Final = (
    "BEDROCK_MODEL_ID, AWS_REGION, and that this worker's role may call bedrock:InvokeModelWithResponseStream"
)


def bedrock_of(settings: ChatSettings) -> Callable[[str, Sequence[ChatMessage]], Question]:
    """A way to ask the model BEDROCK_MODEL_ID. Raises ChatUnavailable where AWS is not set up."""
    patience = max(settings.first_seconds, settings.pause_seconds)
    # No second try of its own: whoever waits would hear nothing for longer than they were told.
    limits = Config(connect_timeout=_CONNECT_SEC, read_timeout=patience, retries={"total_max_attempts": 1})
    try:
        client = service_client("bedrock-runtime", limits)
    except BotoCoreError as error:
        raise ChatUnavailable(f"Amazon Bedrock cannot be used ({error}): check {_ASKED}.") from error

    def ask(system: str, turns: Sequence[ChatMessage]) -> Question:
        said = [{"role": each.role, "content": [{"text": each.content}]} for each in turns]
        return _Converse(
            client,
            {
                "modelId": settings.bedrock_model_id,
                "system": [{"text": system}],
                "messages": said,
                "inferenceConfig": {"maxTokens": _MOST_TOKENS},
            },
        )

    return ask


class _Converse:
    def __init__(self, client: Any, request: dict[str, Any]) -> None:
        self._client = client
        self._request = request
        self._lock = threading.Lock()
        self._raw: Any = None
        self._stopped = False

    def deltas(self) -> Iterator[str]:
        try:
            stream = self._client.converse_stream(**self._request)["stream"]
            with self._lock:
                # The connection behind it: to close the stream would wait for the thread that reads from it.
                self._raw = getattr(stream, "_raw_stream", None)
                if self._stopped:
                    return
            yield from _texts(stream)
        except (ClientError, EventStreamError) as error:
            raise _refused(error) from error
        except NoCredentialsError as error:
            raise ChatUnavailable(f"Amazon Bedrock knows no credentials: check {_ASKED}.") from error
        except (EndpointConnectionError, ConnectTimeoutError) as error:
            raise ChatUnavailable(f"Amazon Bedrock cannot be reached: check {_ASKED}.") from error
        except ReadTimeoutError as error:
            raise ChatFailed("chat_timeout", "The language model fell silent. Try again.") from error

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            shutdown = getattr(self._raw, "shutdown", None)
            self._raw = None
        if shutdown is not None:
            # One that had ended by itself cannot be shut.
            with suppress(OSError, ValueError, RuntimeError):
                shutdown()


def _texts(stream: Any) -> Iterator[str]:
    for event in stream:
        if text := event.get("contentBlockDelta", {}).get("delta", {}).get("text"):
            yield text
        if "messageStop" in event:
            return
    raise ChatFailed("chat_failed", "The language model's answer broke off. Try again.")


def _refused(error: ClientError | EventStreamError) -> ChatUnavailable | ChatFailed:
    code = str(error.response.get("Error", {}).get("Code", ""))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
    if code.lower().startswith("throttling"):
        status = 429
    return refused_with(status if status >= 400 else 500, _ASKED)
