"""Who may call: keys, scopes, environments, tenants, rates."""

import pytest

from parley.domain.keys import derive_secret
from parley.domain.spaces import Space
from parley.domain.times import iso
from parley.store.ports import Write
from parley.store.tenants import tenant_key
from tests.functions.api.world import PEPPER, World, refused

URL = "/api/v1/api-keys"
AVATARS = "/api/v1/avatars"
# Every route behind a key, with a scope that opens it.
ROUTES = [
    ("GET", "/api/v1/avatars", "avatars:read"),
    ("POST", "/api/v1/avatars", "avatars:write"),
    ("GET", "/api/v1/avatars/ava_12345678", "avatars:read"),
    ("PATCH", "/api/v1/avatars/ava_12345678", "avatars:write"),
    ("DELETE", "/api/v1/avatars/ava_12345678", "avatars:write"),
    ("GET", "/api/v1/assets", "avatars:read"),
    ("POST", "/api/v1/assets", "avatars:write"),
    ("POST", "/api/v1/assets/remote", "avatars:write"),
    ("POST", "/api/v1/assets/uploads", "avatars:write"),
    ("GET", "/api/v1/assets/ast_12345678", "avatars:read"),
    ("DELETE", "/api/v1/assets/ast_12345678", "avatars:write"),
    ("POST", "/api/v1/lipsync", "realtime:write"),
    ("POST", "/api/v1/renders", "realtime:write"),
    ("GET", "/api/v1/renders", "realtime:write"),
    ("GET", "/api/v1/renders", "avatars:read"),
    ("GET", "/api/v1/renders/rnd_12345678", "avatars:read"),
    ("POST", "/api/v1/renders/rnd_12345678/cancel", "realtime:write"),
    ("POST", "/api/v1/batches", "realtime:write"),
    ("GET", "/api/v1/batches/bat_12345678", "realtime:write"),
    ("GET", "/api/v1/credits/balance", "credits:read"),
    ("POST", "/api/v1/api-keys", "api_keys:write"),
    ("GET", "/api/v1/api-keys", "api_keys:write"),
    ("DELETE", "/api/v1/api-keys/key_12345678", "api_keys:write"),
    ("GET", "/api/v1/usage", "usage:read"),
]
OTHER_SCOPE = {"avatars:read": "usage:write", "avatars:write": "avatars:read"}


@pytest.mark.parametrize(("method", "path", "scope"), ROUTES)
def test_a_route_opens_to_its_scope_alone(world: World, space: Space, method: str, path: str, scope: str) -> None:
    before = world.wallet(space)
    refused(world.call(method, path), 401, "unauthorized")
    without = world.key(space, OTHER_SCOPE.get(scope, "usage:write"))
    assert scope in refused(world.call(method, path, without), 403, "insufficient_scope")["error"]
    opened = world.call(method, path, world.key(space, scope))
    assert opened.status_code in (200, 201, 404, 422), opened.text
    assert world.wallet(space).balance in (before.balance, 600 * 60_000_000)


def test_health_needs_no_key(world: World) -> None:
    assert world.call("GET", "/health").json() == {"status": "ok"}


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic dXNlcjpwYXNz",
        "Bearer hello",
        "Bearer tic_prod_ABCDEFGH_aaaaaaaaaaaaaaaaaaaaaaaa",
        "Bearer tic_test_",
        "Bearer tic_test_ABCDEFGH",
        "Bearer tic_test_ABC_aaaaaaaaaaaaaaaaaaaaaaaa",
        "Bearer tic_test_ABCDEFGH_short",
        "Bearer tic_test_ABCDEFGH_aaaaaaaaaaaaaaaaaaaaaaaa",
        "Bearer tic_test_ABCDEFGH_aaaaaaaaaaaaaaaaaaaaaaaa extra",
    ],
)
def test_a_missing_malformed_or_unknown_key_is_401(world: World, header: str) -> None:
    answer = world.call("GET", AVATARS, headers={"Authorization": header})
    refused(answer, 401, "unauthorized")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_the_key_is_judged_before_the_body(world: World) -> None:
    refused(
        world.call("POST", AVATARS, content=b"{", headers={"Content-Type": "application/json"}), 401, "unauthorized"
    )


def test_a_wrong_secret_is_refused_whatever_the_state_of_the_key(world: World, space: Space, key: str) -> None:
    wrong = key[:-4] + ("AAAA" if not key.endswith("AAAA") else "BBBB")
    refused(world.call("GET", AVATARS, wrong), 401, "unauthorized")
    world.stores.keys.revoke(space, key.split("_")[2], world.clock.at)
    refused(world.call("GET", AVATARS, wrong), 401, "unauthorized")
    refused(world.call("GET", AVATARS, key), 401, "key_revoked")


def test_a_key_expires(world: World, space: Space) -> None:
    key = world.key(space, expires_at="2026-06-10T12:00:10.000Z")
    assert world.call("GET", AVATARS, key).status_code == 200
    world.clock.forward(10)
    refused(world.call("GET", AVATARS, key), 401, "key_expired")


