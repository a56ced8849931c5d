"""Sound pushed over a WebSocket to a real worker, and what is heard of it: money, slots, refusals, hostile clients."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from functions.turn.relay import RelayTimes
from functions.turn.worker_link import LinkTimes
from local.presenter import draw_presenter
from parley.wire.mux import Decoder, Record
from renderer.rig import build_rig, save_rig
from renderer.speech import speak
from tests.functions.api.world import World
from tests.functions.turn.speaking_worker import SpeakingWorker, speaking_worker
from tests.functions.turn.turn_stage import SECOND, Stage, turn_app
from tests.waiting import wait_for

PATH = "/api/v1/realtime/stream"
SPOKEN = speak("Good morning to you.").samples[::2]
RATE = 24_000
SMALL = {"codec": "jpeg", "width": 256, "height": 256}


@pytest.fixture(scope="module")
def staging(opened: World) -> Iterator[Callable[[], Stage]]:
    """As patient as in earnest: a real worker takes its time on a busy machine."""
    times = RelayTimes(sign_of_life=0.2, stalled=20, last_words=5)
    with turn_app(opened, times, LinkTimes(connect=20, silent=60, interrupt=20)) as stage:
        yield stage


@pytest.fixture(scope="module")
def rig() -> bytes:
    return save_rig(build_rig(draw_presenter(512)))


@pytest.fixture
def speaker(stage: Stage, rig: bytes) -> Iterator[SpeakingWorker]:
    with speaking_worker(stage, rig) as running:
        yield running


class Client:
    """One socket; `records` are those that have come."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.records: list[Record] = []
        self._decoder = Decoder()

    def say(self, **message: Any) -> None:
        self.socket.send(json.dumps(message))

    def push(self, samples: np.ndarray = SPOKEN, chunk: int = 480) -> None:
        for at in range(0, len(samples), chunk):
            self.socket.send(samples[at : at + chunk].astype("<i2").tobytes())

    def until(self, kind: str, count: int = 1) -> Record:
        """The `count`th record of that type from now on."""
        while True:
            new = self._decoder.push(self.socket.recv(timeout=30))  # type: ignore[arg-type]
            self.records += new
            for record in new:
                count -= record.type == kind
                if not count:
                    return record
                assert record.type not in ("end", "error"), record.header

    def types(self) -> list[str]:
        return [each.type for each in self.records if each.type not in ("video", "audio")]

    @property
    def samples(self) -> int:
        return sum(len(each.payload) // 2 for each in self.records if each.type == "audio")


@contextmanager
def streaming(stage: Stage, *, by: str = "header", key: str | None = None, **fields: Any) -> Iterator[Client]:
    key = stage.key if key is None else key
    url = stage.base_url.replace("http:", "ws:") + PATH
    headers = {"Authorization": f"Bearer {key}"} if by == "header" else None
    offered: Any = ["parley.v1", f"parley.key.{key}"] if by == "subprotocol" else None
    with connect(url, additional_headers=headers, subprotocols=offered, compression=None, open_timeout=30) as socket:
        client = Client(socket)
        more = {"api_key": key} if by == "message" else {}
        client.say(
            **{"type": "open", "avatar_id": stage.avatar_id, "sample_rate": RATE, "video": SMALL, **more, **fields}
        )
        yield client


def refusal(stage: Stage, **fields: Any) -> tuple[int, dict[str, Any]]:
    """The close code, and the error that was told before."""
    with streaming(stage, **fields) as client:
        said = json.loads(client.socket.recv(timeout=30))
        with pytest.raises(ConnectionClosed) as closed:
            client.socket.recv(timeout=30)
        assert closed.value.rcvd is not None
        return closed.value.rcvd.code, said


@pytest.mark.usefixtures("speaker")
@pytest.mark.parametrize("by", ["header", "subprotocol", "message"])
def test_two_utterances_are_spoken_and_paid_by_the_sample(stage: Stage, by: str) -> None:
    with streaming(stage, by=by) as client:
        assert client.socket.subprotocol == ("parley.v1" if by == "subprotocol" else None)
        for _ in range(2):
            client.push()
            client.say(type="flush")
            assert client.until("pause").header["reason"] == "flushed"
        client.say(type="close")
        end = client.until("end")
        with pytest.raises(ConnectionClosed):
            client.socket.recv(timeout=30)
    assert client.types() == ["start", "utterance", "pause", "utterance", "pause", "pause", "end"]
    assert client.records[-2].header["pushed"] == 2 * len(SPOKEN)
    assert end.header["samples"] == client.samples >= 2 * len(SPOKEN)
    billed = client.samples * SECOND // RATE
    assert stage.used() == end.header["billed_credit_micros"] == billed
    assert stage.slots_taken() == 0
    turn = stage.stored(str(client.records[0].header["turn_id"]))
    assert (turn.status, turn.mode, turn.billed_credit_micros) == ("completed", "speak_stream", billed)


def test_an_interrupt_drops_what_waits_and_the_stream_goes_on(stage: Stage, speaker: SpeakingWorker) -> None:
    with streaming(stage) as client:
        client.push(np.tile(SPOKEN, 8))
        client.until("audio", 5)
        client.say(type="interrupt")
        pause = client.until("pause")
        assert (pause.header["reason"], pause.header["pts"]) == ("interrupted", client.samples)
        assert pause.header["pushed"] == 8 * len(SPOKEN) and client.samples < 4 * len(SPOKEN)
        client.push()
        client.say(type="close")
        assert client.until("end").header["reason"] == "completed"
    wait_for(lambda: speaker.slots.running == 0)
    assert not speaker.app.inboxes


def test_a_client_gone_is_settled_to_what_it_got(stage: Stage, speaker: SpeakingWorker) -> None:
    with streaming(stage) as client:
        client.push(np.tile(SPOKEN, 4))
        client.until("audio", 10)
        client.socket.socket.close()
    (turn,) = stage.turns()
    wait_for(lambda: stage.stored(turn.id).ended)
    wait_for(lambda: speaker.slots.running == 0)
    ended = stage.stored(turn.id)
    assert ended.error_code == "client_gone" and stage.used() == ended.billed_credit_micros > 0
    assert stage.slots_taken() == 0


@pytest.mark.usefixtures("speaker")
def test_the_turns_own_interrupt_ends_the_stream(stage: Stage) -> None:
    with streaming(stage) as client:
        turn_id = client.until("start").header["turn_id"]
        assert stage.post(f"/api/v1/realtime/turns/{turn_id}/interrupt").status_code == 202
        assert client.until("end").header["reason"] == "interrupted"
    assert stage.used() == 0 and stage.slots_taken() == 0


@pytest.mark.usefixtures("speaker")
def test_who_pushes_nothing_is_let_go(stage: Stage) -> None:
    with streaming(stage, idle_seconds=5) as client:
        assert client.until("end").header["reason"] == "idle"
    assert stage.used() == 0


@pytest.mark.usefixtures("speaker")
@pytest.mark.parametrize(
    ("message", "code"),
    [
        (b"\x00", "invalid_sound"),
        (bytes(1024 * 1024 + 2), "invalid_sound"),
        ("not json", "invalid_message"),
        ("[" * 5000, "invalid_message"),
        ('{"type": "shout"}', "invalid_message"),
        ('{"type": ["flush"]}', "invalid_message"),
        ("AAAA" * 300, "invalid_message"),
    ],
)
def test_what_is_no_message_ends_the_stream_with_the_reason(stage: Stage, message: bytes | str, code: str) -> None:
    with streaming(stage) as client:
        client.until("start")
        client.socket.send(message)
        assert client.until("error").header["code"] == code
    assert stage.used() == 0 and stage.slots_taken() == 0


@pytest.mark.usefixtures("speaker")
@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"type": "begin"}, 422),
        ({"sample_rate": 7_999}, 422),
        ({"sample_rate": 96_000}, 422),
        ({"sample_rate": "24000"}, 422),
        ({"idle_seconds": 4}, 422),
        ({"text": "Hello"}, 422),
        ({"video": {"fps": 12}}, 422),
        ({"idempotency_key": "with space"}, 422),
        ({"avatar_id": "ava_unknown1"}, 404),
        ({"by": "message", "key": "tic_test_nobody00_" + "x" * 40}, 401),
        ({"by": "nowhere"}, 401),
    ],
)
def test_an_opening_out_of_range_is_refused_in_json(stage: Stage, fields: dict[str, Any], status: int) -> None:
    code, said = refusal(stage, **fields)
    assert (code, said["status"]) == (4000 + status, status) and said["error"] and said["requestId"]
    assert stage.slots_taken() == 0 and stage.used() == 0


