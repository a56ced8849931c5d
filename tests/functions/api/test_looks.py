"""Shape, background and captions of a video, as orders name them."""

from __future__ import annotations

from typing import Any

import pytest

from parley.domain.spaces import Space
from tests.functions.api.world import NO_FACE, PNG, WAV, World, refused

URL = "/api/v1/renders"
AUDIO = "https://example.com/a.mp3"
PICTURE = "https://example.com/wall.jpg"


def test_an_order_keeps_its_look(world: World, space: Space, key: str) -> None:
    look = {"size": 1536, "aspectRatio": "9:16", "background": "transparent", "captions": {"style": "karaoke"}}
    order = {"avatarId": world.avatar(key)["id"], "audioUrl": AUDIO, "transcript": "Hello.", **look}
    answer = world.call("POST", URL, key, json=order)
    assert answer.status_code == 201, answer.text
    render = answer.json()
    assert (render["size"], render["aspectRatio"], render["background"]) == (1536, "9:16", "transparent")
    assert render["captionsUrl"] is None
    kept = world.stores.renders.get(space, render["id"])
    assert kept.background == "transparent" and kept.source.transcript == "Hello."
    assert kept.captions is not None
    assert (kept.captions.style, kept.captions.position, kept.captions.offset_y) == ("karaoke", "bottom", 0.0)


def test_pictures_behind_the_speaker_are_named_by_asset_or_url(world: World, space: Space, key: str) -> None:
    avatar, asset = world.avatar(key), world.picture(key)
    for wish in ({"backgroundAssetId": asset["id"]}, {"backgroundUrl": asset["publicUrl"]}):
        answer = world.call("POST", URL, key, json={"avatarId": avatar["id"], "text": "Hi.", **wish})
        assert answer.status_code == 201, answer.text
        assert answer.json()["background"] == "image"
        kept = world.stores.renders.get(space, answer.json()["id"])
        assert (kept.background_asset_id, kept.background_url) == (asset["id"], None)
        world.call("POST", f"{URL}/{kept.id}/cancel", key)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"aspectRatio": "4:3"}, "16:9"),
        ({"aspectRatio": "16x9"}, "16:9"),
        ({"size": 1538}, "1536"),
        ({"size": 254}, "256"),
        ({"fps": 60}, "24"),
        ({"captions": {"style": "neon"}, "text": "Hi."}, "karaoke"),
        ({"captions": {"offsetX": 0.6}, "text": "Hi."}, "0.5"),
        ({"captions": {"offsetX": "0.1"}, "text": "Hi."}, "number"),
        ({"captions": {"colour": "red"}, "text": "Hi."}, "colour"),
        ({"captions": {}, "audioUrl": AUDIO}, "transcript"),
        ({"transcript": "   ", "audioUrl": AUDIO}, "no words"),
        ({"transcript": "x" * 10_001, "audioUrl": AUDIO}, "10000"),
        ({"transcript": "Hi.", "text": "Hi."}, "known already"),
        ({"background": "red", "backgroundUrl": PICTURE, "text": "Hi."}, "one background"),
        ({"backgroundId": "red", "backgroundUrl": PICTURE, "text": "Hi."}, "one background"),
        ({"backgroundUrl": PICTURE, "backgroundAssetId": "ast_12345678", "text": "Hi."}, "one background"),
        ({"background": "green screen", "text": "Hi."}, "green_screen"),
    ],
)
def test_a_look_that_is_wrong_is_refused_with_what_to_change(
    world: World, space: Space, key: str, wrong: dict[str, Any], said: str
) -> None:
    before = world.wallet(space)
    body = {"avatarId": "ava_12345678", **({} if "audioUrl" in wrong else {"text": "Hi."}), **wrong}
    problem = refused(world.call("POST", URL, key, json=body), 422, "invalid_request")
    assert said in str(problem)
    assert world.wallet(space) == before


