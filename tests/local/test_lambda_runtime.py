import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from local.functions_process import InvocationServer
from local.lambda_runtime import LambdaContext, LambdaRuntime, UnknownFunction
from tests.waiting import HANG_SECONDS


class StepRejected(Exception):
    """Stands for an error by whose name the state machine decides."""


def echo(event: Any, context: LambdaContext) -> Any:
    assert 0 < context.get_remaining_time_in_millis() <= 30_000
    return {"event": event, "arn": context.invoked_function_arn, "request": context.aws_request_id}


def fail(event: Any, _context: LambdaContext) -> Any:
    raise StepRejected(f"no {event['what']}")


RUNTIME = LambdaRuntime({"parley-echo": (f"{__name__}:echo", 30), "parley-fail": (f"{__name__}:fail", 30)})


def test_a_function_gets_its_event_and_a_context() -> None:
    outcome = RUNTIME.invoke_payload("parley-echo", b'{"a": 1}')
    answer = json.loads(outcome.payload)
    assert not outcome.failed
    assert answer["event"] == {"a": 1}
    assert answer["arn"].endswith(":function:parley-echo")
    assert answer["request"] == outcome.request_id


def test_an_exception_is_told_as_lambda_tells_it() -> None:
    outcome = RUNTIME.invoke_payload("parley-fail", b'{"what": "money"}')
    error = json.loads(outcome.payload)
    assert outcome.failed
    assert error["errorType"] == "StepRejected"
    assert error["errorMessage"] == "no money"
    assert error["requestId"] == outcome.request_id
    assert any("in fail" in line for line in error["stackTrace"])


def test_an_event_source_sees_the_exception_itself() -> None:
    with pytest.raises(StepRejected):
        RUNTIME.invoke("parley-fail", {"what": "x"})


def test_an_unknown_function_is_said_to_be_unknown() -> None:
    with pytest.raises(UnknownFunction):
        RUNTIME.invoke("parley-other", {})


@pytest.fixture
def address() -> Iterator[str]:
    server = InvocationServer(socket.create_server(("127.0.0.1", 0)), RUNTIME)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/invoke"
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_invocation_by_http_answers_as_lambda_does(address: str) -> None:
    good = httpx.post(f"{address}/parley-echo", json={"a": 1}, timeout=HANG_SECONDS)
    assert (good.status_code, good.json()["event"]) == (200, {"a": 1})
    assert "x-amz-function-error" not in good.headers
    failed = httpx.post(f"{address}/parley-fail", json={"what": "money"}, timeout=HANG_SECONDS)
    assert (failed.status_code, failed.headers["x-amz-function-error"]) == (200, "Unhandled")
    assert failed.json()["errorType"] == "StepRejected"
    unknown = httpx.post(f"{address}/parley-other", json={}, timeout=HANG_SECONDS)
    assert (unknown.status_code, unknown.headers["x-amzn-errortype"]) == (404, "ResourceNotFoundException")
    assert unknown.headers["x-amzn-requestid"]
