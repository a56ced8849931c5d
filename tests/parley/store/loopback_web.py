"""A web server on loopback whose every answer is written byte by byte by the test: good, broken or hostile."""

import socket
import socketserver
import ssl
import threading
from collections.abc import Callable
from typing import Self

Script = Callable[["Web", socket.socket], None]


def answer(status: int, body: bytes = b"", **headers: str) -> Script:
    """An ordinary answer; headers are named with underscores, a Content-Length is added unless given."""
    fields = {name.replace("_", "-").title(): value for name, value in headers.items()}
    fields.setdefault("Content-Length", str(len(body)))
    head = f"HTTP/1.1 {status} X\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return lambda _web, connection: connection.sendall(head.encode() + b"\r\n" + body)


def raw(data: bytes) -> Script:
    """These bytes, then the end of the connection."""
    return lambda _web, connection: connection.sendall(data)


def endless(head: bytes, piece: bytes) -> Script:
    """`head`, then `piece` again and again for as long as anyone listens."""

    def write(web: "Web", connection: socket.socket) -> None:
        connection.sendall(head)
        while not web.over.is_set():
            connection.sendall(piece * 64)

    return write


def trickle(head: bytes, piece: bytes) -> Script:
    """`head`, then one `piece` every 10 ms: never silent for long, never done."""

    def write(web: "Web", connection: socket.socket) -> None:
        connection.sendall(head)
        while not web.over.wait(0.01):
            connection.sendall(piece)

    return write


def silence(web: "Web", _connection: socket.socket) -> None:
    """Nothing at all."""
    web.over.wait()


class Web:
    """Serves `routes` (path -> script) on 127.0.0.1 and keeps each request's head in `heads`, in order."""

    def __init__(self, tls: ssl.SSLContext | None = None, before_tls: Script | None = None) -> None:
        self.routes: dict[str, Script] = {}
        self.heads: list[str] = []
        self.over = threading.Event()
        web = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                try:
                    if before_tls:
                        before_tls(web, self.request)
                    web._serve(tls.wrap_socket(self.request, server_side=True) if tls else self.request)
                except OSError:
                    return  # the client hung up, which is what most of these tests want of it

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    @property
    def paths(self) -> list[str]:
        """The request targets seen so far."""
        return [head.split(" ")[1] for head in self.heads]

    def url(self, path: str, host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    def _serve(self, connection: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            if not (data := connection.recv(65536)):
                return
            head += data
        self.heads.append(head.decode("latin-1"))
        self.routes.get(self.paths[-1], answer(404))(self, connection)
        if isinstance(connection, ssl.SSLSocket):
            connection.close()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)
