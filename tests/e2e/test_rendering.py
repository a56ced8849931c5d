"""From a submission to an MP4, and through every way in which it can be cut off."""

import io
import json
import os
import signal
import wave
from typing import Any

import av
import pytest

from local.api_client import ApiClient
from tests.e2e.conftest import RunningPlatform
from tests.e2e.streams import read_streams
from tests.waiting import wait_for

# Half a minute of speech: long enough to be cut off in the middle.
LONG = "The quick brown fox jumps over the lazy dog, and nobody minds. " * 7


def wallet(api: ApiClient) -> Any:
    return api.ask("GET", "/api/v1/credits/balance")


def wav_seconds(data: bytes) -> float:
    with wave.open(io.BytesIO(data)) as file:
        return file.getnframes() / file.getframerate()


def test_lipsync_waits_and_answers_with_a_video_as_long_as_its_sound(
    platform: RunningPlatform, avatar: Any, speech: bytes
) -> None:
    with platform.client() as api:
        before = wallet(api)
        sound = api.upload("speech.wav", speech)
        made = api.ask("POST", "/api/v1/lipsync", json={"avatarId": avatar["id"], "audioUrl": sound["publicUrl"]})
        seen = read_streams(api.download(made["url"]))
        after = wallet(api)
    frame = 1 / made["fps"]
    assert abs(seen.video_seconds - wav_seconds(speech)) <= frame
    assert abs(seen.audio_seconds - wav_seconds(speech)) <= frame
    assert seen.frames == made["frames"]
    assert (seen.width, seen.height, seen.video_codec, seen.audio_codec) == (512, 512, "h264", "aac")
    assert before["balanceCreditMicros"] - after["balanceCreditMicros"] == made["billedCreditMicros"]
    assert made["billedCreditMicros"] == round(made["frames"] * 1_000_000 / made["fps"])
    assert after["reservedCreditMicros"] == 0


def test_text_is_spoken_at_the_size_and_rate_asked_for(platform: RunningPlatform, avatar: Any) -> None:
    with platform.client() as api:
        render = api.submit(avatar["id"], text="Hello there.", size=256, fps=30, background="#204060")
        done = api.wait_for_render(render["id"], 60)
        assert done["status"] == "completed", done
        seen = read_streams(api.download(done["url"]))
    assert (seen.width, seen.height) == (256, 256)
    assert seen.frames == done["frames"]
    assert abs(seen.frames / 30 - seen.audio_seconds) <= 1 / 30


def test_a_tall_transparent_video_with_captions_in_it_and_beside_it(platform: RunningPlatform, avatar: Any) -> None:
    look = {"size": 256, "aspectRatio": "9:16", "background": "transparent", "captions": {"style": "karaoke"}}
    with platform.client() as api:
        done = api.wait_for_render(api.submit(avatar["id"], text="Hello there.", **look)["id"], 60)
        assert done["status"] == "completed", done
        video, captions = (api._open.get(done[link]) for link in ("url", "captionsUrl"))
    assert video.headers["content-type"] == "video/webm"
    assert captions.headers["content-type"].startswith("text/vtt")
    with av.open(io.BytesIO(video.content)) as file:
        assert [stream.codec_context.name for stream in file.streams] == ["vp9", "opus"]
        frames = list(file.decode(video=0))
    assert (len(frames), frames[0].width, frames[0].height) == (done["frames"], 144, 256)
    assert captions.text.startswith("WEBVTT") and "Hello there." in captions.text


def test_a_finished_video_is_still_there_after_a_restart(platform: RunningPlatform, avatar: Any) -> None:
    with platform.client() as api:
        done = api.wait_for_render(api.submit(avatar["id"], text="Remember me.", size=256)["id"], 60)
        video = api.download(done["url"])
        platform.restart()
        assert api.download(done["url"]) == video
        again = api.ask("GET", f"/api/v1/renders/{done['id']}")
        links = {"url": "", "captionsUrl": ""}
        assert {**again, **links} == {**done, **links}


@pytest.mark.slow
@pytest.mark.parametrize("how", ["worker_process", "local.cloud", "functions_process", "everything"])
def test_a_render_cut_off_by_a_kill_is_finished_and_charged_once(
    platform: RunningPlatform, avatar: Any, how: str
) -> None:
    with platform.client() as api:
        before = wallet(api)
        render = api.submit(avatar["id"], text=LONG, size=256)
        where = f"/api/v1/renders/{render['id']}"
        # The functions are killed while they make the speech, all others while pictures are drawn.
        begun = 0.0 if how == "functions_process" else 0.01
        wait_for(lambda: (now := api.ask("GET", where))["status"] == "processing" and now["progress"] >= begun)
        if how == "everything":
            platform.kill()
            platform.start()
        else:
            os.kill(platform.children(how)[0], signal.SIGKILL)
        done = api.wait_for_render(render["id"], 100)
        after = wallet(api)
    assert done["status"] == "completed", done
    assert before["balanceCreditMicros"] - after["balanceCreditMicros"] == done["billedCreditMicros"]
    assert after["reservedCreditMicros"] == 0


def test_a_batch_fans_out_and_gets_its_results_file(platform: RunningPlatform, avatar: Any) -> None:
    lines = [
        {"avatarId": avatar["id"], "text": "One.", "size": 256},
        {"avatarId": avatar["id"], "text": "Two."},
        {"avatarId": "ava_01ARZ3NDEKTSV4RRFFQ69G5FAV", "text": "Of nobody."},
    ]
    with platform.client() as api:
        opened = api.ask("POST", "/api/v1/batches")
        door = opened["upload"]
        manifest = "\n".join(json.dumps(line) for line in lines)
        api._open.put(door["url"], content=manifest.encode(), headers=door["headers"]).raise_for_status()
        where = f"/api/v1/batches/{opened['batch']['id']}"
        batch = wait_for(lambda: (now := api.ask("GET", where))["status"] == "completed" and now)
        results = [json.loads(line) for line in api.download(batch["resultsUrl"]).splitlines()]
        assert [result["status"] for result in results] == ["completed", "completed", "failed"]
        assert results[2]["error"]["code"] == "not_found"
        for result in results[:2]:
            render = api.ask("GET", f"/api/v1/renders/{result['renderId']}")
            assert read_streams(api.download(render["url"])).frames == render["frames"]
