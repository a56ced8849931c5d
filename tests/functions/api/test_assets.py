"""Assets through the API: uploads, remote files, presigned doors, verdicts."""

import hashlib

import httpx
import pytest

from parley.domain.spaces import Space
from tests.functions.api.world import NO_FACE, PNG, WAV, World, refused
from tests.waiting import HANG_SECONDS

URL = "/api/v1/assets"
AVATARS = "/api/v1/avatars"


def upload(world: World, key: str, name: str, data: bytes, **more: object) -> httpx.Response:
    return world.call("POST", URL, key, files={"file": (name, data, "application/octet-stream")}, **more)


def test_an_upload_waits_for_its_verdict_and_says_what_was_found(world: World, space: Space, key: str) -> None:
    answer = upload(world, key, "C:\\pictures\\rin.png", PNG)
    assert answer.status_code == 201
    asset = answer.json()
    assert answer.headers["Location"] == f"{URL}/{asset['id']}"
    assert asset["id"].startswith("ast_")
    assert (asset["kind"], asset["status"], asset["contentType"]) == ("image", "ready", "image/png")
    assert (asset["sizeBytes"], asset["sha256"]) == (len(PNG), hashlib.sha256(PNG).hexdigest())
    assert (asset["width"], asset["height"], asset["originalFilename"]) == (600, 800, "rin.png")
    assert asset["tenantId"] == space.tenant
    assert world.call("GET", f"{URL}/{asset['id']}", key).json()["status"] == "ready"
    assert [one["id"] for one in world.call("GET", URL, key).json()["data"]] == [asset["id"]]
    sound = upload(world, key, "a.wav", WAV).json()
    assert (sound["kind"], sound["durationSeconds"]) == ("audio", 2.5)


def test_a_form_holds_one_file(world: World, key: str) -> None:
    twice = world.call("POST", URL, key, files=[("file", ("a.png", PNG)), ("file", ("b.png", PNG))])
    refused(twice, 422, "invalid_request")
    field = world.call("POST", URL, key, files={"file": (None, b"text")})
    assert "must be a file" in refused(field, 422, "invalid_request")["error"]
    assert world.call("GET", URL, key).json()["data"] == []


def test_the_public_url_gives_the_bytes_without_a_key(world: World, key: str) -> None:
    import requests

    asset = upload(world, key, "rin.png", PNG).json()
    answer = requests.get(asset["publicUrl"], timeout=HANG_SECONDS)
    assert (answer.status_code, answer.content, answer.headers["Content-Type"]) == (200, PNG, "image/png")


def test_a_refused_upload_answers_422_with_advice_and_leaves_nothing(world: World, space: Space, key: str) -> None:
    world.verdicts["image"] = NO_FACE
    before = world.wallet(space)
    answer = upload(world, key, "cat.png", PNG)
    assert refused(answer, 422, "no_face")["error"] == NO_FACE["advice"]
    assert world.call("GET", URL, key).json() == {"data": []}
    assert world.objects(space) == []
    assert world.wallet(space) == before
    world.begin()
    assert upload(world, key, "rin.png", PNG).status_code == 201


def test_an_inspection_that_takes_long_is_not_waited_for(world: World, space: Space, key: str) -> None:
    world.verdicts["image"] = None
    asset = upload(world, key, "rin.png", PNG).json()
    assert asset["status"] == "processing"
    avatar = world.call(
        "POST", AVATARS, key, json={"displayName": "x", "sourceKind": "image", "sourceAssetId": asset["id"]}
    )
    assert avatar.json()["status"] == "preprocessing"
    world.stores.assets.update(space, asset["id"], NO_FACE, world.clock.at)
    seen = world.call("GET", f"{URL}/{asset['id']}", key).json()
    assert (seen["status"], seen["error"], seen["errorCode"]) == ("failed", NO_FACE["advice"], "no_face")


@pytest.mark.parametrize(
    ("prefer", "applied"),
    [("respond-async", "respond-async"), ("wait=0", "wait=0"), ("wait=99", "wait=0.1"), ("x", None)],
)
def test_prefer_says_how_long_to_wait(world: World, key: str, prefer: str, applied: str | None) -> None:
    answer = upload(world, key, "rin.png", PNG, headers={"Prefer": prefer})
    assert answer.status_code == 201
    assert answer.headers.get("Preference-Applied") == applied


