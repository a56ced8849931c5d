"""The player in a real browser: turns heard and seen to their end, interrupted, cut, refused."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from local.presenter import draw_presenter
from renderer.rig import build_rig
from tests.web.turn_server import TurnServer
from tests.web.turns import FPS, measured, spoken

if TYPE_CHECKING:
    from playwright.sync_api import Page

STAGE = (Path(__file__).parent / "stage.js").read_text("utf-8")
SECONDS = 3


@pytest.fixture(scope="module")
def turns(server: TurnServer) -> TurnServer:
    face = spoken(build_rig(draw_presenter(512)), "Pam may buy a big blue map.", "h264")
    server.turns["face"] = (face, "whole")
    for codec in ("h264", "jpeg", "i420"):
        server.turns[codec] = (measured(SECONDS, codec), "paced")
    long = measured(8, "jpeg")
    server.turns |= {"long": (long, "paced"), "cut": (long[:60], "cut"), "hung": (long[:60], "hung")}
    return server


@pytest.fixture
def stage(turns: TurnServer, page: Page) -> Page:
    return staged(turns, page, {})


def staged(turns: TurnServer, page: Page, options: dict[str, Any]) -> Page:
    page.goto(turns.url + "/stage")
    page.evaluate(STAGE, options)
    return page


def names(played: Any) -> list[str]:
    return [event["type"] for event in played["told"]]


@pytest.mark.parametrize("codec", ["h264", "jpeg", "i420"])
def test_a_turn_plays_to_its_end_with_every_picture_at_its_sound(stage: Page, codec: str) -> None:
    played = stage.evaluate("(codec) => stage.play(codec, stage.offsets)", codec)
    assert played["ended"] == {
        "turnId": "trn_test", "reason": "completed", "samples": SECONDS * 24_000, "frames": SECONDS * FPS,
        "billedCreditMicros": 0,
    }  # fmt: skip
    assert names(played) == ["speechstart", "text", "speechend", "ended"]
    lasted = played["told"][2]["at"] - played["told"][0]["at"]
    assert lasted == pytest.approx(1000 * SECONDS, abs=400)
    figures = played["statistics"]
    assert figures["shownFrames"] + figures["droppedFrames"] <= SECONDS * FPS
    # Other tests run meanwhile: the browser misses refreshes of the screen then.
    assert figures["shownFrames"] > 0.4 * SECONDS * FPS
    offsets = sorted(abs(offset) for offset in played["seen"])
    assert len(offsets) > 30
    assert statistics.median(offsets) < 0.010
    assert offsets[int(0.9 * len(offsets))] <= 0.020, offsets[-10:]
    assert abs(figures["driftMs"]) < 20


def test_the_face_moves_while_it_is_heard_and_rests_between_turns(stage: Page) -> None:
    played = stage.evaluate("() => stage.play('face', stage.watched)")
    assert played["ended"]["reason"] == "completed"
    loud = [moment["change"] for moment in played["seen"] if moment["loud"] > 0.02]
    assert len(loud) > 20
    assert statistics.mean(loud) > 0.05
    # After the cross-over to the picture at rest nothing moves.
    still = """async () => {
      await new Promise((done) => setTimeout(done, 400));
      const before = stage.pixels().data;
      for (let refresh = 0; refresh < 5; refresh++) await new Promise(requestAnimationFrame);
      const after = stage.pixels().data;
      return [before.every((value, at) => value === after[at]), Math.max(...after.subarray(0, 4000))];
    }"""
    unchanged, brightest = stage.evaluate(still)
    assert unchanged and brightest > 0


def test_it_tells_when_the_first_picture_was_seen_with_its_sound(stage: Page) -> None:
    stage.evaluate("() => stage.play('face')")
    figures = stage.evaluate("() => stage.player.statistics")
    assert 0 < figures["timeToFirstFrameMs"] < 2000
    assert figures["bytes"] > 10_000
    assert figures["stalls"] == 0


def test_interrupt_is_silence_at_once_and_the_server_is_told(stage: Page, turns: TurnServer) -> None:
    heard = """async () => {
      const { player, told, tap } = stage;
      const playing = stage.play("long");
      while (!told.some(({ type }) => type === "speechstart")) await new Promise(requestAnimationFrame);
      await new Promise((done) => setTimeout(done, 500));
      const began = performance.now();
      const over = player.interrupt();
      const { ended } = await playing;
      await over;
      const quietAfterMs = performance.now() - began;
      return { ended, told, quietAfterMs, loud: Math.max(...tap().map(Math.abs)), speaking: player.speaking };
    }"""
    played = stage.evaluate(heard)
    assert played["ended"]["reason"] == "interrupted"
    assert played["loud"] == 0 and played["speaking"] is False
    assert played["quietAfterMs"] < 1000
    assert turns.interrupted.is_set()
    assert "error" not in names(played)
    again = stage.evaluate("() => stage.play('jpeg')")
    assert again["ended"]["reason"] == "completed"


def test_a_cut_connection_is_told_after_what_came_was_heard(stage: Page) -> None:
    played = stage.evaluate("() => stage.play('cut')")
    assert played["ended"]["reason"] == "failed"
    error = played["told"][-2]
    assert (error["type"], error["code"], error["retryable"]) == ("error", "connection_lost", True)
    # A browser throws away what it received and nobody read yet: a busy one may have read nothing.
    assert names(played) in (["speechstart", "text", "speechend", "error", "ended"], ["error", "ended"])


def test_a_server_that_says_nothing_more_is_a_stall_and_then_a_lost_connection(turns: TurnServer, page: Page) -> None:
    staged(turns, page, {"patienceMs": 700})
    played = page.evaluate("() => stage.play('hung')")
    assert played["ended"]["reason"] == "failed"
    assert [name for name in names(played) if name in ("stall", "error")] == ["stall", "error"]
    assert played["statistics"]["stalls"] == 1


def test_a_refusal_is_told_in_the_servers_words(stage: Page) -> None:
    played = stage.evaluate("() => stage.play('none')")
    assert played["ended"]["reason"] == "failed"
    assert played["told"][0]["message"] == "There is no such turn."
    assert names(played) == ["error", "ended"]
