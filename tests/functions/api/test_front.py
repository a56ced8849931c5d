"""What the cloud puts before the API: one front that is not to be walked around, its host in links, and the pages."""

import asyncio
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from starlette.requests import Request

from functions.api.front import HEADER, ThroughTheFront, absolute
from functions.api.pages import add_pages
from functions.api.services import ApiOptions

ORIGIN_HEADER = HEADER.decode()
WEB = Path(__file__).parents[3] / "web"


def get(app: FastAPI, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="https://avatars.example.com") as client:
            return await client.get(path, headers=headers)

    return asyncio.run(ask())


def app() -> FastAPI:
    made = FastAPI()
    made.add_api_route("/health", lambda: {"status": "ok"})
    made.add_middleware(ThroughTheFront, token="0f5a")
    return made


def test_who_came_round_the_front_is_sent_there() -> None:
    made = app()
    assert get(made, "/health", headers={ORIGIN_HEADER: "0f5a"}).status_code == 200
    for headers in ({}, {ORIGIN_HEADER: "0f5b"}, {ORIGIN_HEADER: ""}):
        refused = get(made, "/health", headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (403, "wrong_address")


@pytest.mark.parametrize(
    ("url", "seen"),
    [("/billing", "https://avatars.example.com/billing"), ("https://pay.example.com/x", "https://pay.example.com/x")],
)
def test_a_path_becomes_a_url_where_the_caller_found_us(url: str, seen: str) -> None:
    headers = [(b"host", b"abc.lambda-url.eu-west-1.on.aws"), (b"x-forwarded-host", b"avatars.example.com")]
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": headers}
    assert absolute(Request(scope), url) == seen


def test_the_environment_tells_of_front_and_pages() -> None:
    told = ApiOptions.from_env({"ORIGIN_TOKEN": "0f5a", "PAGES_FOLDER": "/opt", "BILLING_URL": "/billing"})
    assert told == replace(ApiOptions(), origin_token="0f5a", pages_folder="/opt", billing_url="/billing")
    assert ApiOptions.from_env({}) == ApiOptions()


def test_the_pages_are_served_beside_the_api() -> None:
    made = FastAPI()
    add_pages(made, WEB)
    page = get(made, "/")
    assert page.status_code == 200 and "default-src 'none'" in page.headers["content-security-policy"]
    assert get(made, "/web/player/mux.js").status_code == 200
    assert get(made, "/web/dev/worklet.d.ts").status_code == 404
    assert get(made, "/web/page/../index.html").status_code == 404