@pytest.mark.parametrize(
    ("data", "name", "content_type", "kind", "told"),
    [
        (PNG, "x.txt", "text/plain", None, "image"),
        (WAV, "x.png", "image/png", None, "audio"),
        (b"\x00" * 40, "x.mp3", "application/octet-stream", None, "audio"),
        (b"\x00" * 40, "x", "audio/opus", None, "audio"),
        (PNG, "x.png", "image/png", "audio", "audio"),
        (b"\x00\x00\x00\x18ftypmp42" + bytes(40), "x.mp4", "video/mp4", "audio", "audio"),
        (b"\x00\x00\x00\x18ftypmp42" + bytes(40), "x.mp4", "video/mp4", None, "video"),
    ],
)
def test_the_kind_is_told_from_the_bytes_the_type_or_the_name(
    world: World, key: str, data: bytes, name: str, content_type: str, kind: str | None, told: str
) -> None:
    form = {"kind": kind} if kind else {}
    answer = world.call("POST", URL, key, files={"file": (name, data, content_type)}, data=form)
    assert (answer.status_code, answer.json()["kind"]) == (201, told)


def test_what_a_browser_would_run_is_never_served_as_such(world: World, key: str) -> None:
    page = b"<html><script>alert(1)</script></html>"
    answer = world.call("POST", URL, key, files={"file": ("x.html", page, "text/html")}, data={"kind": "image"})
    assert answer.json()["contentType"] == "application/octet-stream"
    drawing = world.call("POST", URL, key, files={"file": ("x.svg", b"<svg></svg>", "image/svg+xml")})
    assert drawing.json()["contentType"] == "application/octet-stream"


def test_a_form_that_is_wrong_is_refused(world: World, space: Space, key: str) -> None:
    part = {"file": ("rin.png", PNG, "image/png")}
    refused(world.call("POST", URL, key, data={"kind": "image"}), 422, "invalid_request")
    refused(world.call("POST", URL, key, files={"data": part["file"]}), 422, "invalid_request")
    refused(world.call("POST", URL, key, files=part, data={"kind": "picture"}), 422, "invalid_request")
    refused(world.call("POST", URL, key, files=part, data={"colour": "red"}), 422, "invalid_request")
    refused(world.call("POST", URL, key, json={"file": "x"}), 422, "invalid_request")
    refused(upload(world, key, "x", b"hello there"), 422, "invalid_request")
    refused(upload(world, key, "x.png", b""), 422, "image_unreadable")
    refused(upload(world, key, "x.wav", b""), 422, "audio_empty")
    broken = {"Content-Type": "multipart/form-data; boundary=x"}
    refused(world.call("POST", URL, key, content=b"no boundary here", headers=broken), 422, "invalid_request")
    assert world.objects(space) == []
    assert world.call("GET", URL, key).json() == {"data": []}


def test_a_picture_over_16_mb_and_a_body_over_32_mb_are_413(world: World, space: Space, key: str) -> None:
    large = PNG + bytes(16 * 1024 * 1024)
    refused(upload(world, key, "x.png", large), 413, "too_large")
    assert upload(world, key, "x.wav", WAV + bytes(17 * 1024 * 1024)).status_code == 201
    refused(upload(world, key, "x.wav", bytes(32 * 1024 * 1024 + 70_000)), 413, "too_large")
    assert [name for name in world.objects(space) if name.endswith(".png")] == []


def test_a_body_that_promises_no_length_is_cut_off_while_it_is_read(world: World, key: str) -> None:
    taken = 0

    async def endless():
        nonlocal taken
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="x.wav"\r\n\r\n'
        while True:
            taken += 1024 * 1024
            yield bytes(1024 * 1024)

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    refused(world.call("POST", URL, key, content=endless(), headers=headers), 413, "too_large")
    # httpx hands the whole body over at once or in pieces; either way the app took no more than its cap.
    assert taken <= 35 * 1024 * 1024


