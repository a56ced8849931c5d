"""Fetch: speech from an asset, a text or a URL becomes canonical sound, and its real length is held."""

from __future__ import annotations

import io
import json
import threading
import wave
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from functions.lipsync.failure import StepRejected, StepUnavailable
from parley.domain.errors import Unavailable
from parley.store.fetch import GuardedFetcher
from renderer.stored_speech import load_speech
from tests.functions.events_world import SECOND, World, events_world
from tests.functions.lipsync.steps_stage import (
    caught,
    holds_open,
    ledger_is_sound,
    left_behind,
    place,
    slots_taken,
    sound_asset,
    speech_wav,
    submitted,
)

FETCH = "parley-lipsync-fetch"


class Web(BaseHTTPRequestHandler):
    """Two seconds of sound at /speech.wav, and nothing else."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = speech_wav() if self.path == "/speech.wav" else b""
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "audio/wav")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def web() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Web)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def opened(web: str) -> Iterator[World]:
    with events_world(allow_fetch=(web,)) as world:
        yield world


@pytest.fixture
def world(opened: World) -> World:
    return opened


def test_a_sound_asset_becomes_canonical_sound_and_a_job(world: World) -> None:
    caller = world.tenant()
    render = submitted(world, caller, size=256, fps=30, background="white", seed=7, emotion="sad", intensity=0.7)
    job = world.invoke(FETCH, place(render))
    speech = f"speech/{caller.space.path}/{render.id}.wav"
    assert job == {
        **place(render),
        "rigKey": render.asset_rig_key,
        "speechKey": speech,
        "phonemesKey": None,
        "size": 256,
        "aspectRatio": "1:1",
        "fps": 30,
        "seed": 7,
        "emotion": "sad",
        "intensity": 0.7,
        "background": "#ffffff",
        "backgroundKey": None,
        "captions": None,
        "heartbeatSeconds": 900,
        "timeoutSeconds": 900 + 120 + 6,
    }
    with wave.open(io.BytesIO(world.stores.media.get(speech))) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (48_000, 1, 2)
        assert file.getnframes() == pytest.approx(96_000, abs=100)
    kept = world.stores.renders.get(caller.space, render.id)
    assert (kept.status, kept.started_at) == ("processing", kept.updated_at)


def test_a_text_is_spoken_with_its_phonemes_beside(world: World) -> None:
    caller = world.tenant()
    render = submitted(world, caller, text="Hello there.")
    job = world.invoke(FETCH, place(render))
    media = world.stores.media
    speech = load_speech(media.get(job["speechKey"]), media.get(job["phonemesKey"]))
    assert 0.5 < speech.duration_sec < 3.0
    assert speech.phonemes is not None
    assert any(phoneme.symbol for phoneme in speech.phonemes)
    assert speech.phonemes[-1].end_sec == pytest.approx(speech.duration_sec, abs=0.001)


def test_a_url_is_fetched_through_the_guarded_fetcher(world: World, web: str) -> None:
    caller = world.tenant()
    render = submitted(world, caller, audioUrl=f"http://{web}/speech.wav")
    job = world.invoke(FETCH, place(render))
    assert load_speech(world.stores.media.get(job["speechKey"]), None).duration_sec == pytest.approx(2.0, abs=0.01)


def test_speech_longer_than_was_held_is_topped_up_to_its_real_length(world: World) -> None:
    caller = world.tenant()
    asset = sound_asset(world, caller, speech_wav(4.0), seconds=1.0)
    render = submitted(world, caller, audioAssetId=asset.id)
    assert world.wallet(caller).reserved == SECOND
    world.invoke(FETCH, place(render))
    assert world.wallet(caller).reserved == 4 * SECOND
    assert holds_open(world, caller) == 2
    world.invoke(FETCH, place(render))
    assert world.wallet(caller).reserved == 4 * SECOND


def test_speech_longer_than_the_wallet_can_pay_is_refused_and_all_returns(world: World) -> None:
    caller = world.tenant("sandbox")
    wallet = world.wallet(caller)
    world.stores.wallets.charge(caller.space, world.stores.ids.new("chg"), wallet.balance - 2 * SECOND, world.clock.at)
    asset = sound_asset(world, caller, speech_wav(4.0), seconds=2.0)
    render = submitted(world, caller, audioAssetId=asset.id)
    refused = rejected(world, render)
    kept = world.stores.renders.get(caller.space, render.id)
    assert refused["code"] == "insufficient_credits"
    assert kept.error is not None
    assert (kept.status, kept.error.status) == ("failed", 402)
    assert world.wallet(caller).balance == 2 * SECOND
    assert_nothing_left(world, caller)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"audioUrl": "http://{web}/nothing.wav"}, "url_not_found"),
        ({"text": "\u2028 ... !"}, "text_unspeakable"),
    ],
)
def test_what_cannot_be_spoken_or_fetched_tells_the_render_what_to_change(
    world: World, web: str, body: dict[str, str], code: str
) -> None:
    caller = world.tenant()
    render = submitted(world, caller, **{name: value.format(web=web) for name, value in body.items()})
    refused = rejected(world, render)
    kept = world.stores.renders.get(caller.space, render.id)
    assert refused["code"] == code
    assert kept.error is not None
    assert (kept.error.code, kept.error.status, kept.error.message) == (code, 422, refused["message"])
    assert world.untouched(caller)
    assert_nothing_left(world, caller)


def test_sound_that_cannot_be_decoded_tells_the_render_what_to_change(world: World) -> None:
    caller = world.tenant()
    asset = sound_asset(world, caller, b"RIFF" + bytes(200))
    render = submitted(world, caller, audioAssetId=asset.id)
    assert rejected(world, render)["code"] == "audio_unreadable"
    assert world.untouched(caller)


def test_an_asset_deleted_meanwhile_tells_the_render_so(world: World) -> None:
    caller = world.tenant()
    asset = sound_asset(world, caller, speech_wav())
    render = submitted(world, caller, audioAssetId=asset.id)
    world.stores.assets.delete(caller.space, asset.id, world.clock.at)
    assert rejected(world, render) == {
        "code": "not_found",
        "message": f"There is no asset {asset.id}.",
        "status": 404,
    }
    assert world.untouched(caller)


def test_a_render_canceled_before_its_speech_was_fetched_stays_canceled(world: World) -> None:
    caller = world.tenant()
    render = submitted(world, caller)
    world.stores.renders.refund(caller.space, render.id, "canceled", world.clock.at)
    assert rejected(world, render)["code"] == "render_ended"
    assert world.stores.renders.get(caller.space, render.id).status == "canceled"
    assert world.untouched(caller)


def test_a_render_canceled_while_its_speech_was_fetched_leaves_no_file(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = world.tenant()
    render = submitted(world, caller)
    put_file = type(world.stores.media).put_file

    def cancel_first(self: Any, *args: Any) -> None:
        world.stores.renders.refund(caller.space, render.id, "canceled", world.clock.at)
        put_file(self, *args)

    with monkeypatch.context() as slow:
        slow.setattr(type(world.stores.media), "put_file", cancel_first)
        world.invoke(FETCH, place(render))
    assert_nothing_left(world, caller)
    assert world.untouched(caller)


def test_something_down_for_a_moment_is_told_apart_from_a_fault_of_the_request(
    world: World, web: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = world.tenant()
    render = submitted(world, caller, audioUrl=f"http://{web}/speech.wav")

    def busy(*_: Any, **__: Any) -> None:
        raise Unavailable("The store is busy. Try again in a moment.")

    with monkeypatch.context() as down:
        down.setattr(GuardedFetcher, "fetch", busy)
        with pytest.raises(StepUnavailable, match="service_unavailable"):
            world.invoke(FETCH, place(render))
    world.invoke(FETCH, place(render))


def rejected(world: World, render: Any) -> Any:
    """Fetch refuses, and the machine refunds: what fetch said."""
    with pytest.raises(StepRejected) as refused:
        world.invoke(FETCH, place(render))
    world.invoke("parley-lipsync-refund", place(render, failure=caught(refused.value)))
    return json.loads(str(refused.value))


def assert_nothing_left(world: World, caller: Any) -> None:
    assert left_behind(world, caller) == []
    assert slots_taken(world, caller) == 0
    assert holds_open(world, caller) == 0
    assert ledger_is_sound(world, caller)
