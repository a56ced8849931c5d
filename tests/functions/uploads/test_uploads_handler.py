"""Uploads: a file that arrives in the bucket becomes a checked asset, and what waits for it learns so."""

from __future__ import annotations

import io
import wave
from typing import Any

import cv2
import httpx
import numpy as np
import pytest

from functions.uploads import handler as uploads
from local.cloud import names
from local.presenter import draw_presenter
from parley.domain.assets import Asset, AssetKind
from parley.domain.errors import NotFound
from parley.domain.times import iso
from parley.operations.caller import Caller
from parley.operations.presign_upload import presign_upload
from parley.operations.upload_asset import asset_object_key
from parley.wire.assets import PresignUpload
from renderer.rig import load_rig
from tests.functions.events_world import World
from tests.waiting import HANG_SECONDS


@pytest.fixture(scope="module")
def portrait() -> bytes:
    picture = cv2.cvtColor(draw_presenter(384), cv2.COLOR_RGB2BGR)
    return cv2.imencode(".png", picture)[1].tobytes()


def tone(seconds: float = 1.5) -> bytes:
    """A second and a half of a 220 Hz tone, 16 kHz mono WAV."""
    samples = np.sin(np.arange(int(16_000 * seconds)) * (2 * np.pi * 220 / 16_000)) * 8000
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(samples.astype("<i2").tobytes())
    return out.getvalue()


def dropped(world: World, caller: Caller, kind: AssetKind, data: bytes, **more: Any) -> Asset:
    """An asset whose bytes were put into the bucket by nobody's call but S3's."""
    now = iso(world.clock.at)
    asset_id = world.stores.ids.new("ast")
    asset = Asset(
        id=asset_id,
        tenant_id=caller.space.tenant,
        environment=caller.space.environment,
        kind=kind,
        content_type="application/octet-stream",
        size_bytes=len(data),
        s3_key=asset_object_key(caller.space, asset_id),
        created_at=now,
        updated_at=now,
        **{"status": "pending_upload", **more},
    )
    world.stores.assets.create(asset)
    world.stores.uploads.put(asset.s3_key, data, "application/octet-stream")
    return asset


def verdict(world: World, caller: Caller, asset: Asset) -> Asset:
    world.poll(names.INSPECT_QUEUE)
    return world.stores.assets.get(caller.space, asset.id)


def test_a_portrait_put_to_a_presigned_address_becomes_a_checked_asset_with_no_further_call(
    world: World, portrait: bytes
) -> None:
    caller = world.tenant()
    body = PresignUpload(kind="image", contentType="image/png", sizeBytes=len(portrait))  # type: ignore[call-arg]
    door = presign_upload(world.stores, caller, body, world.stores.ids.new("ast"))
    assert httpx.put(door.url, content=portrait, headers=door.headers, timeout=HANG_SECONDS).status_code == 200
    asset = verdict(world, caller, door.asset)
    assert (asset.status, asset.content_type, asset.size_bytes) == ("ready", "image/png", len(portrait))
    assert (asset.width, asset.height) == (384, 384)
    assert asset.sha256 is not None
    assert asset.rig_key == f"rigs/{caller.space.path}/{asset.id}.npz"
    assert load_rig(world.stores.media.get(asset.rig_key)).points.shape == (468, 3)
    assert world.left(names.INSPECT_QUEUE) == 0


def test_a_sound_learns_its_length(world: World) -> None:
    caller = world.tenant()
    asset = verdict(world, caller, dropped(world, caller, "audio", tone(1.5)))
    assert (asset.status, asset.content_type) == ("ready", "audio/wav")
    assert asset.duration_micros == pytest.approx(1_500_000, abs=2_000)
    assert asset.rig_key is None


@pytest.mark.parametrize(
    ("kind", "data", "code"),
    [
        ("image", b"", "image_unreadable"),
        ("image", b"not a picture at all", "image_unreadable"),
        ("image", cv2.imencode(".png", np.full((400, 400, 3), 127, np.uint8))[1].tobytes(), "no_face"),
        ("audio", b"", "audio_empty"),
        ("audio", tone(0.05), "audio_too_short"),
        ("audio", b"#EXTM3U\n#EXTINF:9,\nhttp://127.0.0.1/a.ts\n", "audio_refused_format"),
    ],
)
def test_what_cannot_be_used_fails_with_advice_and_its_bytes_are_gone(
    world: World, kind: AssetKind, data: bytes, code: str
) -> None:
    caller = world.tenant()
    asset = verdict(world, caller, dropped(world, caller, kind, data))
    assert (asset.status, asset.failure_code) == ("failed", code)
    assert asset.advice and len(asset.advice) > 20
    assert world.stores.uploads.head(asset.s3_key) is None
    assert world.stores.media.list(f"rigs/{caller.space.path}/") == []
    assert world.untouched(caller)


