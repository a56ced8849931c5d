"""Voices through the API: listed by language, gender and engine; unknown ones refused at submit, nothing charged."""

from __future__ import annotations

import pytest

from parley.domain.spaces import Space
from tests.functions.api.world import World, refused

URL = "/api/v1/voices"


def test_voices_are_listed_and_filtered(world: World, key: str) -> None:
    every = world.call("GET", URL, key).json()["data"]
    assert {voice["engine"] for voice in every} == {"espeak"}
    found = world.call("GET", f"{URL}?language=vi&gender=female", key).json()["data"]
    assert {
        "id": "espeak:vi+f2",
        "name": "Vietnamese (North) – female 2",
        "language": "vi",
        "languageName": "Vietnamese (North)",
        "gender": "female",
        "engine": "espeak",
    } in found
    assert 0 < len(found) < len(every)
    assert world.call("GET", f"{URL}?engine=polly", key).json() == {"data": []}


@pytest.mark.parametrize("query", ["gender=robot", "engine=x", "language=e"])
def test_a_filter_that_cannot_be_is_refused(world: World, key: str, query: str) -> None:
    refused(world.call("GET", f"{URL}?{query}", key), 422, "invalid_request")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"text": "Hello", "voiceId": "espeak:klingon"}, "voice_unknown"),
        ({"text": "Hello", "voiceId": "polly:Joanna"}, "voice_unknown"),
        ({"text": "Hello", "language": "qq"}, "language_unknown"),
    ],
)
def test_an_unknown_voice_or_language_is_refused_at_submit(
    world: World, space: Space, key: str, body: dict[str, str], code: str
) -> None:
    avatar = world.avatar(key)["id"]
    before = world.wallet(space)
    refused(world.call("POST", "/api/v1/renders", key, json={"avatarId": avatar, **body}), 422, code)
    assert world.wallet(space) == before


def test_an_avatars_own_voice_is_kept_under_its_full_id(world: World, key: str) -> None:
    made = world.avatar(key, defaultVoiceId="vi-VN-x-south+f2")
    assert made["defaultVoiceId"] == "espeak:vi-vn-x-south+f2"
    path = f"/api/v1/avatars/{made['id']}"
    assert (
        world.call("PATCH", path, key, json={"defaultVoiceId": "en-gb+f3"}).json()["defaultVoiceId"]
        == "espeak:en-gb+f3"
    )
    refused(world.call("PATCH", path, key, json={"defaultVoiceId": "espeak:qq"}), 422, "voice_unknown")
    body = {"displayName": "x", "sourceKind": "image", "defaultVoiceId": "espeak:qq"}
    refused(world.call("POST", "/api/v1/avatars", key, json=body), 422, "voice_unknown")
