"""A clip through the whole platform: uploaded, inspected, an avatar, a talking video; what is refused costs nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from local.api_client import ApiClient, ApiRefused
from local.presenter import draw_presenter
from renderer.rig import build_rig
from tests.e2e.conftest import RunningPlatform
from tests.e2e.streams import read_streams
from tests.renderer.clip.clip_files import clip_file, still, talk, talking
from tests.waiting import wait_for

AVATARS, PLAN = "/api/v1/avatars", "/api/v1/realtime/video-cache/plan"


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Two and a half seconds of a person who talks."""
    frames = talking(build_rig(draw_presenter(384)), 2.5, 256)
    return clip_file(tmp_path_factory.mktemp("clip") / "clip.mp4", frames, sound=talk().samples).read_bytes()


def balance(api: ApiClient) -> int:
    return api.ask("GET", "/api/v1/credits/balance")["balanceCreditMicros"]


def asset_ids(api: ApiClient) -> list[str]:
    return [asset["id"] for asset in api.ask("GET", "/api/v1/assets")["data"]]


def settled(api: ApiClient, asset: Any) -> Any:
    """The asset once its inspection has spoken: a busy machine takes longer than the upload waits."""
    where = f"/api/v1/assets/{asset['id']}"
    return wait_for(lambda: (now := api.ask("GET", where))["status"] in ("ready", "failed") and now)


def test_a_clip_becomes_an_avatar_that_speaks_longer_than_it_lasts(platform: RunningPlatform, clip: bytes) -> None:
    with platform.client() as api:
        asset = settled(api, api.upload("me.mp4", clip))
        assert (asset["kind"], asset["status"], asset["errorCode"]) == ("video", "ready", None)
        body = {"displayName": "Me", "sourceKind": "video", "sourceAssetId": asset["id"]}
        avatar = api.ask("POST", AVATARS, json=body)
        assert avatar["status"] == "ready"
        before = balance(api)
        render = api.submit(avatar["id"], audioAssetId=asset["id"], size=256)
        done = api.wait_for_render(render["id"], 60)
        assert done["status"] == "completed", done
        seen = read_streams(api.download(done["url"]))
        assert seen.frames == done["frames"] > 100
        assert abs(seen.video_seconds - seen.audio_seconds) <= 1 / 25
        assert before - balance(api) == done["billedCreditMicros"]

        wish = {"avatar_id": avatar["id"], "video_cache": {"fps": 30, "max_dim": 256}}
        assert api.ask("POST", PLAN, json=wish)["status"] == "queued"
        planned = wait_for(lambda: (now := api.ask("POST", PLAN, json=wish))["status"] == "ready" and now)
        assert (planned["plan"]["fps"], planned["manifest"]["version"]) == (30, 1)
        again = api.wait_for_render(api.submit(avatar["id"], text="Once more.", size=256, fps=30)["id"], 60)
        assert again["status"] == "completed", again


def test_a_clip_of_two_shots_without_sound_is_refused_and_costs_nothing(
    platform: RunningPlatform, tmp_path: Path
) -> None:
    one = draw_presenter(192)
    frames = [*still(one, 30), *still(np.ascontiguousarray(one[:, ::-1] // 2), 30)]
    with platform.client() as api:
        before, assets = balance(api), asset_ids(api)
        with pytest.raises(ApiRefused) as refused:
            api.upload("cut.mp4", clip_file(tmp_path / "cut.mp4", frames).read_bytes())
        assert (refused.value.status, refused.value.code) == (422, "clip_cut")
        assert (balance(api), asset_ids(api)) == (before, assets)
