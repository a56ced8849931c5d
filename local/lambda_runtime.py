"""Calls our Lambda handlers as Lambda does: by name, with a context, and with errors told in its words."""

import importlib
import json
import logging
import threading
import time
import traceback
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from local.cloud.names import function_arn

Handler = Callable[[Any, "LambdaContext"], Any]
_log = logging.getLogger(__name__)

# Function name -> "module:attribute" and its timeout in seconds. Loaded at the first call, as a cold start does.
FUNCTIONS: Mapping[str, tuple[str, int]] = {
    "parley-uploads-inspect": ("functions.uploads.handler:handler", 60),
    "parley-batches-manifest": ("functions.batches.handler:manifest_handler", 60),
    "parley-batches-line": ("functions.batches.handler:line_handler", 30),
    "parley-lipsync-start": ("functions.lipsync.start:handler", 30),
    "parley-lipsync-fetch": ("functions.lipsync.fetch:handler", 600),
    "parley-lipsync-settle": ("functions.lipsync.settle:handler", 60),
    "parley-lipsync-refund": ("functions.lipsync.refund:handler", 60),
    "parley-sweeper": ("functions.sweeper.handler:handler", 60),
}


class UnknownFunction(Exception):
    """No function of this name is deployed."""


@dataclass(frozen=True, slots=True)
class LambdaContext:
    """What a handler is told of its invocation: the attributes of Lambda's own context object."""

    function_name: str
    timeout_seconds: int
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    function_version: str = "$LATEST"
    memory_limit_in_mb: str = "1769"
    identity: None = None
    client_context: None = None
    started: float = field(default_factory=time.monotonic)

    @property
    def invoked_function_arn(self) -> str:
        return function_arn(self.function_name)

    @property
    def log_group_name(self) -> str:
        return f"/aws/lambda/{self.function_name}"

    @property
    def log_stream_name(self) -> str:
        return f"local/[{self.function_version}]{self.aws_request_id}"

    def get_remaining_time_in_millis(self) -> int:
        return max(0, round((self.started + self.timeout_seconds - time.monotonic()) * 1000))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an invocation gave: its payload as JSON, or Lambda's error object. Function errors are not HTTP errors."""

    payload: bytes
    failed: bool
    request_id: str


class LambdaRuntime:
    """Every function of the platform, each loaded once."""

    def __init__(self, functions: Mapping[str, tuple[str, int]] = FUNCTIONS) -> None:
        self._functions = functions
        self._handlers: dict[str, Handler] = {}
        # Imports of one package from several threads at once can see it half made.
        self._loading = threading.Lock()

    def invoke(self, name: str, event: Any) -> Any:
        """The handler's own result; its own exceptions. Raises UnknownFunction."""
        handler, timeout = self._load(name)
        return handler(event, LambdaContext(name, timeout))

    def invoke_payload(self, name: str, payload: bytes) -> Outcome:
        """The same by JSON, an exception answered as Lambda answers it. Raises UnknownFunction."""
        handler, timeout = self._load(name)
        context = LambdaContext(name, timeout)
        try:
            answer = json.dumps(handler(json.loads(payload or b"{}"), context)).encode()
        except Exception as error:  # the runtime's outermost loop: whatever a function raises is its answer
            _log.warning("function failed", extra={"function": name, "error": f"{type(error).__name__}: {error}"})
            return Outcome(json.dumps(_error_object(error, context)).encode(), True, context.aws_request_id)
        return Outcome(answer, False, context.aws_request_id)

    def preload(self) -> None:
        """Imports every handler, so that the first invocation is a warm one."""
        for name in self._functions:
            try:
                self._load(name)
            except Exception:
                _log.exception("function cannot be loaded", extra={"function": name})

    def _load(self, name: str) -> tuple[Handler, int]:
        if name not in self._functions:
            raise UnknownFunction(f"There is no function {name}.")
        where, timeout = self._functions[name]
        with self._loading:
            if name not in self._handlers:
                module, _, attribute = where.partition(":")
                self._handlers[name] = getattr(importlib.import_module(module), attribute)
            return self._handlers[name], timeout


def _error_object(error: Exception, context: LambdaContext) -> dict[str, Any]:
    return {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "requestId": context.aws_request_id,
        "stackTrace": traceback.format_tb(error.__traceback__),
    }
