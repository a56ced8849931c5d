"""`parley up` in a browser: one's own portrait, brought by the page, speaks live and is interrupted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import cv2

from local.presenter import draw_presenter
from tests.e2e.conftest import RunningPlatform
from tests.web.conftest import browser, page  # noqa: F401

if TYPE_CHECKING:
    from playwright.sync_api import Page


def test_a_portrait_is_brought_speaks_and_is_interrupted(platform: RunningPlatform, page: Page) -> None:  # noqa: F811
    from playwright.sync_api import expect

    _, png = cv2.imencode(".png", cv2.cvtColor(draw_presenter(512), cv2.COLOR_RGB2BGR))
    status, words = page.get_by_role("status"), page.get_by_label("What it says")
    page.goto(platform.base_url)
    portrait = {"name": "Visitor.png", "mimeType": "image/png", "buffer": png.tobytes()}
    page.get_by_label("Your own portrait").set_input_files([portrait])
    expect(status).to_have_text("Visitor is ready.")
    words.fill("Good morning.")
    words.press("Control+Enter")
    expect(status).to_have_text("Visitor has spoken.")
    assert re.fullmatch(r"\d+ ms", page.locator("#first").inner_text())
    words.fill("One two three four five six seven eight nine ten. " * 20)
    words.press("Control+Enter")
    expect(status).to_have_text("Visitor is speaking.")
    page.keyboard.press("Escape")
    expect(status).to_have_text("Interrupted.")
    expect(page.get_by_role("img", name="Visitor, at rest")).to_be_visible()
