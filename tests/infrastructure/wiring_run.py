"""One run through the deployed platform: an upload, a render, a batch and a turn, as a customer makes them."""

from __future__ import annotations

import base64
import contextvars
import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import httpx
import uvicorn

from functions.turn.app import create_turn_app
from parley.domain.plans import plan_named
from parley.domain.spaces import Space, Tenant
from parley.domain.times import iso
from parley.operations.caller import Caller
from parley.operations.create_api_key import create_api_key
from parley.store.batches import Batches
from parley.store.settings import Settings
from parley.store.stores import Stores, open_stores
from parley.wire.api_keys import CreateApiKey
from parley.wire.mux import Decoder, Record
from renderer import server as turn_server
from renderer import worker as render_worker
from renderer.turn_settings import TurnSettings
from tests.functions.api.gateway_events import Sent, http_api
from tests.functions.lipsync.steps_stage import speech_wav
from tests.infrastructure.deployed_platform import Platform, task_environment
from tests.waiting import wait_for

ORIGIN = "x-parley-origin"
SPACE = Space("ten_wired", "test")
TEXT = "Hello there."
SOUND = speech_wav(1.0)


@dataclass(frozen=True)
class Reply:
    status: int
    json: Any


@dataclass
class Customer:
    """Somebody with a key, in front of CloudFront."""

    platform: Platform
    key: str
    turn_port: int = 0

    def call(self, method: str, path: str, body: Any = None, content_type: str = "application/json") -> Reply:
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        api = self.platform.function("Api")
        headers = {"Authorization": f"Bearer {self.key}", ORIGIN: api.environment["ORIGIN_TOKEN"]}
        headers |= {} if data is None else {"Content-Type": content_type}
        given = self.platform.invoke(api.name, http_api(Sent(method, path, headers, data)))
        text = given.get("body") or ""
        said = base64.b64decode(text) if given["isBase64Encoded"] else text.encode()
        return Reply(given["statusCode"], json.loads(said))

    def good(self, method: str, path: str, body: Any = None, content_type: str = "application/json") -> Any:
        reply = self.call(method, path, body, content_type)
        assert reply.status < 300, reply.json
        return reply.json

    def turn(self, **body: Any) -> tuple[Reply, list[Record]]:
        turn = self.platform.function("Turn")
        headers = {
            "Authorization": f"Bearer {self.key}",
            "Content-Type": "application/json",
            ORIGIN: turn.environment["ORIGIN_TOKEN"],
            "x-amzn-lambda-context": json.dumps({"deadline": round(1000 * (time.time() + turn.timeout))}),
        }
        connection = http.client.HTTPConnection("127.0.0.1", self.turn_port, timeout=60)
        connection.request("POST", "/api/v1/realtime/turn", json.dumps(body), headers)
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        if answer.status != 200:
            return Reply(answer.status, json.loads(data)), []
        decoder = Decoder()
        records = decoder.push(data)
        decoder.end()
        return Reply(200, None), records


@dataclass
class Run:
    """What came of it."""

    platform: Platform
    asset: Any = None
    avatar: Any = None
    render: Any = None
    video: bytes = b""
    batch: Any = None
    results: list[Any] = field(default_factory=list[Any])
    refunded: Any = None
    canceled: Any = None
    records: list[Record] = field(default_factory=list[Record])
    without_worker: Reply | None = None
    swept: Any = None
    balance: Any = None
    entries: int = 0


def run(platform: Platform, portrait: bytes) -> Run:
    """All of it; every wait plays the event sources that the templates name."""
    done, stores = Run(platform), _operator(platform)
    customer = Customer(platform, _key(stores))
    with ExitStack() as stack:
        stack.enter_context(_render_worker(platform))
        customer.turn_port = stack.enter_context(_turn_function(platform))
        _upload(platform, stores, customer, done, portrait)
        _render(platform, stores, customer, done)
        _batch(platform, stores, customer, done)
        _give_back(platform, stores, customer, done)
        done.without_worker, _ = customer.turn(avatar_id=done.avatar["id"], mode="speak_text", text=TEXT)
        with _turn_worker(platform):
            wait_for(lambda: stores.workers.live(stores.clock.now()))
            small = {"width": 256, "height": 256}
            reply, done.records = customer.turn(avatar_id=done.avatar["id"], mode="speak_text", text=TEXT, video=small)
            assert reply.status == 200, reply.json
    _look_around(customer, done)
    done.swept = platform.invoke(platform.function("Sweeper").name, {"source": "aws.events"})
    done.balance = customer.good("GET", "/api/v1/credits/balance")
    done.entries = sum(item["amount"] for item in stores.table.query_all(SPACE.partition, "ENTRY#"))
    return done


