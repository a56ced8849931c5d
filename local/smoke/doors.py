"""Checks at the door: health, keys, voices, and the wall between environments."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from local.smoke.stage import Stage, body_of
from local.smoke.verdict import Figures, NotRun, equal, expect

NEEDED_SECONDS = 60
_ERROR_FIELDS = ("error", "status", "code", "retryable", "requestId")
_UNKNOWN_ID = "00000000000000000000000000"


def health(stage: Stage) -> Figures:
    answer = stage.call("GET", "/health", key="")
    equal(body_of(answer).get("status"), "ok", "status of /health")
    document = stage.json("GET", "/openapi.json", key="")
    expect(str(document.get("openapi", "")).startswith("3.1"), "/openapi.json is OpenAPI 3.1", document.get("openapi"))
    return {"requestId": answer.headers.get("x-request-id"), "paths": len(document.get("paths", {}))}


def keys(stage: Stage) -> Figures:
    for what, key in (("no key", ""), ("a malformed key", "tic_live_x"), ("an unknown key", _unknown_key())):
        body = stage.json("GET", "/api/v1/credits/balance", 401, key=key)
        missing = [name for name in _ERROR_FIELDS if name not in body]
        expect(not missing, f"the refusal of {what} has {', '.join(_ERROR_FIELDS)}", f"{', '.join(missing)} missing")
        expect(body["retryable"] is False, f"the refusal of {what} is not retryable", body["retryable"])
    stage.made["day"] = datetime.now(UTC).date().isoformat()
    stage.made["usage"] = stage.json("GET", f"/api/v1/usage?from={stage.made['day']}&to={stage.made['day']}")
    balance = stage.json("GET", "/api/v1/credits/balance")
    available = balance["availableCreditMicros"]
    expect(
        available >= NEEDED_SECONDS * 1_000_000,
        f"the key's wallet has at least {NEEDED_SECONDS} s of credit",
        f"{available / 1e6:.1f} s",
    )
    stage.made["balance"] = balance
    return {"tenantId": balance["tenantId"], "availableSeconds": available / 1e6}


def voices(stage: Stage) -> Figures:
    found = stage.json("GET", "/api/v1/voices")["data"]
    expect(found, "there are voices", "an empty list")
    for field in ("id", "name", "language", "gender", "engine"):
        expect(all(voice.get(field) for voice in found), f"every voice has {field}", "one that has none")
    ids = [voice["id"] for voice in found]
    expect(len(set(ids)) == len(ids), "every voice is listed once", "one that is listed twice")
    english = stage.json("GET", "/api/v1/voices", params={"language": "en"})["data"]
    spoken = {voice["language"].partition("-")[0] for voice in english}
    expect(english and spoken <= {"en", "mul"}, "?language=en lists English voices alone", sorted(spoken))
    engines = sorted({voice["engine"] for voice in found})
    return {"voices": len(found), "languages": len({voice["language"] for voice in found}), "engines": engines}


def environments(stage: Stage) -> Figures:
    """A key of the tenant's other environment, made here where the key under test is a live one."""
    mine = "live" if stage.key.startswith("tic_live_") else "test"
    if stage.other_key is None and mine == "test":
        _no_live_key_from_a_test_key(stage)
    made = _test_key(stage) if stage.other_key is None else None
    other = stage.other_key if made is None else made["apiKey"]
    assert other is not None
    expect(not other.startswith(f"tic_{mine}_"), "the other key is of the other environment", f"another {mine} key")
    avatar, asset, render = stage.made["avatar"]["id"], stage.made["portrait"]["id"], stage.made["render"]["id"]
    for path in (f"avatars/{avatar}", f"assets/{asset}", f"renders/{render}"):
        equal(stage.json("GET", f"/api/v1/{path}", 404, key=other)["code"], "not_found", "code of what is elsewhere")
    for kind, own in (("avatars", avatar), ("assets", asset), ("renders", render)):
        listed = [item["id"] for item in stage.json("GET", f"/api/v1/{kind}", key=other)["data"]]
        expect(own not in listed, f"the other environment's {kind} do not list this one's", own)
    if made is not None:
        _revoked(stage, made)
    return {"environment": mine, "other": "test" if mine == "live" else "live"}


def _unknown_key() -> str:
    return f"tic_live_{_UNKNOWN_ID}_{uuid.uuid4().hex}"


def _no_live_key_from_a_test_key(stage: Stage) -> None:
    wanted = {"name": "smoke", "environment": "live", "scopes": ["avatars:read"]}
    equal(stage.json("POST", "/api/v1/api-keys", 403, json=wanted)["code"], "insufficient_scope", "code of the refusal")
    raise NotRun("a test key cannot make a live one, as it must be: give a live KEY, or --other-key")


def _test_key(stage: Stage) -> Any:
    """Good for an hour at most, and able to end itself: a live key cannot end a test key."""
    until = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    scopes = ["avatars:read", "api_keys:write"]
    wanted = {"name": "smoke", "environment": "test", "scopes": scopes, "expiresAt": until}
    made = stage.json("POST", "/api/v1/api-keys", 201, json=wanted)
    stage.clean_later("DELETE", f"/api/v1/api-keys/{made['id']}", key=made["apiKey"])
    refused = stage.json("GET", "/api/v1/credits/balance", 403, key=made["apiKey"])
    equal(refused["code"], "insufficient_scope", "code where a scope is lacking")
    return made


def _revoked(stage: Stage, made: Any) -> None:
    path, key = f"/api/v1/api-keys/{made['id']}", made["apiKey"]
    equal(stage.json("DELETE", path, key=key)["status"], "revoked", "status of a key that was ended")
    stage.cleaned("DELETE", path)
    equal(stage.json("GET", "/api/v1/avatars", 401, key=key)["code"], "key_revoked", "code of a revoked key")
