"""How requests made from the OpenAPI document are chosen, sent and judged: the same ones in every run."""

from typing import Any

import requests
from hypothesis import HealthCheck, Phase, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
# Answered by the realtime app, and put to the test with it.
REALTIME = "prepareRealtime realtimeTurn interruptTurn"
# Answered there too, but a WebSocket: no request of the document's reaches it.
STREAM = "openRealtimeStream"
_REQUEST_ARGUMENTS = ("method", "url", "headers", "files", "data", "params", "cookies", "json")


def examples(most: int) -> settings:
    return settings(
        max_examples=most,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


def as_sent(case: Case, base_url: str, key: str) -> tuple[str, str, dict[str, Any]]:
    """(method, URL, headers and content): the very bytes that `requests` would send, by the bearer of `key`."""
    arguments = case.as_transport_kwargs(base_url=base_url)
    known = {name: value for name, value in arguments.items() if name in _REQUEST_ARGUMENTS}
    prepared = requests.Request(**known).prepare()
    body = prepared.body.encode() if isinstance(prepared.body, str) else prepared.body
    headers = {name: value if isinstance(value, bytes) else value.encode() for name, value in prepared.headers.items()}
    headers["Authorization"] = f"Bearer {key}".encode()
    return str(prepared.method), str(prepared.url), {"headers": headers, "content": body}