def _upload(platform: Platform, stores: Stores, customer: Customer, done: Run, portrait: bytes) -> None:
    """By a signed link, as large files come: S3 itself tells the queue."""
    asked = {"kind": "image", "contentType": "image/png", "sizeBytes": len(portrait)}
    door = customer.good("POST", "/api/v1/assets/uploads", asked)
    put = httpx.put(_reachable(platform, door["upload"]["url"]), content=portrait, headers=door["upload"]["headers"])
    assert put.status_code == 200, put.text
    asset = door["asset"]["id"]
    platform.until(lambda: stores.assets.get(SPACE, asset).status in ("ready", "failed"))
    done.asset = customer.good("GET", f"/api/v1/assets/{asset}")
    wanted = {"displayName": "Rin", "sourceKind": "image", "sourceAssetId": done.asset["id"]}
    done.avatar = customer.good("POST", "/api/v1/avatars", wanted)


def _render(platform: Platform, stores: Stores, customer: Customer, done: Run) -> None:
    asked = {"avatarId": done.avatar["id"], "text": TEXT, "size": 256}
    made = customer.good("POST", "/api/v1/renders", asked)
    platform.until(lambda: stores.renders.get(SPACE, made["id"]).ended)
    done.render = customer.good("GET", f"/api/v1/renders/{made['id']}")
    if done.render["status"] == "completed":
        done.video = httpx.get(_reachable(platform, done.render["url"])).content


def _batch(platform: Platform, stores: Stores, customer: Customer, done: Run) -> None:
    """Two lines: one that can be made, and one that says what to change."""
    door = customer.good("POST", "/api/v1/batches", {})
    lines = [{"avatarId": done.avatar["id"], "text": "One.", "size": 256}, {"avatarId": "ava_none", "text": "Two."}]
    manifest = "\n".join(map(json.dumps, lines)).encode()
    put = httpx.put(_reachable(platform, door["upload"]["url"]), content=manifest, headers=door["upload"]["headers"])
    assert put.status_code == 200, put.text
    batch = door["batch"]["id"]
    platform.until(lambda: Batches(stores.table).get(SPACE, batch).status in ("completed", "failed"))
    done.batch = customer.good("GET", f"/api/v1/batches/{batch}")
    text = httpx.get(_reachable(platform, done.batch["resultsUrl"])).text
    done.results = [json.loads(line) for line in text.splitlines()]


def _give_back(platform: Platform, stores: Stores, customer: Customer, done: Run) -> None:
    """A render whose sound is gone before it is fetched, and one that is canceled."""
    described = {"kind": "audio", "contentType": "audio/wav", "sizeBytes": len(SOUND)}
    door = customer.good("POST", "/api/v1/assets/uploads", described)
    put = httpx.put(_reachable(platform, door["upload"]["url"]), content=SOUND, headers=door["upload"]["headers"])
    assert put.status_code == 200
    asset = door["asset"]["id"]
    platform.until(lambda: stores.assets.get(SPACE, asset).status in ("ready", "failed"))
    asked = {"avatarId": done.avatar["id"], "audioAssetId": asset, "size": 256}
    made = customer.good("POST", "/api/v1/renders", asked)
    canceled = customer.good("POST", "/api/v1/renders", asked)
    done.canceled = customer.good("POST", f"/api/v1/renders/{canceled['id']}/cancel")
    customer.good("DELETE", f"/api/v1/assets/{asset}")
    platform.until(lambda: stores.renders.get(SPACE, made["id"]).ended)
    done.refunded = customer.good("GET", f"/api/v1/renders/{made['id']}")


def _look_around(customer: Customer, done: Run) -> None:
    """Every page of the console asks for these; and what was made is taken away again."""
    for path in ("avatars", "assets", "renders", "voices", "usage", "api-keys", "credits/balance"):
        customer.good("GET", f"/api/v1/{path}")
    key = customer.good("POST", "/api/v1/api-keys", {"name": "another", "scopes": ["avatars:read"]})["id"]
    customer.good("DELETE", f"/api/v1/api-keys/{key}")
    customer.good("PATCH", f"/api/v1/avatars/{done.avatar['id']}", {"displayName": "Rin the Second"})
    customer.good("DELETE", f"/api/v1/avatars/{done.avatar['id']}")
    customer.good("DELETE", f"/api/v1/assets/{done.asset['id']}")