def test_a_key_of_the_other_environment_says_so_only_to_its_holder(world: World, key: str) -> None:
    other = key.replace("tic_test_", "tic_live_")
    refused(world.call("GET", AVATARS, other), 401, "wrong_environment")
    refused(world.call("GET", AVATARS, other[:-4] + "AAAA"), 401, "unauthorized")


def test_a_suspended_tenant_is_403(world: World, space: Space, key: str) -> None:
    world.stores.table.write(
        Write(kind="update", key=tenant_key(space), update="SET #status = :status", values={"status": "suspended"})
    )
    refused(world.call("GET", AVATARS, key), 403, "tenant_inactive")


def test_live_and_test_never_see_each_other(world: World) -> None:
    test, live = world.tenant("ten_both", "test"), world.tenant("ten_both", "live")
    test_key, live_key = world.key(test), world.key(live)
    avatar = world.avatar(test_key)
    render = {"avatarId": avatar["id"], "text": "Hello."}
    assert world.call("GET", AVATARS, live_key).json() == {"data": []}
    assert world.call("GET", "/api/v1/assets", live_key).json() == {"data": []}
    refused(world.call("GET", f"{AVATARS}/{avatar['id']}", live_key), 404, "not_found")
    refused(world.call("POST", "/api/v1/renders", live_key, json=render), 404, "not_found")
    assert world.wallet(live).reserved == 0


def test_another_tenants_ids_read_as_absent_everywhere(world: World, space: Space, key: str) -> None:
    avatar, sound = world.avatar(key), world.sound(key)
    mine = world.call("POST", "/api/v1/renders", key, json={"avatarId": avatar["id"], "text": "Hello."}).json()
    made = world.call("POST", URL, key, json={"name": "x"}).json()
    before = world.wallet(space)
    stranger_space = world.tenant()
    stranger = world.key(stranger_space)
    own = world.avatar(stranger)
    for method, path, body in [
        ("GET", f"{AVATARS}/{avatar['id']}", None),
        ("PATCH", f"{AVATARS}/{avatar['id']}", {"displayName": "mine"}),
        ("DELETE", f"{AVATARS}/{avatar['id']}", None),
        ("GET", f"/api/v1/assets/{sound['id']}", None),
        ("DELETE", f"/api/v1/assets/{sound['id']}", None),
        ("GET", f"/api/v1/renders/{mine['id']}", None),
        ("POST", f"/api/v1/renders/{mine['id']}/cancel", None),
        ("POST", "/api/v1/renders", {"avatarId": avatar["id"], "text": "Hello."}),
        ("POST", "/api/v1/renders", {"avatarId": own["id"], "audioAssetId": sound["id"]}),
        ("POST", AVATARS, {"displayName": "x", "sourceKind": "image", "sourceAssetId": avatar["sourceAssetId"]}),
        ("DELETE", f"{URL}/{made['id']}", None),
    ]:
        refused(world.call(method, path, stranger, **({"json": body} if body else {})), 404, "not_found")
    assert world.call("GET", "/api/v1/renders", stranger).json() == {"data": [], "nextCursor": None}
    assert world.wallet(space) == before
    assert world.wallet(stranger_space).reserved == 0


def test_a_new_key_works_is_shown_once_and_is_stored_only_as_a_hash(world: World, space: Space, key: str) -> None:
    body = {"name": "ci", "scopes": ["avatars:read"], "spendLimitCreditMicros": 5_000_000}
    answer = world.call("POST", URL, key, json={**body, "expiresAt": "2027-01-01T00:00:00Z"})
    assert answer.status_code == 201
    made = answer.json()
    whole = made["apiKey"]
    assert whole.startswith(f"tic_test_{made['keyId']}_")
    assert made["redactedKey"] == f"tic_test_{made['keyId']}...{whole[-4:]}"
    assert (made["tenantId"], made["environment"], made["status"]) == (space.tenant, "test", "active")
    assert made["scopes"] == ["avatars:read"]
    assert made["spendLimitCreditMicros"] == 5_000_000
    assert made["expiresAt"] == "2027-01-01T00:00:00.000Z"
    assert world.call("GET", AVATARS, whole).status_code == 200
    listed = world.call("GET", URL, key).json()["data"]
    assert {name: value for name, value in made.items() if name != "apiKey"} in listed
    assert whole not in world.call("GET", URL, key).text
    items = world.stores.table.query_all(f"KEY#{made['keyId']}")
    secret = whole.removeprefix(f"tic_test_{made['keyId']}_")
    assert secret not in str(list(items))


def test_the_defaults_of_a_new_key(world: World, key: str) -> None:
    made = world.call("POST", URL, key, json={"name": "x"}).json()
    assert (made["environment"], made["scopes"]) == ("test", ["avatars:read", "credits:read", "realtime:write"])
    assert (made["spendLimitCreditMicros"], made["expiresAt"]) == (None, None)