def test_a_background_needs_no_face_and_keeps_its_bytes(world: World) -> None:
    caller = world.tenant()
    wall = cv2.imencode(".png", np.full((300, 400, 3), 127, np.uint8))[1].tobytes()
    asset = verdict(world, caller, dropped(world, caller, "image", wall, purpose="background"))
    assert (asset.status, asset.failure_code, asset.width, asset.height) == ("ready", None, 400, 300)
    assert world.stores.uploads.get(asset.s3_key) == wall
    assert asset.rig_key is None and world.stores.media.list(f"rigs/{caller.space.path}/") == []
    junk = verdict(world, caller, dropped(world, caller, "image", b"junk", purpose="background"))
    assert (junk.status, junk.failure_code) == ("failed", "image_unreadable")


def test_a_file_larger_than_its_kind_allows_is_refused_unread(world: World) -> None:
    caller = world.tenant()
    asset = verdict(world, caller, dropped(world, caller, "image", bytes(16 * 1024 * 1024 + 1)))
    assert (asset.status, asset.failure_code) == ("failed", "media_too_large")


def test_avatars_that_wait_for_a_picture_follow_its_verdict(world: World, portrait: bytes) -> None:
    caller = world.tenant()
    good, bad = dropped(world, caller, "image", portrait), dropped(world, caller, "image", b"junk")
    waiting = {"status": "preprocessing", "rig_key": None}
    first, second = (world.avatar(caller, source_asset_id=asset.id, **waiting) for asset in (good, bad))
    other = world.avatar(caller, source_asset_id="ast_other", **waiting)
    world.poll(names.INSPECT_QUEUE)
    avatars = [world.stores.avatars.get(caller.space, avatar.id) for avatar in (first, second, other)]
    assert [avatar.status for avatar in avatars] == ["ready", "failed", "preprocessing"]
    assert avatars[0].rig_key == f"rigs/{caller.space.path}/{good.id}.npz"
    assert avatars[1].error == world.stores.assets.get(caller.space, bad.id).advice


def test_a_second_delivery_changes_no_verdict_but_finishes_what_the_first_left_undone(
    world: World, portrait: bytes
) -> None:
    caller = world.tenant()
    asset = verdict(world, caller, dropped(world, caller, "image", portrait))
    avatar = world.avatar(caller, source_asset_id=asset.id, status="preprocessing", rig_key=None)
    world.clock.forward(60)
    world.stores.uploads.put(asset.s3_key, b"something else", "image/png")
    assert verdict(world, caller, asset) == asset
    assert world.stores.avatars.get(caller.space, avatar.id).status == "ready"


def test_the_file_of_a_deleted_asset_is_dropped(world: World) -> None:
    caller = world.tenant()
    asset = dropped(world, caller, "audio", tone())
    world.stores.assets.delete(caller.space, asset.id, world.clock.at)
    world.poll(names.INSPECT_QUEUE)
    with pytest.raises(NotFound):
        world.stores.assets.get(caller.space, asset.id)
    assert world.stores.uploads.head(asset.s3_key) is None
    assert world.left(names.INSPECT_QUEUE) == 0


def test_one_file_that_cannot_be_looked_at_now_fails_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    caller = world.tenant()
    assets = [dropped(world, caller, "audio", tone()) for _ in range(3)]
    get_file = type(world.stores.uploads).get_file

    def fail_for_one(self: Any, key: str, path: str) -> None:
        if key == assets[1].s3_key:
            raise ConnectionError("S3 did not answer")
        get_file(self, key, path)

    with monkeypatch.context() as broken:
        broken.setattr(type(world.stores.uploads), "get_file", fail_for_one)
        world.poll(names.INSPECT_QUEUE)
    statuses = [world.stores.assets.get(caller.space, asset.id).status for asset in assets]
    assert statuses == ["ready", "pending_upload", "ready"]
    assert world.left(names.INSPECT_QUEUE) == 1
    world.show_hidden(names.INSPECT_QUEUE)
    assert verdict(world, caller, assets[1]).status == "ready"


def test_a_file_that_breaks_the_inspection_every_time_gets_a_verdict_at_its_last_receipt(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = world.tenant()
    asset = dropped(world, caller, "audio", tone())

    def break_down(*_: Any) -> int:
        raise MemoryError

    monkeypatch.setattr(uploads._inspector.__class__, "sound_micros", break_down)
    statuses: list[str] = []
    for _ in range(uploads.LAST_RECEIPT):
        statuses.append(verdict(world, caller, asset).status)
        world.show_hidden(names.INSPECT_QUEUE)
    assert statuses == ["pending_upload", "pending_upload", "failed"]
    assert world.left(names.INSPECT_QUEUE) == 0


def test_the_last_receipt_is_the_queues_own() -> None:
    (queue,) = [queue for queue in names.QUEUES if queue.name == names.INSPECT_QUEUE]
    assert queue.receipts == uploads.LAST_RECEIPT


def test_objects_of_no_asset_and_s3s_test_event_are_passed_over(world: World) -> None:
    world.stores.uploads.put("assets/ten_1/test/../odd", b"x", "text/plain")
    world.stores.uploads.put("assets/ten_1/elsewhere/ast_1", b"x", "text/plain")
    body = '{"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "parley-uploads"}'
    world.cloud.client("sqs").send_message(QueueUrl=world.url(names.INSPECT_QUEUE), MessageBody=body)
    world.poll(names.INSPECT_QUEUE)
    assert world.left(names.INSPECT_QUEUE) == 0