def _reachable(platform: Platform, url: str) -> str:
    """A link as moto serves it, whose one host has buckets as paths: S3's path and signature are what counts."""
    parts, told = urlsplit(url), platform.function("Api").environment
    first = parts.path.split("/")[1]
    if first in (told["UPLOADS_BUCKET"], told["MEDIA_BUCKET"]):
        return f"{platform.cloud.url}{parts.path}?{parts.query}"
    # By CloudFront, which knows the bucket by the key's beginning.
    bucket = told["UPLOADS_BUCKET" if first in ("assets", "batches") else "MEDIA_BUCKET"]
    return f"{platform.cloud.url}/{bucket}{parts.path}?{parts.query}"


def _operator(platform: Platform) -> Stores:
    """The operator's own hands: the deployed table and pepper, under no role."""
    told = platform.function("Api").environment
    pepper = platform.cloud.client("secretsmanager").get_secret_value(SecretId=told["KEY_PEPPER_SECRET"])
    return open_stores(Settings.from_env({"TABLE_NAME": told["TABLE_NAME"], "KEY_PEPPER": pepper["SecretString"]}))


def _key(stores: Stores) -> str:
    """A tenant's first key."""
    now = iso(stores.clock.now())
    stores.tenants.create(
        Tenant(id=SPACE.tenant, environment=SPACE.environment, plan="studio", created_at=now, updated_at=now)
    )
    caller = Caller(space=SPACE, plan=plan_named("studio"), key_id=None, scopes=frozenset({"*"}))
    asked = CreateApiKey.model_validate({"name": "first", "environment": "test", "scopes": ["*"]})
    return create_api_key(stores, caller, asked, stores.ids.new("req"), None)[1].text


@contextmanager
def _render_worker(platform: Platform) -> Iterator[None]:
    """The container's `renderer.worker`, in a thread; ended by its own signal handler."""
    role, environment = task_environment(platform)
    handlers: dict[int, Callable[..., object]] = {}
    with (
        platform.acting(role, {**environment, "WORKER_POLL_SECONDS": "1"}),
        patch.object(render_worker.signal, "signal", handlers.__setitem__),
        patch.object(render_worker, "log_as_json"),
    ):
        thread = _started(render_worker.main)
        wait_for(lambda: len(handlers) == 2 and thread.is_alive())
    try:
        yield
    finally:
        handlers[15](15, None)
        thread.join(60)
    assert not thread.is_alive(), "the worker did not heed SIGTERM"


@contextmanager
def _turn_worker(platform: Platform) -> Iterator[None]:
    """The container's `renderer.server`: with TLS, since it listens to everyone, at an address that reaches it here."""
    role, environment = task_environment(platform)
    servers: list[Any] = []

    class Server(turn_server.TurnServer):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            servers.append(self)

    listener = socket.create_server(("0.0.0.0", 0))
    address = {"TURN_ADDRESS": f"https://127.0.0.1:{listener.getsockname()[1]}", "TURN_GRACE_SECONDS": "1"}
    with platform.acting(role, {**environment, **address}), patch.object(turn_server, "TurnServer", Server):
        settings = TurnSettings.from_env()
        thread = _started(lambda: turn_server.serve(settings, listener))
        wait_for(lambda: servers and servers[0].started)
    try:
        yield
    finally:
        servers[0].should_exit = True
        thread.join(60)
        listener.close()


@contextmanager
def _turn_function(platform: Platform) -> Iterator[int]:
    """The turn function's app, as run.sh serves it."""
    turn = platform.function("Turn")
    with platform.acting(turn.role, turn.environment):
        app = create_turn_app()
        server = uvicorn.Server(uvicorn.Config(app, port=0, lifespan="off", log_config=None, access_log=False))
        thread = _started(server.run)
        wait_for(lambda: server.started)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(60)


def _started(target: Callable[[], object]) -> threading.Thread:
    """Under the role that acts now: a thread has a context of its own otherwise."""
    context = contextvars.copy_context()
    thread = threading.Thread(target=lambda: context.run(target), daemon=True)
    thread.start()
    return thread