@pytest.mark.parametrize(
    "wrong",
    [{"captions": {}}, {"aspectRatio": "4:3"}, {"backgroundId": "red", "backgroundUrl": PICTURE}, {"transcript": ""}],
)
def test_lipsync_refuses_the_same_looks(world: World, key: str, wrong: dict[str, Any]) -> None:
    body = {"audioUrl": AUDIO, "avatarId": "ava_12345678", **wrong}
    refused(world.call("POST", "/api/v1/lipsync", key, json=body), 422, "invalid_request")


def test_an_order_says_what_was_asked_for(world: World, key: str) -> None:
    asked = {"emotion": "sad", "intensity": 0.25, "seed": 7, "captions": {"style": "boxed", "offsetY": -0.1}}
    render = world.call("POST", URL, key, json={"avatarId": world.avatar(key)["id"], "text": "Hi.", **asked}).json()
    seen = world.call("GET", f"{URL}/{render['id']}", key).json()
    for answer in (render, seen):
        assert (answer["emotion"], answer["intensity"], answer["seed"]) == ("sad", 0.25, 7)
        assert answer["captions"] == {
            "style": "boxed",
            "position": "bottom",
            "size": "medium",
            "offsetX": 0.0,
            "offsetY": -0.1,
        }
    world.call("POST", f"{URL}/{render['id']}/cancel", key)


def test_a_picture_refused_as_a_portrait_is_a_background_only_when_sent_as_one(
    world: World, space: Space, key: str
) -> None:
    order = {"avatarId": world.avatar(key)["id"], "text": "Hi."}
    world.verdicts["image"] = None
    files = {"file": ("wall.png", PNG, "image/png")}
    portrait = world.call("POST", "/api/v1/assets", key, files=files).json()
    world.stores.assets.update(space, portrait["id"], NO_FACE, world.clock.at)
    world.verdicts["image"] = {"status": "ready", "width": 400, "height": 300}
    wall = world.call("POST", "/api/v1/assets", key, files=files, data={"purpose": "background"}).json()
    assert (portrait["purpose"], wall["purpose"], wall["status"]) == ("portrait", "background", "ready")

    before = world.wallet(space)
    problem = refused(world.call("POST", URL, key, json={**order, "backgroundAssetId": portrait["id"]}), 422, "no_face")
    assert "purpose background" in problem["error"]
    assert world.wallet(space) == before
    render = world.call("POST", URL, key, json={**order, "backgroundAssetId": wall["id"]})
    assert render.status_code == 201, render.text
    world.call("POST", f"{URL}/{render.json()['id']}/cancel", key)


def test_a_background_makes_no_avatar_and_no_sound_is_one(world: World, key: str) -> None:
    door = {"kind": "image", "purpose": "background", "contentType": "image/png", "sizeBytes": 9}
    wall = world.call("POST", "/api/v1/assets/uploads", key, json=door).json()["asset"]
    avatar = {"displayName": "x", "sourceKind": "image", "sourceAssetId": wall["id"]}
    assert "background" in str(refused(world.call("POST", "/api/v1/avatars", key, json=avatar), 422, "invalid_request"))
    sound = {**door, "kind": "audio", "contentType": "audio/wav"}
    refused(world.call("POST", "/api/v1/assets/uploads", key, json=sound), 422, "invalid_request")
    files = {"file": ("a.wav", WAV, "audio/wav")}
    refused(
        world.call("POST", "/api/v1/assets", key, files=files, data={"purpose": "background"}), 422, "invalid_request"
    )


def test_a_sound_behind_the_speaker_is_refused(world: World, key: str) -> None:
    body = {"avatarId": world.avatar(key)["id"], "text": "Hi.", "backgroundAssetId": world.sound(key)["id"]}
    problem = refused(world.call("POST", URL, key, json=body), 422, "invalid_request")
    assert "no image" in str(problem)


def test_an_address_inside_is_no_background(world: World, space: Space, key: str) -> None:
    body = {"avatarId": world.avatar(key)["id"], "text": "Hi.", "backgroundUrl": "http://127.0.0.1/wall.png"}
    before = world.wallet(space).reserved
    assert world.call("POST", URL, key, json=body).status_code == 422
    assert world.wallet(space).reserved == before
