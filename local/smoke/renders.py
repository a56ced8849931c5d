"""Checks of renders: from text, from a sound, from a URL, replayed, cancelled, waited for, and in a batch."""

import json
import uuid
from typing import Any

from local.smoke.stage import Stage
from local.smoke.verdict import Figures, equal, expect
from local.smoke.videos import check_sound, check_video, read_video

RENDERS = "/api/v1/renders"
SIZE = 256
LONG = "The quick brown fox jumps over the lazy dog, and nobody minds. " * 20
_ENDED = frozenset({"completed", "failed", "canceled"})
_PENDING = "queued", "processing"


def from_text(stage: Stage) -> Figures:
    body = {"avatarId": stage.made["avatar"]["id"], "text": "Good morning. How are you?", "size": SIZE}
    key = {"Idempotency-Key": f"smoke-{uuid.uuid4().hex}"}
    sent = stage.json("POST", RENDERS, 201, json=body, headers=key)
    stage.clean_later("POST", f"{RENDERS}/{sent['id']}/cancel")
    expect(sent["reservedCreditMicros"] > 0, "credit is set aside at once", sent["reservedCreditMicros"])
    done = _completed(stage, sent)
    stage.made |= {"render": done, "render_request": (body, key)}
    return _figures(done)


def replayed(stage: Stage) -> Figures:
    """The same request under the same key is the same render; another request under it is refused."""
    body, key = stage.made["render_request"]
    again = stage.call("POST", RENDERS, 201, json=body, headers=key)
    equal(again.json()["id"], stage.made["render"]["id"], "id of the render in the replay")
    equal(again.headers.get("idempotency-replayed"), "true", "header Idempotency-Replayed")
    other = stage.json("POST", RENDERS, 409, json={**body, "text": "Another text."}, headers=key)
    equal(other["code"], "idempotency_conflict", "code of another request under the same key")
    return {"id": again.json()["id"]}


def video_whole(stage: Stage) -> Figures:
    render = stage.made["render"]
    video = read_video(stage.download(render["url"]))
    check_video(video, render, SIZE)
    equal(render["billedCreditMicros"], price(render["frames"], render["fps"]), "price of its pictures")
    return {"frames": video.frames, "samples": video.audio_samples, "sampleRate": video.sample_rate}


def from_sound(stage: Stage) -> Figures:
    return _with_sound(stage, {"audioAssetId": stage.made["sound"]["id"]})


def from_url(stage: Stage) -> Figures:
    return _with_sound(stage, {"audioUrl": _public_url(stage)})


def cancelled(stage: Stage) -> Figures:
    before = stage.json("GET", "/api/v1/credits/balance")
    sent = stage.json("POST", RENDERS, 201, json={"avatarId": stage.made["avatar"]["id"], "text": LONG, "size": SIZE})
    held = stage.json("GET", "/api/v1/credits/balance")["reservedCreditMicros"] - before["reservedCreditMicros"]
    equal(held, sent["reservedCreditMicros"], "credit held while it is under way")
    done = stage.json("POST", f"{RENDERS}/{sent['id']}/cancel")
    equal((done["status"], done["billedCreditMicros"]), ("canceled", 0), "status and price of a cancelled render")
    after = stage.json("GET", "/api/v1/credits/balance")
    equal(after["availableCreditMicros"], before["availableCreditMicros"], "available credit, once it is cancelled")
    stage.billed[sent["id"]] = 0
    return {"id": sent["id"], "returnedCreditMicros": held}


def lipsync(stage: Stage) -> Figures:
    """One call that waits; where the deployment's wait is over first, it says where the video will be."""
    body = {"avatarId": stage.made["avatar"]["id"], "audioUrl": _public_url(stage), "size": SIZE}
    answer = stage.call("POST", "/api/v1/lipsync", (200, 202), json=body, headers={"Prefer": "wait=20"}, timeout=60.0)
    made = answer.json()
    if answer.status_code == 202:
        equal(answer.headers.get("location"), f"{RENDERS}/{made['id']}", "header Location of a 202")
        made = _completed(stage, made)
    else:
        stage.billed[made["renderId"]] = made["billedCreditMicros"]
    video = read_video(stage.download(made["url"]))
    check_video(video, made, SIZE)
    check_sound(video, stage.made["sound"]["durationSeconds"])
    equal(made["durationSeconds"], made["frames"] / made["fps"], "durationSeconds")
    return {"waited": answer.status_code == 200, "frames": made["frames"]}


def batch(stage: Stage) -> Figures:
    avatar = stage.made["avatar"]["id"]
    lines = [
        {"avatarId": avatar, "text": "One.", "size": SIZE},
        {"avatarId": avatar, "text": "Two.", "size": SIZE},
        {"avatarId": "ava_00000000000000000000000000", "text": "Of nobody."},
    ]
    opened = stage.json("POST", "/api/v1/batches", 201)
    stage.put(opened["upload"], "\n".join(map(json.dumps, lines)).encode())

    def look() -> Any:
        seen = stage.json("GET", f"/api/v1/batches/{opened['batch']['id']}")
        return seen if seen["status"] in ("completed", "failed") else None

    done = stage.wait(look, "the batch ends")
    counts = tuple(done[name] for name in ("status", "lines", "completed", "failed"))
    equal(counts, ("completed", 3, 2, 1), "status, lines, completed and failed of the batch")
    results = [json.loads(line) for line in stage.download(done["resultsUrl"]).splitlines()]
    equal([result["status"] for result in results], ["completed", "completed", "failed"], "the results, line by line")
    equal(results[2]["error"]["code"], "not_found", "code of the line whose avatar is nobody's")
    stage.billed |= {result["renderId"]: result["billedCreditMicros"] for result in results if result["renderId"]}
    return {"id": done["id"], "lines": 3}


def price(frames: int, fps: int) -> int:
    """Credit micros of so many pictures: their seconds, to the nearest micro."""
    return (2 * frames * 1_000_000 + fps) // (2 * fps)


def _with_sound(stage: Stage, source: dict[str, str]) -> Figures:
    done = _completed(
        stage, stage.json("POST", RENDERS, 201, json={"avatarId": stage.made["avatar"]["id"], "size": SIZE, **source})
    )
    video = read_video(stage.download(done["url"]))
    check_video(video, done, SIZE)
    check_sound(video, stage.made["sound"]["durationSeconds"])
    return _figures(done)


def _public_url(stage: Stage) -> str:
    """Read anew: what was signed at the upload may have run out while a fleet woke."""
    return stage.json("GET", f"/api/v1/assets/{stage.made['sound']['id']}")["publicUrl"]


def _completed(stage: Stage, sent: Any) -> Any:
    def look() -> Any:
        seen = stage.json("GET", f"{RENDERS}/{sent['id']}")
        expect(seen["status"] in _ENDED or seen["status"] in _PENDING, "a status that is documented", seen["status"])
        return seen if seen["status"] in _ENDED else None

    done = stage.wait(look, "the render ends")
    stage.billed[done["id"]] = done["billedCreditMicros"]
    expect(done["status"] == "completed", "the render is completed", f"{done['status']}: {done.get('error')}")
    return done


def _figures(done: Any) -> Figures:
    names = "id", "frames", "fps", "durationSeconds", "billedCreditMicros"
    return {name: done[name] for name in names}
