"""What every child of `parley up` does first: JSON logs, the sockets it inherits, and an end when its parent ends."""

import contextlib
import json
import logging
import os
import signal
import socket
import sys
import threading
import time
from datetime import UTC, datetime

LIFELINE = "PARLEY_LIFELINE_FD"
LISTENER = "PARLEY_LISTENER_FD"
READY = b"R"
# An orphan that cannot end by SIGTERM in this time ends at once.
_ORPHAN_PATIENCE_SECONDS = 2.0


class Child:
    """This process as its parent sees it. Without a parent (run by hand) the lifeline is absent."""

    def __init__(self, lifeline: socket.socket | None, listener: socket.socket | None) -> None:
        self._lifeline = lifeline
        self.listener = listener

    def ready(self) -> None:
        """Tells the parent that requests are answered from now on."""
        if self._lifeline is not None:
            self._lifeline.send(READY)


def begin() -> Child:
    """Call first, from the main thread."""
    log_as_json()
    lifeline, listener = _inherited(LIFELINE), _inherited(LISTENER)
    if lifeline is not None:
        threading.Thread(target=_end_with_parent, args=(lifeline,), name="lifeline", daemon=True).start()
    return Child(lifeline, listener)


def log_as_json() -> None:
    """One JSON object per line on stdout, which the parent has pointed at the log file."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_JsonLine())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for chatty in ("botocore", "boto3", "urllib3", "s3transfer", "werkzeug", "moto", "httpx"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _inherited(name: str) -> socket.socket | None:
    number = os.environ.pop(name, "")
    if not number:
        return None
    inherited = socket.socket(fileno=int(number))
    inherited.set_inheritable(False)
    return inherited


def _end_with_parent(lifeline: socket.socket) -> None:
    # The parent never writes: recv returns when it closes its end, by its death too, kill -9 included.
    with contextlib.suppress(OSError):
        lifeline.recv(1)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_ORPHAN_PATIENCE_SECONDS)
    os._exit(1)


class _JsonLine(logging.Formatter):
    _PLAIN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "taskName"}

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **{key: value for key, value in record.__dict__.items() if key not in self._PLAIN},
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)
