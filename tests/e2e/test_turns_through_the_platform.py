"""A turn through the whole platform: door, relay, worker, and back; paid to the sample, also after a kill."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from parley.wire.mux import Decoder, Record
from tests.e2e.conftest import RunningPlatform
from tests.waiting import HANG_SECONDS, wait_for

RATE, FPS = 24000, 25
SHORT = "Good morning."
LONG = "This is a rather long story, told slowly, one small piece after the other, until somebody stops it. " * 8


@contextmanager
def turn(platform: RunningPlatform, avatar: Any, text: str, **more: Any) -> Iterator[httpx.Response]:
    body = {"avatar_id": avatar["id"], "mode": "speak_text", "text": text, **more}
    headers = {"Authorization": f"Bearer {platform.keys.live}"}
    url = f"{platform.base_url}/api/v1/realtime/turn"
    with httpx.stream("POST", url, json=body, headers=headers, timeout=HANG_SECONDS) as answer:
        yield answer


def spoken(platform: RunningPlatform, avatar: Any, text: str, **more: Any) -> list[Record]:
    """All records of a turn; a worker that is still starting is waited for."""
    return wait_for(lambda: attempt(platform, avatar, text, **more))


def attempt(platform: RunningPlatform, avatar: Any, text: str, **more: Any) -> list[Record]:
    """Empty while there is no worker."""
    with turn(platform, avatar, text, **more) as answer:
        data = answer.read()
    if answer.status_code != 200:
        assert answer.json()["code"] == "worker_unavailable", answer.text
        return []
    decoder = Decoder()
    records = decoder.push(data)
    decoder.end()
    return records


def balance(platform: RunningPlatform) -> tuple[int, int]:
    """Spent in all, and reserved, credit micros."""
    with platform.client() as api:
        wallet = api.ask("GET", "/api/v1/credits/balance")
    return wallet["lifetimeUsedCreditMicros"], wallet["reservedCreditMicros"]


@pytest.mark.slow
def test_an_avatar_is_prepared_by_the_worker(platform: RunningPlatform, avatar: Any) -> None:
    spoken(platform, avatar, SHORT)
    headers = {"Authorization": f"Bearer {platform.keys.live}"}
    url = f"{platform.base_url}/api/v1/realtime/prepare"
    answer = httpx.post(url, json={"avatar_id": avatar["id"]}, headers=headers, timeout=HANG_SECONDS)
    assert (answer.status_code, answer.json()["status"]) == (200, "ready"), answer.text


def samples_of(records: list[Record]) -> int:
    return sum(len(record.payload) // 2 for record in records if record.type == "audio")


@pytest.mark.slow
def test_a_text_is_spoken_to_its_end_and_paid_to_the_sample(platform: RunningPlatform, avatar: Any) -> None:
    used, _ = balance(platform)
    records = spoken(platform, avatar, SHORT, video={"codec": "h264", "width": 256, "height": 256}, visemes=True)
    samples, frames = samples_of(records), sum(record.type == "video" for record in records)
    last = records[-1].header
    assert (last["type"], last["reason"]) == ("end", "completed")
    assert (last["samples"], last["frames"]) == (samples, frames)
    assert frames == -(-samples * FPS // RATE) > FPS // 2
    assert {"text_delta", "visemes"} <= {record.type for record in records}
    assert balance(platform) == (used + last["billed_credit_micros"], 0)
    assert last["billed_credit_micros"] == round(samples * 1_000_000 / RATE)


@pytest.mark.slow
def test_an_interrupted_turn_stops_and_is_paid_to_there(platform: RunningPlatform, avatar: Any) -> None:
    spoken(platform, avatar, SHORT)
    used, _ = balance(platform)
    decoder, records = Decoder(), list[Record]()
    with turn(platform, avatar, LONG) as answer:
        pieces = answer.iter_raw()
        while samples_of(records) < RATE // 2:
            records += decoder.push(next(pieces))
        url = f"{platform.base_url}/api/v1/realtime/turns/{answer.headers['x-turn-id']}/interrupt"
        headers = {"Authorization": f"Bearer {platform.keys.live}"}
        assert httpx.post(url, headers=headers, timeout=HANG_SECONDS).status_code == 202
        for piece in pieces:
            records += decoder.push(piece)
    last = records[-1].header
    assert (last["type"], last["reason"], last["samples"]) == ("end", "interrupted", samples_of(records))
    assert balance(platform) == (used + round(samples_of(records) * 1_000_000 / RATE), 0)


@pytest.mark.slow
@pytest.mark.skipif(bool({"CHAT_URL", "BEDROCK_MODEL_ID"} & set(os.environ)), reason="a language model is set up here")
def test_a_chat_without_a_language_model_is_refused_before_it_begins(platform: RunningPlatform, avatar: Any) -> None:
    spoken(platform, avatar, SHORT)
    before = balance(platform)
    messages = [{"role": "user", "content": "Who are you?"}]
    body = {"avatar_id": avatar["id"], "messages": messages}
    headers = {"Authorization": f"Bearer {platform.keys.live}", "Idempotency-Key": "a-chat"}
    for _ in range(2):
        answer = httpx.post(
            f"{platform.base_url}/api/v1/realtime/turn", json=body, headers=headers, timeout=HANG_SECONDS
        )
        assert (answer.status_code, answer.json()["code"]) == (503, "chat_unavailable")
        assert "CHAT_URL" in answer.json()["error"]
    assert balance(platform) == before


@pytest.mark.slow
def test_a_worker_killed_while_it_speaks_costs_what_was_delivered_and_the_next_turn_works(
    platform: RunningPlatform, avatar: Any
) -> None:
    spoken(platform, avatar, SHORT)
    for _ in range(int(os.environ.get("PARLEY_TURN_KILLS", "2"))):
        used, _ = balance(platform)
        decoder, records = Decoder(), list[Record]()
        with turn(platform, avatar, LONG) as answer:
            assert answer.status_code == 200, answer.read()
            pieces = answer.iter_raw()
            while samples_of(records) < RATE // 2:
                records += decoder.push(next(pieces))
            (worker,) = platform.children("local.turns_process")
            os.kill(worker, signal.SIGKILL)
            for piece in pieces:
                records += decoder.push(piece)
        last = records[-1].header
        assert (last["type"], last["code"], last["retryable"]) == ("error", "worker_lost", True)
        wait_for(lambda worker=worker: worker not in platform.children("local.turns_process"))
        assert balance(platform) == (used + round(samples_of(records) * 1_000_000 / RATE), 0)
        assert spoken(platform, avatar, SHORT)[-1].type == "end"
