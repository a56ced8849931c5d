"""Each field of a turn has its range; what lies outside is refused by name before anything is done."""

from typing import Any

from tests.functions.api.world import refused
from tests.functions.turn.turn_stage import Stage

TURN = "/api/v1/realtime/turn"
# What is wrong, and what the refusal names.
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"avatar_id": None}, "avatar_id"),
    ({"avatar_id": "ava_!"}, "avatar_id"),
    ({"mode": "sing"}, "mode"),
    ({"mode": "chat"}, "messages"),
    ({"mode": "chat", "text": None, "messages": []}, "messages"),
    ({"mode": "chat", "text": None, "messages": [{"role": "user", "content": "x"}] * 25}, "messages"),
    ({"mode": "chat", "text": None, "messages": [{"role": "robot", "content": "x"}]}, "messages.0.role"),
    ({"mode": "chat", "text": None, "messages": [{"role": "user", "content": ""}]}, "messages.0.content"),
    ({"mode": "chat", "text": None, "messages": [{"role": "user", "content": "x" * 4001}]}, "messages.0.content"),
    ({"mode": "chat", "text": None, "messages": [{"role": "assistant", "content": "x"}]}, "messages"),
    ({"text": None}, "text"),
    ({"text": ""}, "text"),
    ({"text": "x" * 4001}, "text"),
    ({"text": "?!... —"}, "text"),
    ({"text": "a\x00b"}, "text"),
    ({"voice_id": "x"}, "voice_id"),
    ({"voice_id": "x" * 121}, "voice_id"),
    ({"emotion": "bored"}, "'neutral', 'happy', 'curious', 'serious', 'sad' or 'excited'"),
    ({"intensity": 1.1}, "intensity"),
    ({"language": "e"}, "language"),
    ({"language": "x" * 17}, "language"),
    ({"speed": 0.49}, "speed"),
    ({"speed": 2.01}, "speed"),
    ({"speed": "1"}, "speed"),
    ({"background_id": "nowhere"}, "CSS colour"),
    ({"background_id": "transparent"}, "green_screen"),
    ({"source_kind": "film"}, "source_kind"),
    ({"video_cache_id": "ava_1.v1"}, "video_cache_id"),
    ({"low_latency_first_chunk": 1}, "low_latency_first_chunk"),
    ({"playout_delay_ms": 2001}, "playout_delay_ms"),
    ({"playout_delay_ms": -1}, "playout_delay_ms"),
    ({"playout_delay_ms": 1.5}, "playout_delay_ms"),
    ({"max_buffer_delay_ms": 5001}, "max_buffer_delay_ms"),
    ({"video": {"codec": "av1"}}, "video.codec"),
    ({"video": {"width": 511}}, "video.width"),
    ({"video": {"width": 200, "height": 200}}, "256"),
    ({"video": {"width": 1538}}, "video.width"),
    ({"video": {"fps": 60}}, "video.fps"),
    ({"audio": {"sample_rate": 44100}}, "audio.sample_rate"),
    ({"visemes": "yes"}, "visemes"),
    ({"playoutDelayMs": 100}, "playoutDelayMs"),
]


def test_a_field_out_of_range_is_refused_by_name(stage: Stage) -> None:
    space = stage.world.tenant(plan="scale")
    key = stage.world.key(space)
    for changes, named in WRONG:
        body = {"avatar_id": stage.avatar_id, "mode": "speak_text", "text": "Hello.", **changes}
        answer = stage.post(TURN, key, json={name: value for name, value in body.items() if value is not None})
        assert named in refused(answer, 422, "invalid_request")["error"], changes
    assert list(stage.stores.table.query_all(space.partition, "TURN#")) == []


def test_a_body_cut_short_or_far_too_large_is_refused(stage: Stage) -> None:
    json = {"Content-Type": "application/json"}
    refused(stage.post(TURN, content=b'{"avatar_id": "ava_', headers=json), 422, "invalid_json")
    refused(stage.post(TURN, content=b" " * 7_000_000, headers=json), 413, "too_large")