def test_a_presigned_door_takes_the_bytes(world: World, space: Space, key: str) -> None:
    import requests

    body = {"kind": "audio", "contentType": "audio/wav", "sizeBytes": len(WAV), "filename": "long.wav"}
    answer = world.call("POST", f"{URL}/uploads", key, json=body)
    assert answer.status_code == 201
    asset, door = answer.json()["asset"], answer.json()["upload"]
    assert (asset["status"], asset["sizeBytes"], asset["originalFilename"]) == ("pending_upload", len(WAV), "long.wav")
    assert door["method"] == "PUT"
    assert door["expiresAt"] == "2026-06-10T13:00:00.000Z"
    assert requests.put(door["url"], data=WAV, headers=door["headers"], timeout=HANG_SECONDS).status_code == 200
    assert world.stores.uploads.get(f"assets/{space.path}/{asset['id']}") == WAV


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"sizeBytes": 0}, 422, "invalid_request"),
        ({"sizeBytes": 200 * 1024 * 1024 + 1}, 422, "invalid_request"),
        ({"kind": "image", "contentType": "image/png", "sizeBytes": 16 * 1024 * 1024 + 1}, 413, "too_large"),
        ({"kind": "video", "contentType": "video/mp4", "sizeBytes": 32 * 1024 * 1024 + 1}, 413, "too_large"),
        ({"contentType": "image/png"}, 422, "invalid_request"),
        ({"contentType": "nonsense"}, 422, "invalid_request"),
        ({"filename": "x" * 241}, 422, "invalid_request"),
        ({"acl": "public-read"}, 422, "invalid_request"),
    ],
)
def test_a_door_is_not_opened_for_what_would_be_refused(
    world: World, key: str, change: dict[str, object], status: int, code: str
) -> None:
    body = {"kind": "audio", "contentType": "audio/wav", "sizeBytes": 200 * 1024 * 1024}
    assert world.call("POST", f"{URL}/uploads", key, json=body).status_code == 201
    refused(world.call("POST", f"{URL}/uploads", key, json={**body, **change}), status, code)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("ftp://example.com/x.png", "url_scheme"),
        ("file:///etc/passwd", "url_scheme"),
        ("not a url", "url_scheme"),
        ("https://user:password@example.com/x.png", "url_credentials"),
        ("https://example.com:22/x.png", "url_port"),
        ("http://127.0.0.1/x.png", "url_private_address"),
        ("http://localhost/x.png", "url_private_address"),
        ("http://169.254.169.254/latest/meta-data/", "url_private_address"),
        ("http://[::1]/x.png", "url_private_address"),
        ("http://[64:ff9b::a9fe:a9fe]/x.png", "url_private_address"),
        ("http://[2002:a9fe:a9fe::1]/x.png", "url_private_address"),
        ("http://[::ffff:10.0.0.1]/x.png", "url_private_address"),
        ("http://0x7f000001/x.png", "url_private_address"),
    ],
)
def test_a_url_that_must_not_be_fetched_is_refused(world: World, space: Space, key: str, url: str, code: str) -> None:
    before = world.wallet(space)
    refused(world.call("POST", f"{URL}/remote", key, json={"kind": "image", "remoteUrl": url}), 422, code)
    assert world.call("GET", URL, key).json() == {"data": []}
    assert (world.objects(space), world.wallet(space)) == ([], before)


def test_our_own_link_given_back_is_copied_inside(world: World, key: str) -> None:
    asset = upload(world, key, "rin.png", PNG).json()
    body = {"kind": "image", "remoteUrl": asset["publicUrl"], "originalFilename": "copy.png", "metadata": {"a": 1}}
    answer = world.call("POST", f"{URL}/remote", key, json=body)
    assert answer.status_code == 201
    copy = answer.json()
    assert copy["id"] != asset["id"]
    assert (copy["sha256"], copy["originalFilename"], copy["metadata"]) == (asset["sha256"], "copy.png", {"a": 1})


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "image"},
        {"remoteUrl": "https://example.com/x.png"},
        {"kind": "text", "remoteUrl": "https://example.com/x.png"},
        {"kind": "image", "remoteUrl": ""},
        {"kind": "image", "remoteUrl": "https://example.com/" + "x" * 4096},
        {"kind": "image", "remoteUrl": "https://example.com/x.png", "originalFilename": ""},
        {"kind": "image", "remoteUrl": "https://example.com/x.png", "extra": 1},
    ],
)
def test_a_remote_body_that_is_wrong_is_refused(world: World, key: str, body: object) -> None:
    refused(world.call("POST", f"{URL}/remote", key, json=body), 422, "invalid_request")


def test_a_deleted_asset_takes_its_bytes_and_rig_with_it_unless_an_avatar_needs_it(
    world: World, space: Space, key: str
) -> None:
    avatar = world.avatar(key)
    path = f"{URL}/{avatar['sourceAssetId']}"
    refused(world.call("DELETE", path, key), 409, "asset_in_use")
    world.call("DELETE", f"{AVATARS}/{avatar['id']}", key)
    answer = world.call("DELETE", path, key)
    assert (answer.status_code, answer.json()) == (200, {"id": avatar["sourceAssetId"], "deleted": True})
    refused(world.call("GET", path, key), 404, "not_found")
    refused(world.call("DELETE", path, key), 404, "not_found")
    assert world.objects(space) == []


def test_the_list_is_newest_first(world: World, key: str) -> None:
    made: list[str] = []
    for _ in range(3):
        made.append(world.sound(key)["id"])
        world.clock.forward(1)
    assert [asset["id"] for asset in world.call("GET", URL, key).json()["data"]] == made[::-1]
