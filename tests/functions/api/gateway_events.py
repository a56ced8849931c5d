"""Events as API Gateway makes them of a request, field by field as AWS documents its three forms."""

import base64
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

HOST = "id.execute-api.us-east-1.amazonaws.com"
AGENT = "curl/8.5.0"
# What an HTTP API hands on as it is; everything else comes in base64. A REST API does so where it is told `*/*`.
TEXT_TYPES = ("text/", "application/json", "application/javascript", "application/xml")


@dataclass(frozen=True)
class Sent:
    """A request as a client sends it. `query` as pairs, so that a name may come twice."""

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict[str, str])
    body: bytes | None = None
    query: tuple[tuple[str, str], ...] = ()
    cookies: tuple[str, ...] = ()
    source_ip: str = "203.0.113.7"
    request_id: str = "JKJaXmPLvHcESHA="

    def gateway_headers(self) -> dict[str, str]:
        """Lower-case names, as HTTP APIs have them, with what the gateway adds."""
        added = {"host": HOST, "user-agent": AGENT, "x-forwarded-for": self.source_ip, "x-forwarded-port": "443"}
        sent = {name.lower(): value for name, value in self.headers.items()}
        length = {} if self.body is None else {"content-length": str(len(self.body))}
        trace = {"x-forwarded-proto": "https", "x-amzn-trace-id": "Root=1-5e6722a7-cc56xmpl46db7ae02d4da47e"}
        return {**added, **trace, **length, **sent}

    def carried(self) -> dict[str, Any]:
        """`body` and `isBase64Encoded`."""
        if self.body is None:
            return {"isBase64Encoded": False}
        if self.gateway_headers().get("content-type", "").startswith(TEXT_TYPES):
            return {"body": self.body.decode(), "isBase64Encoded": False}
        return {"body": base64.b64encode(self.body).decode(), "isBase64Encoded": True}


def http_api(sent: Sent) -> dict[str, Any]:
    """Payload format 2.0: cookies apart, repeated query names joined by commas beside the raw string, paths decoded."""
    together: dict[str, list[str]] = defaultdict(list)
    for name, value in sent.query:
        together[name].append(value)
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": sent.path,
        "rawQueryString": urlencode(sent.query),
        "headers": sent.gateway_headers(),
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "id",
            "domainName": HOST,
            "domainPrefix": "id",
            "http": {
                "method": sent.method,
                "path": sent.path,
                "protocol": "HTTP/1.1",
                "sourceIp": sent.source_ip,
                "userAgent": AGENT,
            },
            "requestId": sent.request_id,
            "routeKey": "$default",
            "stage": "$default",
            "time": "10/Jun/2026:12:00:00 +0000",
            "timeEpoch": 1781092800000,
        },
        **sent.carried(),
    }
    if sent.cookies:
        event["cookies"] = list(sent.cookies)
    if together:
        event["queryStringParameters"] = {name: ",".join(values) for name, values in together.items()}
    return event


def http_api_1(sent: Sent) -> dict[str, Any]:
    """An HTTP API that was told payload format 1.0: a REST API's event with a version."""
    return {"version": "1.0", **rest_api(sent)}


def rest_api(sent: Sent) -> dict[str, Any]:
    """A REST API's proxy event: every collection twice, single and multiple, and null where it is empty."""
    headers = sent.gateway_headers()
    if sent.cookies:
        headers["Cookie"] = "; ".join(sent.cookies)
    together: dict[str, list[str]] = defaultdict(list)
    for name, value in sent.query:
        together[name].append(value)
    return {
        "resource": "/{proxy+}",
        "path": quote(sent.path, safe="/%"),
        "httpMethod": sent.method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": {name: values[-1] for name, values in together.items()} or None,
        "multiValueQueryStringParameters": dict(together) or None,
        "pathParameters": {"proxy": sent.path.lstrip("/")},
        "stageVariables": None,
        "requestContext": {
            "resourceId": "123456",
            "resourcePath": "/{proxy+}",
            "httpMethod": sent.method,
            "extendedRequestId": "JKJaXmPLvHcESHA=",
            "requestTime": "10/Jun/2026:12:00:00 +0000",
            "path": f"/v1{sent.path}",
            "accountId": "123456789012",
            "protocol": "HTTP/1.1",
            "stage": "v1",
            "domainPrefix": "id",
            "requestTimeEpoch": 1781092800000,
            "requestId": sent.request_id,
            "identity": {"sourceIp": sent.source_ip, "userAgent": AGENT, "accessKey": None, "caller": None},
            "domainName": HOST,
            "apiId": "id",
        },
        "body": None,
        **sent.carried(),
    }


FORMS = {"http-2.0": http_api, "http-1.0": http_api_1, "rest": rest_api}
