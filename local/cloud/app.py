"""The cloud as one WSGI application: moto's server, and around it what moto lacks (functions, files, a memory)."""

import io
import json
import logging
import socket
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs, unquote

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import BaseWSGIServer, make_server

from local.cloud import queues, tables
from local.cloud.answers import Answer, json_answer
from local.cloud.functions import InvokeFunction
from local.cloud.journal import Journal
from local.cloud.loopback import is_from_a_browser
from local.cloud.objects import Objects, held_notifications
from local.cloud.storage_door import StorageDoor

Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], object]
_SERVICES = ("dynamodb", "s3", "sqs", "stepfunctions")
_FUNCTIONS = "/2015-03-31/functions/"
_log = logging.getLogger(__name__)


class CloudApp:
    """Routes a request; a write that moto accepts is in the journal before its answer leaves."""

    def __init__(self, journal: Journal, objects: Objects, invoke: InvokeFunction) -> None:
        self._journal = journal
        self._objects = objects
        self._invoke = invoke
        self._door = StorageDoor(objects)
        self._moto = DomainDispatcherApplication(create_backend_app)

    def warm_up(self) -> None:
        """Loads the four services we use, so that the first request does not wait for them."""
        for service in _SERVICES:
            self._moto.app_instances[service] = create_backend_app(service)  # type: ignore[arg-type]

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        path: str = environ["PATH_INFO"]
        if is_from_a_browser(environ.get("HTTP_ORIGIN"), environ.get("HTTP_HOST", "")):
            answer = json_answer("403 Forbidden", {"error": "Not for web pages."})
        elif path.startswith(_FUNCTIONS):
            answer = self._invoke(unquote(path[len(_FUNCTIONS) :]).removesuffix("/invocations"), _body(environ))
        elif path.startswith(StorageDoor.PREFIX):
            answer = self._door.answer(environ["REQUEST_METHOD"], path, _body(environ))
        elif environ.get("HTTP_X_AMZ_TARGET", "").startswith("DynamoDB_"):
            answer = self._tables(environ)
        elif _is_object_write(environ):
            answer = self._object_write(environ)
        else:
            queues.answering(environ.get("werkzeug.socket"))
            return self._moto(environ, start_response)
        status, headers, body = answer
        start_response(status, headers)
        return [body]

    def _tables(self, environ: Environ) -> Answer:
        body = _body(environ)
        environ["wsgi.input"] = io.BytesIO(body)
        target = environ["HTTP_X_AMZ_TARGET"].rpartition(".")[2]
        with tables.TABLES_LOCK:
            answer = self._ask_moto(environ)
            if answer[0].startswith("2"):
                places = tables.touched_places(target, json.loads(body))
                if places:
                    self._journal.append(tables.images_of(places))
        return answer

    def _object_write(self, environ: Environ) -> Answer:
        body = _body(environ)
        environ["wsgi.input"] = io.BytesIO(body)
        with held_notifications():
            answer = self._ask_moto(environ)
            if answer[0].startswith("2"):
                for bucket, key in _written_objects(environ, body):
                    self._objects.keep(bucket, key)
        return answer

    def _ask_moto(self, environ: Environ) -> Answer:
        said: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], *_: object) -> Callable[[bytes], object]:
            said.append((status, headers))
            return lambda _data: None

        chunks = self._moto(environ, start_response)
        body = b"".join(chunks)
        return *said[-1], body


class QuietHandler(MotoRequestHandler):
    """Keeps connections open between requests, and does not log each of them."""

    protocol_version = "HTTP/1.1"
    # Head and body of an answer are two writes: with Nagle's algorithm the second waits 40 ms for an acknowledgement.
    disable_nagle_algorithm = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        del code, size

    def log_error(self, format: str, *args: object) -> None:
        _log.warning(format, *args)


def serve(app: Any, listener: socket.socket) -> BaseWSGIServer:
    """A threaded server on a listening socket; call `serve_forever` on it."""
    host, port = listener.getsockname()[:2]
    return make_server(host, port, app, threaded=True, request_handler=QuietHandler, fd=listener.fileno())


def _body(environ: Environ) -> bytes:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if length:
        return environ["wsgi.input"].read(length)
    return environ["wsgi.input"].read() if environ.get("wsgi.input_terminated") else b""


def _is_object_write(environ: Environ) -> bool:
    if environ["REQUEST_METHOD"] not in ("PUT", "POST", "DELETE") or "HTTP_X_AMZ_TARGET" in environ:
        return False
    authorization: str = environ.get("HTTP_AUTHORIZATION", "")
    return "/s3/" in authorization and environ["PATH_INFO"].strip("/") != ""


def _written_objects(environ: Environ, body: bytes) -> list[tuple[str, str]]:
    """Which objects an accepted S3 write may have changed. Path-style addresses only."""
    bucket, _, key = environ["PATH_INFO"].lstrip("/").encode("latin-1").decode().partition("/")
    query = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    if key:
        parts_only = "partNumber" in query or "uploads" in query
        return [] if parts_only else [(bucket, key)]
    if "delete" in query:
        return [(bucket, name) for name in _deleted_keys(body)]
    return []


def _deleted_keys(body: bytes) -> list[str]:
    from xml.etree import ElementTree

    names = [element.text or "" for element in ElementTree.fromstring(body).iter() if element.tag.endswith("Key")]
    return names
