"""The page at `/`, with a platform behind it that answers as the API does: what is offered, asked for and told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from local.state import ApiKeys, StateFolder
from tests.waiting import HANG_SECONDS
from tests.web.given_platform import TURN, GivenPlatform
from tests.web.turns import measured

if TYPE_CHECKING:
    from playwright.sync_api import Page


WATCH = """
window.shown = [];
window.heeded = 0;
new MutationObserver(() => {
  const status = document.querySelector("#status")?.textContent;
  const caption = document.querySelector("#caption")?.textContent;
  const picture = document.querySelector("#face")?.getAttribute("aria-label");
  if (status !== undefined) shown.push({ status, caption, picture });
}).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
"""
"""Keeps all that the page ever showed."""
HEED = """(said) => {
  const at = shown.findIndex(({ status }, at) => at >= heeded && new RegExp(said).test(status));
  if (at >= 0) heeded = at + 1;
  return at >= 0;
}"""


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GivenPlatform]:
    state = StateFolder(tmp_path_factory.mktemp("state"))
    state.keep_api_keys(ApiKeys("ten_1", test="tic_test_a", live="tic_live_b"))
    picture = cv2.imencode(".png", np.full((64, 64, 3), 180, np.uint8))[1].tobytes()
    platform = GivenPlatform(state, picture, {"short": measured(2, "h264"), "long": measured(120, "jpeg", 4)})
    yield platform
    platform.close()


@pytest.fixture
def page(page: Page) -> Page:
    page.add_init_script(WATCH)
    return page


@pytest.fixture
def opened(platform: GivenPlatform, page: Page) -> Page:
    platform.forget()
    page.goto(platform.url)
    expect_status(page, "Linh is ready.")
    return page


def expect_status(page: Page, said: str) -> None:
    """It says so, after what was expected before; it may have gone on since: a busy browser is asked seldom."""
    page.wait_for_function(HEED, arg=said)


def test_one_presses_enter_and_it_speaks(opened: Page, platform: GivenPlatform) -> None:
    words = opened.get_by_label("What it says")
    words.fill("Xin chào!")
    words.press("Control+Enter")
    expect_status(opened, "Linh is speaking.")
    expect_status(opened, "Linh has spoken.")
    while_speaking = {"status": "Linh is speaking.", "caption": "A measure.", "picture": "Linh, speaking"}
    assert while_speaking in opened.evaluate("shown")
    (asked,) = platform.asked(TURN)
    assert (asked["avatar_id"], asked["mode"], asked["text"]) == ("ava_presenterLinh", "speak_text", "Xin chào!")
    figures = [opened.locator(f"#{name}").inner_text() for name in ("first", "drift", "dropped", "bytes")]
    assert re.fullmatch(r"\d+ ms \S+ ms \d+ \d+ kB", " ".join(figures).replace("-", "")), figures


def test_escape_interrupts_from_anywhere(opened: Page, platform: GivenPlatform) -> None:
    platform.turn = "long"
    opened.get_by_role("button", name="Speak").click()
    expect_status(opened, "speaking")
    opened.keyboard.press("Escape")
    expect_status(opened, "Interrupted.")
    assert platform.interrupted.wait(HANG_SECONDS)
    assert opened.get_by_role("button", name="Interrupt").is_disabled()


def test_a_reply_goes_on_from_what_was_said(opened: Page, platform: GivenPlatform) -> None:
    opened.get_by_label("Mode").select_option("chat")
    for _ in range(2):
        opened.get_by_role("button", name="Speak").click()
        expect_status(opened, "speaking")
        expect_status(opened, "has spoken")
    first, second = (asked["messages"] for asked in platform.asked(TURN))
    assert [message["role"] for message in first] == ["user"]
    assert [message["role"] for message in second] == ["user", "assistant", "user"]
    assert second[1]["content"] == "A measure."


def test_what_the_server_cannot_do_is_not_offered(platform: GivenPlatform, page: Page) -> None:
    platform.forget()
    platform.routes.remove(TURN)
    page.goto(platform.url)
    expect_status(page, "Linh is ready.")
    assert not page.get_by_role("button", name="Speak").is_visible()
    assert not page.get_by_role("button", name="Interrupt").is_visible()
    page.get_by_role("button", name="Make a video").click()
    expect_status(page, "The video is ready: 2.0 s.")
    (asked,) = platform.asked("/api/v1/renders")
    assert asked["captions"] and asked["avatarId"] == "ava_presenterLinh"
    assert page.get_by_role("link", name="Download the video").is_visible()


def test_a_portrait_is_refused_in_the_servers_words_and_taken_when_it_is_good(
    opened: Page, platform: GivenPlatform
) -> None:
    brought = {"name": "me.png", "mimeType": "image/png", "buffer": b"blurred"}
    opened.get_by_label("Your own portrait").set_input_files([brought])
    expect_status(opened, "The picture is blurred. Take a sharper one.")
    opened.get_by_label("Your own portrait").set_input_files([{**brought, "buffer": platform.picture}])
    expect_status(opened, "me is ready.")
    assert opened.get_by_role("radio", name="me").is_checked()


def test_a_presenter_is_chosen_by_keyboard(opened: Page) -> None:
    opened.get_by_role("radio", name="Linh").focus()
    opened.keyboard.press("ArrowRight")
    expect_status(opened, "Marcus is ready.")


def test_where_no_key_is_given_one_is_asked_for(platform: GivenPlatform, page: Page) -> None:
    platform.forget()
    page.route("**/local/test-key", lambda route: route.fulfill(status=403, json={"error": "no"}))
    page.goto(platform.url)
    page.get_by_placeholder("tic_test_").fill("tic_test_a")
    page.get_by_role("button", name="Use this key").click()
    expect_status(page, "Linh is ready.")
    page.reload()
    expect_status(page, "Linh is ready.")


def test_a_platform_that_went_away_is_told(opened: Page) -> None:
    opened.route("**/api/**", lambda route: route.abort())
    opened.get_by_role("button", name="Speak").click()
    expect_status(opened, "The server cannot be reached.")


def test_nothing_is_wider_than_a_phone(opened: Page) -> None:
    opened.set_viewport_size({"width": 320, "height": 640})
    assert opened.evaluate("document.documentElement.scrollWidth") <= 320
