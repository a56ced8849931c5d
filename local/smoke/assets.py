"""Checks of what comes in: a portrait and its face check, a picture that must be refused, a sound, an avatar."""

import hashlib
from typing import Any

from local.smoke.stage import Stage
from local.smoke.verdict import Figures, Unexpected, equal, expect

UPLOADS = "/api/v1/assets"
AVATARS = "/api/v1/avatars"


def portrait_accepted(stage: Stage) -> Figures:
    given = stage.given
    made = stage.json("POST", UPLOADS, 201, files={"file": (given.portrait_name, given.portrait)})
    stage.clean_later("DELETE", f"{UPLOADS}/{made['id']}")
    asset = _ready(stage, made)
    equal(asset["kind"], "image", "kind of a picture")
    expect(asset["width"] and asset["height"], "the face check tells width and height", (asset["width"],))
    stored = hashlib.sha256(stage.download(asset["publicUrl"])).hexdigest()
    equal(stored, hashlib.sha256(given.portrait).hexdigest(), "SHA-256 of what publicUrl gives")
    stage.made["portrait"] = asset
    return {"id": asset["id"], "width": asset["width"], "height": asset["height"]}


def portrait_refused(stage: Stage) -> Figures:
    """A landscape. The upload waits for the face check and says what to change; where it cannot, the asset does."""
    before = {asset["id"] for asset in stage.json("GET", UPLOADS)["data"]}
    files = {"file": ("landscape.png", stage.given.landscape)}
    answer = stage.call("POST", UPLOADS, (422, 201), files=files)
    body = answer.json()
    if answer.status_code == 201:
        stage.clean_later("DELETE", f"{UPLOADS}/{body['id']}")
        seen = _inspected(stage, body)
        equal(seen["status"], "failed", "status of a picture without a face")
        code, advice = seen["errorCode"], seen["error"]
    else:
        code, advice = body["code"], body["error"]
        after = {asset["id"] for asset in stage.json("GET", UPLOADS)["data"]}
        expect(after <= before, "nothing is left of a refused picture", sorted(after - before))
    equal(code, "no_face", "code of a picture without a face")
    expect(len(str(advice).split()) >= 4, "the refusal says in words what to change", advice)
    return {"code": code, "advice": advice}


def sound_presigned(stage: Stage) -> Figures:
    given = stage.given
    wanted = {"kind": "audio", "contentType": given.speech_type, "sizeBytes": len(given.speech)}
    opened = stage.json("POST", f"{UPLOADS}/uploads", 201, json=wanted)
    stage.clean_later("DELETE", f"{UPLOADS}/{opened['asset']['id']}")
    equal(opened["asset"]["status"], "pending_upload", "status before the bytes are there")
    stage.put(opened["upload"], given.speech)
    asset = _ready(stage, opened["asset"])
    equal(asset["sizeBytes"], len(given.speech), "sizeBytes of the sound")
    expect(asset["durationSeconds"], "the inspection tells durationSeconds", asset["durationSeconds"])
    stage.made["sound"] = asset
    return {"id": asset["id"], "durationSeconds": asset["durationSeconds"]}


def avatar_kept(stage: Stage) -> Figures:
    """Made, listed, changed, deleted; then made again for all that follows."""
    first = _avatar(stage)
    path = f"{AVATARS}/{first['id']}"
    equal(stage.json("GET", path)["id"], first["id"], "id of the avatar read")
    listed = [avatar["id"] for avatar in stage.json("GET", AVATARS)["data"]]
    expect(first["id"] in listed, "the list has the new avatar", f"{len(listed)} others")
    equal(
        stage.json("PATCH", path, json={"displayName": "Smoke, renamed"})["displayName"], "Smoke, renamed", "the name"
    )
    stage.call("DELETE", path, (200, 204))
    stage.cleaned("DELETE", path)
    stage.call("GET", path, 404)
    listed = [avatar["id"] for avatar in stage.json("GET", AVATARS)["data"]]
    expect(first["id"] not in listed, "a deleted avatar is not listed", "it is")
    stage.made["avatar"] = _avatar(stage)
    return {"id": stage.made["avatar"]["id"]}


def _avatar(stage: Stage) -> Any:
    body = {"displayName": "Smoke", "sourceKind": "image", "sourceAssetId": stage.made["portrait"]["id"]}
    made = stage.json("POST", AVATARS, 201, json=body)
    stage.clean_later("DELETE", f"{AVATARS}/{made['id']}")

    def look() -> Any:
        avatar = stage.json("GET", f"{AVATARS}/{made['id']}")
        if avatar["status"] == "failed":
            raise Unexpected("the avatar becomes ready", f"failed: {avatar.get('error')}")
        return avatar if avatar["status"] == "ready" else None

    return stage.wait(look, "the avatar is ready")


def _ready(stage: Stage, asset: Any) -> Any:
    seen = _inspected(stage, asset)
    expect(seen["status"] == "ready", "the file passes its inspection", f"{seen['status']}: {seen.get('error')}")
    return seen


def _inspected(stage: Stage, asset: Any) -> Any:
    def look() -> Any:
        seen = stage.json("GET", f"{UPLOADS}/{asset['id']}")
        return seen if seen["status"] in ("ready", "failed") else None

    return stage.wait(look, "the inspection speaks")
