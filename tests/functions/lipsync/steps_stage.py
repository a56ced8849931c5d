"""Renders at each point of their way, for tests of the workflow's steps."""

from __future__ import annotations

import io
import json
import wave
from typing import Any

import boto3
import numpy as np

from functions.lipsync.failure import StepRejected, StepUnavailable
from parley.domain.assets import Asset
from parley.domain.renders import Render
from parley.domain.times import iso
from parley.operations.caller import Caller
from parley.operations.submit_render import submit_render
from parley.operations.upload_asset import asset_object_key
from parley.store.fetch import GuardedFetcher, parse_allowed
from parley.store.stores import Stores
from parley.wire.render_job import RenderJob
from parley.wire.renders import SubmitRender
from renderer.lease import Lease, Leases
from tests.functions.events_world import SECOND, World


def speech_wav(seconds: float = 2.0, rate: int = 16_000) -> bytes:
    """A hum, mono WAV."""
    samples = np.sin(np.arange(round(rate * seconds)) * (2 * np.pi * 180 / rate)) * 6000
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2").tobytes())
    return out.getvalue()


def sound_asset(world: World, caller: Caller, data: bytes, seconds: float = 2.0) -> Asset:
    """A sound that was inspected."""
    now, asset_id = iso(world.clock.at), world.stores.ids.new("ast")
    asset = Asset(
        id=asset_id,
        tenant_id=caller.space.tenant,
        environment=caller.space.environment,
        kind="audio",
        status="ready",
        content_type="audio/wav",
        size_bytes=len(data),
        s3_key=asset_object_key(caller.space, asset_id),
        duration_micros=round(seconds * SECOND),
        created_at=now,
        updated_at=now,
    )
    world.stores.uploads.put(asset.s3_key, data, "audio/wav")
    return world.stores.assets.create(asset)


def submitted(world: World, caller: Caller, **body: Any) -> Render:
    """A render, queued; of two seconds of sound unless `body` says otherwise."""
    if not body.keys() & {"text", "audioUrl", "audioAssetId"}:
        body["audioAssetId"] = sound_asset(world, caller, speech_wav()).id
    avatar = world.avatar(caller)
    asked = SubmitRender.model_validate({"avatarId": avatar.id, **body})
    fetcher = GuardedFetcher(parse_allowed(world.stores.settings.allow_fetch))
    return submit_render(world.stores, fetcher, caller, asked, world.stores.ids.new("rnd"))


def place(render: Render, **more: Any) -> dict[str, Any]:
    """A step's event."""
    return {"renderId": render.id, "tenant": render.tenant_id, "environment": render.environment, **more}


def drawn(stores: Stores, render: Render, *, frames: int = 50, owner: str = "w") -> dict[str, Any]:
    """A worker took the render, drew it, and put its file where its fence says: what it tells the state machine."""
    job = RenderJob.model_validate(place(render, rigKey="", speechKey="", heartbeatSeconds=1, timeoutSeconds=1))
    leases = Leases(
        boto3.client("dynamodb"),
        stores.settings.table_name,
        owner,
        seconds=60,
        max_starts=9,
        clock=lambda: stores.clock.now().timestamp(),
    )
    lease = leases.take(job, 0)
    assert isinstance(lease, Lease), lease
    key = job.output_key(lease.fence)
    stores.media.put(key, b"mp4", "video/mp4")
    return {
        "renderId": render.id,
        "fence": lease.fence,
        "outputKey": key,
        "frames": frames,
        "fps": 25,
        "width": 512,
        "height": 512,
        "durationSeconds": frames / 25,
    }


def caught(error: StepRejected | StepUnavailable) -> dict[str, Any]:
    """What the state machine's Catch makes of a function's exception."""
    cause = {"errorMessage": str(error), "errorType": type(error).__name__, "stackTrace": []}
    return {"Error": type(error).__name__, "Cause": json.dumps(cause)}


def left_behind(world: World, caller: Caller) -> list[str]:
    """Everything in the media bucket that is this tenant's."""
    folders = ("speech", "renders")
    return [found.key for folder in folders for found in world.stores.media.list(f"{folder}/{caller.space.path}/")]


def slots_taken(world: World, caller: Caller) -> int:
    return len(list(world.stores.table.query_all(caller.space.partition, "SLOT#")))


def holds_open(world: World, caller: Caller) -> int:
    items = world.stores.table.query_all(caller.space.partition, "HOLD#")
    return sum(item["state"] == "open" for item in items)


def ledger_is_sound(world: World, caller: Caller) -> bool:
    """balance = sum of entries, reserved = sum of open holds, neither below zero."""
    wallet = world.wallet(caller)
    entries = sum(item["amount"] for item in world.stores.table.query_all(caller.space.partition, "ENTRY#"))
    holds = world.stores.table.query_all(caller.space.partition, "HOLD#")
    open_holds = sum(item["amount"] for item in holds if item["state"] == "open")
    return wallet.balance == entries >= 0 and wallet.reserved == open_holds >= 0
