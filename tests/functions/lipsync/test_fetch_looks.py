"""Fetch brings along what the look of a video needs: words of a recording, a picture behind the speaker."""

from __future__ import annotations

import io
from dataclasses import replace

import cv2
import numpy as np
import pytest

from functions.lipsync.failure import Failure, StepRejected, render_error_of
from renderer.media.backdrops import decode_backdrop
from renderer.stored_speech import load_speech
from tests.functions.events_world import World
from tests.functions.lipsync.steps_stage import drawn, left_behind, place, sound_asset, submitted

FETCH, SETTLE, REFUND = (f"parley-lipsync-{step}" for step in ("fetch", "settle", "refund"))


def png(width: int, height: int) -> bytes:
    return cv2.imencode(".png", np.full((height, width, 3), (10, 120, 240), np.uint8))[1].tobytes()


def test_the_words_of_a_recording_are_placed_in_it(world: World) -> None:
    caller = world.tenant()
    render = submitted(world, caller, transcript="Three short words.", captions={"style": "boxed", "offsetY": -0.1})
    job = world.invoke(FETCH, place(render))
    media = world.stores.media
    speech = load_speech(media.get(job["speechKey"]), media.get(job["phonemesKey"]))
    assert speech.phonemes is None and speech.words is not None
    assert [word.text for word in speech.words] == ["Three", "short", "words."]
    assert speech.words[-1].end_sec <= speech.duration_sec
    assert (job["captions"]["style"], job["captions"]["offsetY"]) == ("boxed", -0.1)


def test_a_transcript_without_words_is_refused_and_nothing_is_charged(world: World) -> None:
    caller = world.tenant()
    before = world.wallet(caller).balance
    render = submitted(world, caller, transcript="... !")
    with pytest.raises(StepRejected, match="text_unspeakable"):
        world.invoke(FETCH, place(render))
    world.invoke(REFUND, place(render, failure={"Error": "captions_undrawable", "Cause": "No font."}))
    assert world.wallet(caller).balance == before


def test_a_picture_of_a_wall_stands_behind(world: World) -> None:
    caller = world.tenant()
    sound = sound_asset(world, caller, b"")
    wall = replace(sound, id=world.stores.ids.new("ast"), kind="image", purpose="background", duration_micros=None)
    wall = replace(wall, s3_key=f"assets/{caller.space.path}/{wall.id}")
    world.stores.assets.create(wall)
    world.stores.uploads.put(wall.s3_key, png(3000, 500), "image/png")
    render = submitted(world, caller, backgroundAssetId=wall.id, aspectRatio="16:9", text="Hi.")
    job = world.invoke(FETCH, place(render))
    assert (job["aspectRatio"], job["background"]) == ("16:9", None)
    kept = decode_backdrop(world.stores.media.get(job["backgroundKey"]))
    assert kept.shape[1] == 2048 and (kept == (240, 120, 10)).all()
    result = drawn(world.stores, render)
    captions = result["outputKey"].replace(".mp4", ".vtt")
    world.stores.media.put(captions, b"WEBVTT", "text/vtt")
    world.invoke(SETTLE, place(render, result={**result, "captionsKey": captions}))
    done = world.stores.renders.get(caller.space, render.id)
    assert done.captions_key == captions
    assert sorted(left_behind(world, caller)) == sorted([captions, result["outputKey"]])


def test_captions_of_another_render_are_not_given_out(world: World) -> None:
    caller = world.tenant()
    render = submitted(world, caller)
    world.invoke(FETCH, place(render))
    result = drawn(world.stores, render)
    world.invoke(SETTLE, place(render, result={**result, "captionsKey": "renders/ten_other/test/rnd_1/1.vtt"}))
    assert world.stores.renders.get(caller.space, render.id).captions_key is None


def test_what_is_no_picture_is_refused(world: World) -> None:
    caller = world.tenant()
    sound = sound_asset(world, caller, b"")
    wall = replace(sound, id=world.stores.ids.new("ast"), kind="image")
    wall = replace(wall, s3_key=f"assets/{caller.space.path}/{wall.id}")
    world.stores.assets.create(wall)
    world.stores.uploads.put(wall.s3_key, io.BytesIO(b"<svg/>").read(), "image/png")
    with pytest.raises(StepRejected, match="image_"):
        world.invoke(FETCH, place(submitted(world, caller, backgroundAssetId=wall.id, text="Hi.")))


def test_letters_that_cannot_be_drawn_are_the_orders_fault() -> None:
    error = render_error_of(Failure(Error="captions_undrawable", Cause="No font here has the letters."))
    assert (error.status, error.code, error.message) == (422, "captions_undrawable", "No font here has the letters.")


@pytest.mark.parametrize(
    ("code", "status", "advice"),
    [
        ("captions_undrawable", 422, "leave captions out"),
        ("image_unreadable", 422, "send another"),
        ("emotion_unknown", 503, "submit it again"),
    ],
)
def test_a_refusal_whose_words_were_lost_on_the_way_still_says_what_to_change(
    code: str, status: int, advice: str
) -> None:
    error = render_error_of(Failure(Error=code))
    assert (error.status, error.code) == (status, code)
    assert advice in error.message
