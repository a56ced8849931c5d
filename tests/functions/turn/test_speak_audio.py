"""A turn whose sound is given: paid by its known length, refused before any record where it cannot be."""

from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest

from tests.functions.turn.speaking_worker import speaking_worker
from tests.functions.turn.test_push_streams import RATE, SMALL, SPOKEN, rig, staging  # noqa: F401 (fixtures)
from tests.functions.turn.turn_stage import SECOND, Stage

PCM = {"sample_rate": RATE, "data": b64encode(SPOKEN.astype("<i2").tobytes()).decode()}


@pytest.fixture
def speaking(stage: Stage, rig: bytes) -> Iterator[None]:  # noqa: F811
    with speaking_worker(stage, rig):
        yield


@pytest.mark.usefixtures("speaking")
def test_pcm_in_the_request_is_spoken_to_the_sample_and_paid_so(stage: Stage) -> None:
    heard = stage.turn(mode="speak_audio", text=None, audio_pcm=PCM, video=SMALL)
    assert heard.last["type"] == "end" and abs(heard.samples - len(SPOKEN)) <= 1
    assert stage.used() == heard.last["billed_credit_micros"] == round(heard.samples * SECOND / RATE)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"audio_pcm": PCM, "audio_url": "https://example.com/a.mp3"},
        {"audio_pcm": PCM, "text": "Hello"},
        {"audio_pcm": PCM, "speed": 2},
        {"audio_pcm": {**PCM, "data": "*" * 8}},
        {"audio_pcm": {**PCM, "data": PCM["data"][:-1]}},
        {"audio_pcm": {**PCM, "data": b64encode(bytes(4801)).decode()}},
        {"audio_pcm": {**PCM, "data": b64encode(bytes(100)).decode()}},
        {"audio_pcm": {**PCM, "sample_rate": 4000}},
        {"audio_url": "http://169.254.169.254/latest"},
    ],
)
def test_sound_that_cannot_be_is_refused_and_free(stage: Stage, fields: dict[str, Any]) -> None:
    assert stage.turn(**{"mode": "speak_audio", "text": None, **fields}).status == 422
    assert stage.used() == 0 and stage.slots_taken() == 0
