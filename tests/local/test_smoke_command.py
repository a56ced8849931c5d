"""`parley smoke` where nothing answers, where it is called wrongly, and what its report holds."""

import json
import socket
from pathlib import Path

import httpx
import pytest

from local.smoke.checks import CHECKS
from local.smoke.command import SmokeRequest, run
from local.smoke.given import Given
from local.smoke.run import run_checks
from local.smoke.stage import Stage, busy_for
from local.smoke.turns import Heard
from local.smoke.verdict import Check, Unexpected, equal
from local.smoke.videos import read_video
from parley.wire import mux

KEY = "tic_live_01ARZ3NDEKTSV4RRFFQ69G5FAV_" + "s" * 43
NOTHING = Given(portrait=b"", portrait_name="p.png", landscape=b"", speech=b"", speech_name="s.wav")


@pytest.fixture
def nowhere() -> str:
    """An address at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


def stage_at(url: str) -> Stage:
    return Stage(url, KEY, NOTHING, patience_seconds=5)


def test_there_are_twenty_checks_each_named_once_and_needing_only_earlier_ones() -> None:
    names = [check.name for check in CHECKS]
    assert len(names) == len(set(names)) == 20
    for at, check in enumerate(CHECKS):
        assert set(check.needs) <= set(names[:at])


def test_where_nothing_answers_the_first_checks_fail_and_the_rest_say_what_they_need(
    nowhere: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    face = tmp_path / "face.png"
    face.write_bytes(b"any")
    path = tmp_path / "smoke.json"
    request = SmokeRequest(url=nowhere, key=KEY, report=path, portrait=face, speech=face, patience_seconds=5)
    assert run(request) == 1
    report = json.loads(path.read_text())
    assert report["counts"] == {"passed": 0, "failed": 2, "not_run": 18}
    first, second, third = report["checks"][:3]
    assert (first["name"], first["status"], first["expected"]) == ("health", "failed", "the deployment answers")
    assert (second["name"], second["status"]) == ("keys", "failed")
    assert (third["status"], third["found"]) == ("not_run", "it needs keys")
    assert "0 of 20 checks passed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"url": "api.example.com"}, "base URL"),
        ({"url": "ftp://example.com"}, "base URL"),
        ({"key": "tic_live_short"}, "key"),
        ({"portrait": Path("no-such-file.png")}, "no-such-file.png"),
        ({"report": Path("no-such-folder/smoke.json")}, "no-such-folder"),
    ],
)
def test_a_wrong_start_is_told_in_a_sentence(
    wrong: dict[str, object], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    right: dict[str, object] = {"url": "http://127.0.0.1:9", "key": KEY}
    assert run(SmokeRequest(**{**right, **wrong})) == 2  # pyright: ignore[reportArgumentType]
    assert said in capsys.readouterr().err


def test_what_a_check_finds_is_reported_with_what_was_expected(nowhere: str) -> None:
    def wrong(_: Stage) -> dict[str, object]:
        equal(3, 4, "the number")
        return {}

    report = run_checks(stage_at(nowhere), [Check("n", "Numbers agree", wrong)])
    (check,) = report.as_json()["checks"]
    assert (check["expected"], check["found"], check["status"]) == ("the number is 4", "3", "failed")


def test_a_missing_field_is_a_finding_and_not_the_end(nowhere: str) -> None:
    checks = [Check("a", "A", lambda _: {}["field"]), Check("b", "B", lambda _: {"seen": 1})]
    report = run_checks(stage_at(nowhere), checks)
    assert [outcome.status for outcome in report.outcomes] == ["failed", "passed"]
    assert "'field'" in (report.outcomes[0].expected or "")


def test_what_cannot_be_taken_away_fails_the_run(nowhere: str) -> None:
    def leave(stage: Stage) -> dict[str, object]:
        stage.clean_later("DELETE", "/api/v1/avatars/ava_0001")
        return {}

    report = run_checks(stage_at(nowhere), [Check("a", "A", leave)])
    assert not report.passed
    assert [line.partition(":")[0] for line in report.left] == ["DELETE /api/v1/avatars/ava_0001"]


@pytest.mark.parametrize(
    ("status", "after", "pause"), [(429, "3", 3.0), (503, "900", 30.0), (503, "", None), (500, "3", None)]
)
def test_only_a_deployment_that_says_when_to_come_back_is_asked_again(
    status: int, after: str, pause: float | None
) -> None:
    assert busy_for(httpx.Response(status, headers={"Retry-After": after} if after else {})) == pause


def turn(*, lost: int = 0, frames: int = 2, price: int = 80_000) -> bytes:
    """A stream of 1920 samples at 24 kHz and 25 pictures a second, of which samples can be lost."""
    records = [
        mux.start("trn_1", 24000, mux.VideoFormat("jpeg", 256, 256, 25)),
        mux.audio(bytes(2 * (1920 - lost)), 0),
        *(mux.video(b"\xff\xd8\xff", 960 * k, k, k == 0) for k in range(frames)),
        mux.end("completed", 1920, frames, price),
    ]
    return b"".join(map(mux.encode, records))


def test_a_turn_is_counted_by_its_payloads() -> None:
    whole = Heard()
    whole.push(turn())
    whole.check("completed")
    assert (whole.samples, whole.frames) == (1920, 2)


@pytest.mark.parametrize(
    ("fault", "said"), [({"lost": 1}, "samples"), ({"frames": 1}, "cover"), ({"price": 1}, "price")]
)
def test_a_turn_that_lost_something_is_found_out(fault: dict[str, int], said: str) -> None:
    heard = Heard()
    heard.push(turn(**fault))
    with pytest.raises(Unexpected, match=said):
        heard.check("completed")


@pytest.mark.parametrize("data", [b"", b"<html>", b"\0\0\0\x18ftypisom" + b"moov" + b"mdat"])
def test_what_is_no_video_is_found_out(data: bytes) -> None:
    with pytest.raises(Unexpected):
        read_video(data)
