"""The process of our Lambda functions: answers invocations, plays the event sources, runs the sweeper."""

import json
import logging
import os
import signal
import socket
import threading
import uuid
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from typing import cast

from local import child
from local.cloud.loopback import is_from_a_browser
from local.lambda_runtime import LambdaRuntime, UnknownFunction

_log = logging.getLogger(__name__)


def main() -> None:
    """Until SIGTERM, or until the parent ends."""
    process = child.begin()
    runtime = LambdaRuntime()
    server = InvocationServer(process.listener or socket.create_server(("127.0.0.1", 0)), runtime)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    threading.Thread(target=server.serve_forever, name="invocations", daemon=True).start()
    # Read while the cloud is still starting: this costs no time.
    import_module("local.presenter_seeding")
    _make_keys()
    undrawn = _announce_presenters()
    start_event_sources(runtime)
    process.ready()
    runtime.preload()
    drawing = _draw_presenters() if undrawn else None
    threading.Event().wait()
    del drawing  # held till now: the process that draws ends with it


def start_event_sources(runtime: LambdaRuntime) -> None:
    """One thread per queue, and the sweeper's. A batch cut off by the end of the process comes back by itself."""
    import boto3

    from local.event_sources import EVENT_SOURCES, QueuePoller, Sweeper

    sqs = boto3.client("sqs")
    for source in EVENT_SOURCES:
        QueuePoller(source, f"{os.environ['PARLEY_QUEUES']}/{source.queue}", sqs, runtime.invoke).start()
    Sweeper(runtime.invoke).start()


class InvocationServer(ThreadingHTTPServer):
    """POST /invoke/<function>, as the cloud forwards it."""

    daemon_threads = True

    def __init__(self, listener: socket.socket, runtime: LambdaRuntime) -> None:
        super().__init__(listener.getsockname()[:2], _Invocation, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self.runtime = runtime


class _Invocation(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        payload = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if is_from_a_browser(self.headers.get("Origin"), self.headers.get("Host", "")):
            self._answer(403, b"{}", {})
            return
        name = self.path.removeprefix("/invoke/")
        try:
            server = cast(InvocationServer, self.server)
            outcome = server.runtime.invoke_payload(name, payload)
        except UnknownFunction as error:
            said = json.dumps({"Type": "User", "Message": str(error)}).encode()
            headers = {"x-amzn-RequestId": str(uuid.uuid4()), "x-amzn-errortype": "ResourceNotFoundException"}
            self._answer(404, said, headers)
            return
        headers = {"x-amzn-RequestId": outcome.request_id, "X-Amz-Executed-Version": "$LATEST"}
        if outcome.failed:
            headers["X-Amz-Function-Error"] = "Unhandled"
        self._answer(200, outcome.payload, headers)

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        del format, args


def _make_keys() -> None:
    # The stores that the handlers use: opened once, while the cloud is still starting.
    from functions.deployed import stores
    from local.first_keys import ensure_keys
    from local.state import StateFolder

    table, pepper = stores().table, stores().settings.pepper
    state = StateFolder(Path(os.environ["PARLEY_STATE"]))
    ensure_keys(state, table, os.environ.get("PARLEY_PLAN") or None, pepper, datetime.now(UTC))


def _draw_presenters() -> socket.socket:
    from local.presenter_seeding import start_drawing

    return start_drawing()


def _announce_presenters() -> bool:
    """Whether there is any to draw."""
    from functions.deployed import stores
    from local.presenter_seeding import announce_presenters

    return announce_presenters(stores())


if __name__ == "__main__":
    main()
