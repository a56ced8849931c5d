"""Tenants, avatars and assets in the table."""

from dataclasses import replace

import pytest
from given import SECOND, SPACE, a_key, a_tenant, an_avatar, credits

from parley.domain.assets import Asset
from parley.domain.errors import (
    Conflict,
    InsufficientCredits,
    InsufficientScope,
    InvalidInput,
    NotFound,
    PlanLimitReached,
)
from parley.domain.plans import plan_named
from parley.domain.spaces import Space, Tenant
from parley.domain.times import iso
from parley.store.stores import Stores

SANDBOX, DEVELOPER = plan_named("sandbox"), plan_named("developer")


def an_asset(stores: Stores, **more) -> Asset:
    now = iso(stores.clock.now())
    fields = {
        "id": stores.ids.new("ast"),
        "tenant_id": SPACE.tenant,
        "environment": SPACE.environment,
        "kind": "image",
        "status": "uploaded",
        "content_type": "image/png",
        "size_bytes": 9,
        "s3_key": "assets/ten_A/test/1",
        "created_at": now,
        "updated_at": now,
    }
    return Asset(**{**fields, **more})


def test_a_tenant_is_made_once_and_moves_between_plans(stores: Stores) -> None:
    first = a_tenant(stores)
    assert a_tenant(stores, plan="scale") == first == stores.tenants.active(SPACE)
    assert stores.tenants.set_plan(SPACE, "studio", stores.clock.now()).plan == "studio"
    with pytest.raises(InvalidInput):
        stores.tenants.set_plan(SPACE, "starter", stores.clock.now())


def test_a_tenant_that_is_absent_or_suspended_may_do_nothing(stores: Stores) -> None:
    other = Space("ten_B", "test")
    now = iso(stores.clock.now())
    stores.tenants.create(
        Tenant(id="ten_B", environment="test", plan="sandbox", status="suspended", created_at=now, updated_at=now)
    )
    for space in (SPACE, other):
        with pytest.raises(InsufficientScope) as refused:
            stores.tenants.active(space)
        assert refused.value.code == "tenant_inactive"


def test_free_form_settings_come_back_exactly(stores: Stores) -> None:
    a_tenant(stores)
    deep: object = 1.0
    for _ in range(60):
        deep = [deep]
    settings = {"": "", "pi": 3.14159265358979, "six": 6.0, "big": 10**60, "tiny": 1e-300, "deep": deep, "no": None}
    made = stores.avatars.create(an_avatar(stores, settings=settings), SANDBOX, stores.clock.now())
    read = stores.avatars.get(SPACE, made.id)
    assert read == made and str(read.settings) == str(settings)


def test_the_sandbox_keeps_one_avatar_until_it_is_deleted(stores: Stores) -> None:
    a_tenant(stores)
    now = stores.clock.now()
    first = stores.avatars.create(an_avatar(stores), SANDBOX, now)
    with pytest.raises(PlanLimitReached) as refused:
        stores.avatars.create(an_avatar(stores), SANDBOX, now)
    assert refused.value.code == "avatar_limit_reached"
    assert stores.avatars.create(first, SANDBOX, now) == first
    stores.avatars.delete(SPACE, first.id, now)
    stores.avatars.create(an_avatar(stores), SANDBOX, now)


def test_an_avatar_beyond_the_plan_is_charged_once_or_not_made(stores: Stores) -> None:
    a_tenant(stores, plan="developer")
    plan, now = replace(DEVELOPER, avatars=1), stores.clock.now()
    key = a_key(stores)
    stores.avatars.create(an_avatar(stores), plan, now)
    with pytest.raises(InsufficientCredits):
        stores.avatars.create(an_avatar(stores), plan, now, key_id=key.key_id)
    assert len(stores.avatars.list(SPACE)) == 1
    credits(stores, 1000)
    second = an_avatar(stores)
    for _ in range(2):
        stores.avatars.create(second, plan, now, key_id=key.key_id)
    assert stores.wallets.read(SPACE).balance == 1000 * SECOND - 705_882_353
    kept = stores.keys.get(key.key_id)
    assert kept is not None and kept.spent == 705_882_353


def test_a_deleted_avatar_vanishes_from_every_read(stores: Stores) -> None:
    a_tenant(stores)
    now = stores.clock.now()
    made = stores.avatars.create(an_avatar(stores), SANDBOX, now)
    stores.avatars.delete(SPACE, made.id, now)
    for call in (
        lambda: stores.avatars.get(SPACE, made.id),
        lambda: stores.avatars.update(SPACE, made.id, {"display_name": "x"}, now),
        lambda: stores.avatars.delete(SPACE, made.id, now),
    ):
        with pytest.raises(NotFound):
            call()
    assert stores.avatars.list(SPACE) == []
    tenant = stores.tenants.get(SPACE)
    assert tenant is not None and tenant.avatars == 0


def test_avatars_are_listed_latest_change_first_and_only_their_own_spaces(stores: Stores, clock) -> None:
    a_tenant(stores, plan="developer")
    made = []
    for _ in range(3):
        clock.forward(1)
        made.append(stores.avatars.create(an_avatar(stores), DEVELOPER, clock.now()))
    clock.forward(1)
    stores.avatars.update(SPACE, made[0].id, {"display_name": "Nora", "default_voice_id": "voice-1"}, clock.now())
    assert [avatar.id for avatar in stores.avatars.list(SPACE)] == [made[0].id, made[2].id, made[1].id]
    cleared = stores.avatars.update(SPACE, made[0].id, {"default_voice_id": None}, clock.now())
    assert (cleared.display_name, cleared.default_voice_id) == ("Nora", None)
    assert stores.avatars.list(Space("ten_A", "live")) == []
    with pytest.raises(NotFound):
        stores.avatars.get(Space("ten_B", "test"), made[0].id)


def test_an_assets_verdict_is_written_once_and_a_late_duplicate_is_refused(stores: Stores) -> None:
    made = stores.assets.create(an_asset(stores, metadata={"a": 1.0}))
    assert stores.assets.create(replace(made, kind="audio")) == made
    ready = stores.assets.update(
        SPACE, made.id, {"status": "ready", "width": 640, "height": 480, "rig_key": "rigs/1.npz"}, stores.clock.now()
    )
    assert stores.assets.get(SPACE, made.id) == ready
    with pytest.raises(Conflict):
        stores.assets.update(SPACE, made.id, {"status": "failed"}, stores.clock.now())
    assert stores.assets.get(SPACE, made.id).status == "ready"


def test_assets_are_listed_newest_first_at_most_a_hundred_without_the_deleted(stores: Stores, clock) -> None:
    made = []
    for _ in range(103):
        clock.forward(1)
        made.append(stores.assets.create(an_asset(stores)).id)
    stores.assets.delete(SPACE, made[-1], clock.now())
    for call in (
        lambda: stores.assets.get(SPACE, made[-1]),
        lambda: stores.assets.delete(SPACE, made[-1], clock.now()),
    ):
        with pytest.raises(NotFound):
            call()
    with pytest.raises(NotFound):
        stores.assets.update(SPACE, made[-1], {"status": "ready"}, clock.now())
    assert [asset.id for asset in stores.assets.list(SPACE)] == made[-2:1:-1]
