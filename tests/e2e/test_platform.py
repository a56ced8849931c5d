"""`parley up` as a process tree: its start, its end, and what it keeps."""

import io
import os
import signal
import subprocess
import sys
import wave
from typing import Any

import httpx
import pytest

from local.api_client import ApiClient, ApiRefused
from tests.e2e.conftest import RunningPlatform, alive
from tests.waiting import HANG_SECONDS, wait_for


def wallet(api: ApiClient) -> Any:
    return api.ask("GET", "/api/v1/credits/balance")


def test_it_says_where_it_is_once_it_is_ready(platform: RunningPlatform) -> None:
    assert httpx.get(platform.base_url + "/", timeout=HANG_SECONDS).status_code == 200
    assert "openapi.json" in httpx.get(platform.base_url + "/docs", timeout=HANG_SECONDS).text
    assert httpx.get(platform.base_url + "/openapi.json", timeout=HANG_SECONDS).json()["openapi"].startswith("3.1")
    assert platform.keys.test.startswith("tic_test_") and platform.keys.live.startswith("tic_live_")


def test_ctrl_c_leaves_no_process_and_a_restart_keeps_everything(platform: RunningPlatform, avatar: Any) -> None:
    with platform.client() as api:
        before = wallet(api)
        picture = api.ask("GET", f"/api/v1/assets/{avatar['sourceAssetId']}")
        platform.restart()
        assert api.ask("GET", f"/api/v1/avatars/{avatar['id']}") == avatar
        assert wallet(api)["balanceCreditMicros"] == before["balanceCreditMicros"]
        again = api.ask("GET", f"/api/v1/assets/{avatar['sourceAssetId']}")
        assert again["sha256"] == picture["sha256"]
        # A link given out before the restart is still good.
        assert len(api.download(picture["publicUrl"])) == picture["sizeBytes"]


def test_kill_nine_ends_the_children_and_loses_nothing_answered(
    platform: RunningPlatform, avatar: Any, speech: bytes
) -> None:
    with platform.client() as api:
        names = [f"Kept {number}" for number in range(5)]
        for name in names:
            api.ask("PATCH", f"/api/v1/avatars/{avatar['id']}", json={"displayName": name})
        asset = api.upload("speech.wav", speech)
        everyone = platform.children()
        platform.stop(signal.SIGKILL)
        wait_for(lambda: not any(alive(pid) for pid in everyone))
        platform.start()
        assert api.ask("GET", f"/api/v1/avatars/{avatar['id']}")["displayName"] == names[-1]
        assert api.ask("GET", f"/api/v1/assets/{asset['id']}")["status"] == "ready"
        link = api.ask("GET", f"/api/v1/assets/{asset['id']}")["publicUrl"]
        assert api.download(link) == speech


def test_a_killed_child_comes_back(platform: RunningPlatform) -> None:
    (worker,) = platform.children("worker_process")
    os.kill(worker, signal.SIGKILL)
    wait_for(lambda: [pid for pid in platform.children("worker_process") if pid != worker])
    for module in ("local.cloud", "local.gateway", "local.functions_process"):
        (pid,) = platform.children(module)
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda module=module, pid=pid: [other for other in platform.children(module) if other != pid])
    with platform.client() as api:
        # Its socket was kept open: the request waits for the new process instead of being refused.
        assert api.ask("GET", "/api/v1/avatars")["data"]


def test_a_second_platform_on_the_folder_and_one_on_the_port_are_refused(
    platform: RunningPlatform, tmp_path: Any
) -> None:
    port = platform.base_url.rpartition(":")[2]
    for arguments, reason in (
        (["--port", "0", "--state", str(platform.state.root)], "in use by another `parley up`"),
        (["--port", port, "--state", str(tmp_path / "other")], f"Port {port} is in use"),
    ):
        refused = subprocess.run(
            [sys.executable, "-m", "local.cli", "up", *arguments], capture_output=True, text=True, check=False
        )
        assert refused.returncode == 2
        assert reason in " ".join(refused.stderr.split())


def test_signed_storage_urls_answer_on_the_one_port_and_to_nobody_else(platform: RunningPlatform, avatar: Any) -> None:
    with platform.client() as api:
        url = api.ask("GET", f"/api/v1/assets/{avatar['sourceAssetId']}")["publicUrl"]
    assert url.startswith(platform.base_url)
    part = httpx.get(url, headers={"range": "bytes=0-7"}, timeout=HANG_SECONDS)
    assert (part.status_code, part.content) == (206, b"\x89PNG\r\n\x1a\n")
    assert httpx.get(url.partition("?")[0], timeout=HANG_SECONDS).status_code == 403
    assert httpx.put(url, content=b"mine now", timeout=HANG_SECONDS).status_code == 403


def test_live_and_test_keys_do_not_see_each_others_things(platform: RunningPlatform, avatar: Any) -> None:
    with platform.client(platform.keys.test) as api, pytest.raises(ApiRefused) as refusal:
        api.ask("GET", f"/api/v1/avatars/{avatar['id']}")
    assert refusal.value.status == 404


def test_a_portrait_put_straight_into_storage_becomes_ready_by_itself(
    platform: RunningPlatform, portrait: bytes
) -> None:
    with platform.client() as api:
        asset = api.put_presigned("image", "image/png", portrait)
        seen = wait_for(lambda: (now := api.ask("GET", f"/api/v1/assets/{asset['id']}"))["status"] == "ready" and now)
        assert (seen["width"], seen["height"]) == (512, 512)
        assert api.create_avatar(asset["id"])["status"] == "ready"


def test_a_picture_without_a_face_put_into_storage_fails_with_advice(platform: RunningPlatform) -> None:
    grey = io.BytesIO()
    with wave.open(grey, "wb") as file:
        file.setparams((1, 2, 48000, 0, "NONE", ""))
    with platform.client() as api:
        asset = api.put_presigned("image", "image/png", grey.getvalue())
        seen = wait_for(lambda: (now := api.ask("GET", f"/api/v1/assets/{asset['id']}"))["status"] == "failed" and now)
        assert seen["errorCode"] == "image_unreadable"
        assert seen["error"]
