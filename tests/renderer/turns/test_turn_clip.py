"""A filmed person takes a turn as a portrait does, and two turns of one clip do not disturb each other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from renderer.clip import ClipRig
from renderer.clip.clip_rig import save_clip
from tests.renderer.turns.turn_server import RunningServer, records_of, running_server


@pytest.fixture(scope="module")
def server(clip_rig: ClipRig) -> Iterator[RunningServer]:
    with running_server({"clips/a": save_clip(clip_rig)}) as running:
        yield running


def pictures(server: RunningServer, turn: str, seed: int) -> list[bytes]:
    answer = server.turn(turn, rigKey=None, clipKey="clips/a", seed=seed, width=160, height=160, text="Mama.")
    records = list(records_of(answer))
    assert records[-1].type == "end", records[-1].header
    return [record.payload for record in records if record.type == "video"]


def test_a_clip_speaks_from_where_the_seed_says(server: RunningServer) -> None:
    assert (
        server.post("/prepare", {"clipKey": "clips/a", "width": 160, "height": 160}, server.token("prepare")).status
        == 200
    )
    first, other, again = (pictures(server, f"k{index}", seed) for index, seed in enumerate((1, 2, 1)))
    assert first == again and first != other
    assert len(set(first)) > len(first) // 2
