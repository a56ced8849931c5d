"""The control plane as Lambda calls it: API Gateway's events in, its answers out."""

import base64
import importlib
import json
from typing import Any

import pytest

from parley.domain.spaces import Space
from tests.functions.api.world import PEPPER, PNG, World


class Context:
    aws_request_id = "1"
    function_name = "parley-api"


@pytest.fixture
def handler(world: World, monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ARG001 (the world is the cloud)
    monkeypatch.setenv("KEY_PEPPER", PEPPER)
    return importlib.reload(importlib.import_module("functions.api.handler")).handler


def event(method: str, path: str, key: str = "", body: bytes = b"", content_type: str = "application/json") -> Any:
    """An HTTP API's event, payload version 2.0."""
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"authorization": f"Bearer {key}", "content-type": content_type, "content-length": str(len(body))},
        "requestContext": {
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "t"},
            "stage": "$default",
        },
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }


def test_the_handler_answers_api_gateway(handler: Any, space: Space, key: str) -> None:
    assert json.loads(handler(event("GET", "/health"), Context())["body"]) == {"status": "ok"}
    answer = handler(event("GET", "/api/v1/credits/balance", key), Context())
    assert (answer["statusCode"], json.loads(answer["body"])["tenantId"]) == (200, space.tenant)
    assert handler(event("GET", "/api/v1/avatars"), Context())["statusCode"] == 401
    body = json.dumps({"displayName": "Rin", "sourceKind": "image"}).encode()
    assert handler(event("POST", "/api/v1/avatars", key, body), Context())["statusCode"] == 201


def test_a_binary_upload_comes_through_whole(handler: Any, world: World, space: Space, key: str) -> None:
    form = b'--b\r\nContent-Disposition: form-data; name="file"; filename="r.png"\r\n\r\n' + PNG + b"\r\n--b--\r\n"
    asked = event("POST", "/api/v1/assets", key, form, "multipart/form-data; boundary=b")
    asked["headers"]["prefer"] = "respond-async"
    answer = handler(asked, Context())
    assert answer["statusCode"] == 201, answer["body"]
    assert world.stores.uploads.get(f"assets/{space.path}/{json.loads(answer['body'])['id']}") == PNG
