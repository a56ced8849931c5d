"""What ECS and EC2 serve beside a container, on a loopback port: answers as told, slow and broken ones too."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[["Asked"], "tuple[int, bytes] | None"]


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: socket.socket


@dataclass
class PlatformServer:
    """`answers`: path -> what is answered; None when the answer was written by hand."""

    answers: dict[str, Answer] = field(default_factory=dict[str, Answer])
    asked: list[Asked] = field(default_factory=list[Asked])
    changed: threading.Condition = field(default_factory=threading.Condition)
    url: str = ""

    def serves(self, path: str, body: Any, status: int = 200) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.answers[path] = lambda _: (status, data)

    def wait_for(self, condition: Callable[[], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(condition, 100), [each.body for each in self.asked]


@contextmanager
def platform_server() -> Generator[PlatformServer]:
    state = PlatformServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked = Asked(self.command, self.path, dict(self.headers), body, self.connection)
            answer = state.answers.get(self.path, lambda _: (404, b"not here"))(asked)
            with state.changed:
                state.asked.append(asked)
                state.changed.notify_all()
            if answer is None:
                self.close_connection = True
                return
            self.send_response(answer[0])
            self.send_header("Content-Length", str(len(answer[1])))
            self.end_headers()
            self.wfile.write(answer[1])

        do_PUT = do_GET

        def log_message(self, *_: object) -> None:
            """Says nothing: a test's output is its failures."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Clients that give up are what is tested."""

    server = Server(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def never(asked: Asked) -> None:
    """Says nothing until the other side gives up."""
    asked.connection.recv(1)


def dripping(asked: Asked) -> None:
    """A byte of a header at a time, for ever: every single wait of the reader is a short one."""
    asked.connection.sendall(b"HTTP/1.1 200 OK\r\n")
    over = threading.Event()
    try:
        while not over.wait(0.02):
            asked.connection.sendall(b"X-More: 1\r\n")
    except OSError:
        return


def broken_off(asked: Asked) -> None:
    asked.connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"Networks": [')
    asked.connection.shutdown(socket.SHUT_RDWR)


def not_http(asked: Asked) -> None:
    asked.connection.sendall(b"\x00\x01\x02 hello\r\n\r\n")
    asked.connection.shutdown(socket.SHUT_RDWR)


def endless(asked: Asked) -> None:
    asked.connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    try:
        while True:
            asked.connection.sendall(b"x" * 65536)
    except OSError:
        return
