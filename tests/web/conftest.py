"""Debian's Chromium, driven by Playwright, and a real server that sends turns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.waiting import HANG_SECONDS
from tests.web.browsers import FLAGS, chromium
from tests.web.turn_server import TurnServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for each module: while it is driven, no other test can run an event loop of its own."""
    program = chromium()
    if program is None:
        pytest.skip("no Chromium to drive: `apt-get install chromium` and `make setup-dev` bring what is needed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=program, headless=True, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TurnServer]:
    server = TurnServer(tmp_path_factory.mktemp("state"))
    yield server
    server.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that had no error of its own when the test is over."""
    from playwright.sync_api import expect

    errors: list[str] = []
    page = browser.new_page()
    # What is waited for comes, however busy the machine is; Playwright's own bounds are 5 and 30 s.
    page.set_default_timeout(1000 * HANG_SECONDS)
    expect.set_options(timeout=1000 * HANG_SECONDS)
    page.on("pageerror", lambda error: errors.append(str(error)))
    # The first sound of a browser starts its sound service, which may take a busy machine longer than the player waits.
    page.evaluate("async () => { const first = new AudioContext(); await first.resume(); await first.close(); }")
    yield page
    page.close()
    assert errors == []