def test_a_revoked_key_is_useless_and_stays_listed(world: World, key: str) -> None:
    made = world.call("POST", URL, key, json={"name": "x", "scopes": ["*"]}).json()
    answer = world.call("DELETE", f"{URL}/{made['id']}", key)
    assert (answer.status_code, answer.json()["status"]) == (200, "revoked")
    assert "apiKey" not in answer.json()
    refused(world.call("GET", AVATARS, made["apiKey"]), 401, "key_revoked")
    assert [one["status"] for one in world.call("GET", URL, key).json()["data"] if one["id"] == made["id"]] == [
        "revoked"
    ]
    assert world.call("DELETE", f"{URL}/{made['id']}", key).json()["status"] == "revoked"
    refused(world.call("DELETE", f"{URL}/key_{'0' * 26}", key), 404, "not_found")


def test_a_key_never_makes_one_that_may_do_more(world: World, space: Space) -> None:
    small = world.key(space, "api_keys:write", "avatars:read")
    refused(world.call("POST", URL, small, json={"name": "x"}), 403, "insufficient_scope")
    refused(world.call("POST", URL, small, json={"name": "x", "scopes": ["*"]}), 403, "insufficient_scope")
    live = {"name": "x", "scopes": ["avatars:read"], "environment": "live"}
    refused(world.call("POST", URL, small, json=live), 403, "insufficient_scope")
    capped = world.key(space, limit=1_000_000)
    for limit in (None, 1_000_001):
        body = {"name": "x", "spendLimitCreditMicros": limit}
        refused(world.call("POST", URL, capped, json=body), 403, "insufficient_scope")
    assert world.call("POST", URL, capped, json={"name": "x", "spendLimitCreditMicros": 10}).status_code == 201


def test_a_live_key_makes_a_test_key_on_the_free_plan(world: World) -> None:
    live = world.tenant(environment="live")
    made = world.call("POST", URL, world.key(live), json={"name": "x"}).json()
    assert made["environment"] == "test"
    assert world.call("GET", "/api/v1/credits/balance", made["apiKey"]).json()["balanceCreditMicros"] == 300_000_000


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": "x" * 121},
        {"name": "x", "scopes": []},
        {"name": "x", "scopes": ["root"]},
        {"name": "x", "scopes": ["*"] * 17},
        {"name": "x", "environment": "prod"},
        {"name": "x", "spendLimitCreditMicros": -1},
        {"name": "x", "spendLimitCreditMicros": 1.5},
        {"name": "x", "expiresAt": "tomorrow"},
        {"name": "x", "expiresAt": "2027-01-01T00:00:00+01:00"},
        {"name": "x", "expiresAt": "2020-01-01T00:00:00Z"},
        {"name": "x", "secret": "mine"},
    ],
)
def test_a_key_that_is_asked_for_wrongly_is_not_made(world: World, key: str, body: object) -> None:
    before = world.call("GET", URL, key).json()
    refused(world.call("POST", URL, key, json=body), 422, "invalid_request")
    assert world.call("GET", URL, key).json() == before


def test_a_replay_shows_the_same_secret_although_nobody_stored_it(world: World, space: Space, key: str) -> None:
    headers = {"Idempotency-Key": "once"}
    first = world.call("POST", URL, key, json={"name": "x"}, headers=headers)
    again = world.call("POST", URL, key, json={"name": "x"}, headers=headers)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["Idempotency-Replayed"] == "true"
    made = first.json()
    secret = derive_secret(PEPPER.encode(), key, "once", made["keyId"])
    assert len(secret) == 32
    stored = [*world.stores.table.query_all(space.partition), *world.stores.table.query_all(f"KEY#{made['keyId']}")]
    assert made["apiKey"].split("_", 3)[3] not in str(stored)


def test_another_keys_replay_does_not_learn_the_secret(world: World, space: Space, key: str) -> None:
    headers = {"Idempotency-Key": "shared"}
    assert world.call("POST", URL, key, json={"name": "x"}, headers=headers).status_code == 201
    answer = world.call("POST", URL, world.key(space), json={"name": "x"}, headers=headers)
    refused(answer, 409, "idempotency_conflict")


def test_more_requests_than_the_plan_allows_are_429_until_the_minute_is_over(world: World) -> None:
    space = world.tenant(plan="sandbox")
    key = world.key(space)
    world.clock.at = world.clock.at.replace(second=45)
    now = world.clock.at
    for _ in range(119):
        world.stores.rates.count(space, key.split("_")[2], 120, now)
    assert world.call("GET", AVATARS, key).status_code == 200
    answer = world.call("GET", AVATARS, key)
    assert refused(answer, 429, "rate_limited")["retryable"] is True
    assert answer.headers["Retry-After"] == "15"
    assert world.call("GET", AVATARS, world.key(space)).status_code == 200
    world.clock.forward(15)
    assert world.call("GET", AVATARS, key).status_code == 200


def test_an_expired_key_reads_as_expired_in_the_list(world: World, space: Space, key: str) -> None:
    world.key(space, expires_at=iso(world.clock.at))
    assert sorted(one["status"] for one in world.call("GET", URL, key).json()["data"]) == ["active", "expired"]
