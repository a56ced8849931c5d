"""The pages for people: what they are made of, and who gets the test key."""

import asyncio
import re
from pathlib import Path

import httpx
import pytest

from local.pages import build_pages, is_page
from local.state import ApiKeys, StateFolder

HERE = "http://127.0.0.1:8080"
OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def state(tmp_path: Path) -> StateFolder:
    state = StateFolder(tmp_path)
    state.keep_api_keys(ApiKeys("ten_1", test="tic_test_a", live="tic_live_b"))
    return state


class Browser:
    """Asks the pages in this process, from a given address."""

    def __init__(self, state: StateFolder, url: str = HERE, peer: str = "127.0.0.1") -> None:
        self._transport = httpx.ASGITransport(build_pages(state, HERE), client=(peer, 4711))
        self._url = url

    def get(self, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
        async def ask() -> httpx.Response:
            async with httpx.AsyncClient(transport=self._transport, base_url=self._url) as client:
                return await client.get(path, headers=headers)

        return asyncio.run(ask())


@pytest.fixture
def browser(state: StateFolder) -> Browser:
    return Browser(state)


def test_the_page_brings_all_that_it_names_from_here(browser: Browser) -> None:
    page = browser.get("/")
    assert page.headers["content-type"].startswith("text/html")
    named = re.findall(r'(?:src|href)="(/web/[^"]+)"', page.text)
    assert len(named) >= 3
    for path in named:
        assert browser.get(path).status_code == 200, path
    assert not re.findall(r"https?://|<script>|<style>| style=| on\w+=", page.text)


def test_nothing_may_be_run_that_is_not_a_file_of_ours(browser: Browser) -> None:
    policy = browser.get("/").headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src 'self';" in policy and "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert browser.get("/web/player/player.js").headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/web/", "/web/dev/worklet.d.ts", "/web/player/%2e%2e/%2e%2e/pyproject.toml"])
def test_only_what_a_browser_runs_is_shown(browser: Browser, path: str) -> None:
    assert browser.get(path).status_code == 404


def test_the_api_and_the_storage_keep_their_paths() -> None:
    assert is_page("/") and is_page("/docs") and is_page("/web/page/main.js")
    assert not any(is_page(path) for path in ("/api/v1/avatars", "/openapi.json", "/webhooks", "/local"))


@pytest.mark.parametrize("url", [HERE, "http://localhost:8080", "http://[::1]:8080"])
def test_a_page_on_this_machine_gets_the_test_key(state: StateFolder, url: str) -> None:
    answer = Browser(state, url).get("/local/test-key", headers=OWN_PAGE)
    assert answer.json() == {"key": "tic_test_a"}
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("url", "peer", "headers"),
    [
        (HERE, "127.0.0.1", {}),
        (HERE, "127.0.0.1", {"Sec-Fetch-Site": "cross-site"}),
        (HERE, "127.0.0.1", {"Sec-Fetch-Site": "same-site"}),
        (HERE, "127.0.0.1", {"Sec-Fetch-Site": "none"}),
        (HERE, "127.0.0.1", {**OWN_PAGE, "Origin": "https://example.com"}),
        (HERE, "127.0.0.1", {**OWN_PAGE, "X-Forwarded-For": "203.0.113.7"}),
        (HERE, "192.168.1.20", OWN_PAGE),
        ("http://rebound.example:8080", "127.0.0.1", OWN_PAGE),
        ("http://127.0.0.1.example:8080", "127.0.0.1", OWN_PAGE),
    ],
)
def test_nobody_else_gets_a_key(state: StateFolder, url: str, peer: str, headers: dict[str, str]) -> None:
    answer = Browser(state, url, peer).get("/local/test-key", headers=headers)
    assert answer.status_code == 403
    assert "tic_" not in answer.text