@pytest.mark.usefixtures("speaker")
def test_a_first_message_that_is_sound_is_refused(stage: Stage) -> None:
    url = stage.base_url.replace("http:", "ws:") + PATH
    with connect(url, additional_headers={"Authorization": f"Bearer {stage.key}"}) as socket:
        socket.send(bytes(960))
        assert json.loads(socket.recv(timeout=30))["status"] == 422


@pytest.mark.usefixtures("speaker")
def test_a_handshake_without_a_good_key_is_denied_over_http(stage: Stage) -> None:
    for by in ("header", "subprotocol"):
        with pytest.raises(InvalidStatus) as denied, streaming(stage, by=by, key="tic_test_nobody00_" + "x" * 40):
            pass
        assert denied.value.response.status_code == 401


def test_a_plain_get_is_told_what_is_here(stage: Stage) -> None:
    answer = httpx.get(stage.base_url + PATH)
    assert answer.status_code == 426 and answer.headers["upgrade"] == "websocket"
    assert answer.json()["code"] == "upgrade_required"


def test_without_a_worker_the_opening_is_refused_and_free(stage: Stage) -> None:
    code, said = refusal(stage)
    assert (code, said["code"]) == (4503, "worker_unavailable")
    assert stage.slots_taken() == 0 and stage.used() == 0


@pytest.mark.usefixtures("speaker")
def test_one_key_opens_one_stream(stage: Stage) -> None:
    with streaming(stage, idempotency_key="once") as client:
        client.until("start")
        assert refusal(stage, idempotency_key="once")[0] == 4409


@pytest.mark.usefixtures("speaker")
def test_a_wallet_that_runs_dry_ends_the_stream_with_the_reason(stage: Stage) -> None:
    balance = stage.stores.wallets.read(stage.space).balance
    stage.stores.wallets.charge(stage.space, stage.stores.ids.new("chg"), balance - 2 * SECOND, stage.world.clock.at)
    with streaming(stage) as client:
        client.push(np.tile(SPOKEN, 3))
        error = client.until("error")
    assert error.header["code"] == "insufficient_credits"
    assert client.samples <= 2 * RATE
    wallet = stage.stores.wallets.read(stage.space)
    assert wallet.reserved == 0 and 0 <= wallet.balance < SECOND // 20
