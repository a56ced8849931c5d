"""What tests of the store begin with: a tenant with a key and credits, and renders to submit."""

from dataclasses import replace
from typing import Any

from parley.domain.avatars import Avatar
from parley.domain.keys import SECRET_BYTES, ApiKey, hash_key, present
from parley.domain.plans import Plan, plan_named
from parley.domain.renders import Render, RenderOutput, SpeechSource
from parley.domain.spaces import Space, Tenant
from parley.domain.times import iso
from parley.domain.turns import Turn
from parley.store.stores import Stores

PEPPER = b"a pepper for tests"
SPACE = Space("ten_A", "test")
SECOND = 1_000_000
# No monthly grant of its own: what is in the wallet is what the test put there.
BARE = replace(plan_named("developer"), minutes_per_month=0)


def a_tenant(stores: Stores, space: Space = SPACE, plan: str = "sandbox") -> Tenant:
    now = iso(stores.clock.now())
    return stores.tenants.create(
        Tenant(id=space.tenant, environment=space.environment, plan=plan, created_at=now, updated_at=now)
    )


def a_key(
    stores: Stores, space: Space = SPACE, *, limit: int | None = None, key_id: str = "KEY00001", **more: Any
) -> ApiKey:
    now = iso(stores.clock.now())
    presented = present(space.environment, key_id, bytes(SECRET_BYTES))
    return stores.keys.create(
        ApiKey(
            key_id=key_id,
            tenant_id=space.tenant,
            environment=space.environment,
            name="a key",
            hash=hash_key(presented, PEPPER),
            redacted=presented.redacted,
            scopes=frozenset({"*"}),
            spend_limit=limit,
            created_at=now,
            updated_at=now,
            **more,
        )
    )


def credits(stores: Stores, seconds: int, space: Space = SPACE) -> None:
    stores.wallets.grant(space, stores.ids.new("grt"), seconds * SECOND, stores.clock.now())


def a_render(stores: Stores, space: Space = SPACE, **more: Any) -> Render:
    now = iso(stores.clock.now())
    fields: dict[str, Any] = {
        "id": stores.ids.new("rnd"),
        "tenant_id": space.tenant,
        "environment": space.environment,
        "avatar_id": "ava_1",
        "asset_rig_key": "rigs/1.npz",
        "source": SpeechSource(kind="text", text="hello"),
        "created_at": now,
        "updated_at": now,
    }
    return Render(**{**fields, **more})


def a_turn(stores: Stores, space: Space = SPACE, **more: Any) -> Turn:
    now = iso(stores.clock.now())
    fields: dict[str, Any] = {
        "id": stores.ids.new("trn"),
        "tenant_id": space.tenant,
        "environment": space.environment,
        "avatar_id": "ava_1",
        "mode": "speak_text",
        "sample_rate": 24000,
        "created_at": now,
        "updated_at": now,
    }
    return Turn(**{**fields, **more})


def submitted(stores: Stores, seconds: int = 10, plan: Plan = BARE, **more: Any) -> Render:
    return stores.renders.submit(a_render(stores, **more), seconds * SECOND, plan, stores.clock.now())


def output(fence: int, frames: int = 100, fps: int = 25) -> RenderOutput:
    return RenderOutput(
        fence=fence,
        output_key=f"renders/{fence}.mp4",
        frames=frames,
        fps=fps,
        width=512,
        height=512,
        duration_seconds=frames / fps,
    )


def an_avatar(stores: Stores, space: Space = SPACE, **more: Any) -> Avatar:
    now = iso(stores.clock.now())
    fields: dict[str, Any] = {
        "id": stores.ids.new("ava"),
        "tenant_id": space.tenant,
        "environment": space.environment,
        "display_name": "Rin",
        "source_kind": "image",
        "model_id": "realtime-avatar-live-v1",
        "status": "ready",
        "created_at": now,
        "updated_at": now,
    }
    return Avatar(**{**fields, **more})
