"""A cloud on one port for a test: moto's server, its real state-machine interpreter, and functions that are ours."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from unittest.mock import patch
from urllib.parse import unquote

import boto3
from moto.moto_api._internal import moto_api_backend
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

from local.cloud.interpreter import let_workers_be_quick
from local.cloud.queues import make_receives_exclusive
from local.cloud.tables import TABLES_LOCK

ACCOUNT = "123456789012"
REGION = "us-east-1"
FUNCTION_ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/parley"

Handler = Callable[[dict[str, Any], object], Any]


class MotoCloud:
    """`functions` maps names to Lambda handlers: whoever invokes one, boto3 or the interpreter, reaches our code."""

    def __init__(self) -> None:
        self.functions: dict[str, Handler] = {}
        self.invoked: list[tuple[str, Any]] = []
        _make_moto_safe()
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True, request_handler=_quiet())
        self.url = f"http://127.0.0.1:{self._server.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return self._server.port

    def client(self, service: str) -> Any:
        return boto3.client(service, region_name=REGION, endpoint_url=self.url)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def _answer(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        parts = environ["PATH_INFO"].split("/")
        if parts[1:3] == ["2015-03-31", "functions"] and parts[-1] == "invocations":
            event = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
            return self._invoke(unquote(parts[3]).rpartition(":")[2], event, start)
        if environ.get("HTTP_X_AMZ_TARGET", "").startswith("DynamoDB_"):
            with TABLES_LOCK:
                return list(self._moto(environ, start))
        return self._moto(environ, start)

    def _invoke(self, name: str, event: Any, start: Callable[..., Any]) -> Iterable[bytes]:
        self.invoked.append((name, event))
        headers = [("Content-Type", "application/json")]
        try:
            answer = self.functions[name](event, None)
        except Exception as error:  # exactly what the Lambda runtime does with it
            answer = {"errorType": type(error).__name__, "errorMessage": str(error), "stackTrace": []}
            headers.append(("X-Amz-Function-Error", "Unhandled"))
        start("200 OK", headers)
        return [json.dumps(answer).encode()]


@contextmanager
def moto_cloud() -> Iterator[MotoCloud]:
    """An empty cloud that every boto3 client made without an endpoint reaches, and that is gone afterwards."""
    cloud = MotoCloud()
    environment = {
        "MOTO_PORT": str(cloud.port),
        "AWS_ENDPOINT_URL": cloud.url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
    }
    with patch.dict(os.environ, environment):
        moto_api_backend.reset()
        moto_api_backend.set_config({"stepfunctions": {"execute_state_machine": True}})
        try:
            yield cloud
        finally:
            moto_api_backend.set_config({"stepfunctions": {"execute_state_machine": False}})
            moto_api_backend.reset()
            cloud.close()


@cache
def _make_moto_safe() -> None:
    """As the local platform does: without it a heartbeat that is quicker than the interpreter is refused, and two
    receivers can be given one message."""
    let_workers_be_quick()
    make_receives_exclusive()


@cache
def _quiet() -> Any:
    from moto.moto_server.werkzeug_app import MotoRequestHandler

    class Quiet(MotoRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_request(self, *_: object) -> None:
            """Says nothing: a test's output is its failures."""

    return Quiet
