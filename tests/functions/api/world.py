"""What the API's tests stand on: the real app on moto, tenants with keys, a clock tests move, verdicts tests give."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import boto3
import httpx
from anyio.from_thread import BlockingPortal
from fastapi import FastAPI

from functions.api.app import create_app
from functions.api.services import ApiOptions
from local.cloud.tables import TABLES_LOCK
from parley.domain.keys import ApiKey, PresentedKey, hash_key, present
from parley.domain.plans import Plan, plan_named
from parley.domain.renders import RenderError, RenderOutput
from parley.domain.spaces import Environment, Space, Tenant
from parley.domain.times import iso
from parley.domain.wallet import Wallet
from parley.store import aws
from parley.store.dynamo import DynamoTable
from parley.store.fetch import GuardedFetcher
from parley.store.objects import S3Objects
from parley.store.schema import create_table
from parley.store.settings import Settings
from parley.store.stores import Stores, stores_on

START = datetime(2026, 6, 10, 12, 0, 0, tzinfo=UTC)
PEPPER = "a pepper for tests of the API"
SECOND = 1_000_000
Verdict = dict[str, Any]
READY_IMAGE: Verdict = {"status": "ready", "rig_key": "rigs/x.npz", "width": 600, "height": 800}
READY_AUDIO: Verdict = {"status": "ready", "duration_micros": 2_500_000}
NO_FACE: Verdict = {"status": "failed", "failure_code": "no_face", "advice": "No face was found. Use a portrait."}


@dataclass
class HandClock:
    """Stands still unless a test moves it, or lets every look at it take `tick_seconds`."""

    at: datetime = START
    tick_seconds: float = 0.0

    def now(self) -> datetime:
        self.at += timedelta(seconds=self.tick_seconds)
        return self.at

    def forward(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class InspectedUploads(S3Objects):
    """The uploads bucket, in which `verdict` speaks as soon as bytes have arrived: the inspection, made prompt."""

    verdict: Callable[[str], None]

    def put_file(self, key: str, path: str, content_type: str) -> None:
        super().put_file(key, path, content_type)
        self.verdict(key)


@dataclass
class World:
    stores: Stores
    clock: HandClock
    app: FastAPI
    portal: BlockingPortal
    client: httpx.AsyncClient
    # What the inspection will say, by the kind of the asset; None for an inspection that has not come yet.
    verdicts: dict[str, Verdict | None] = field(default_factory=dict[str, "Verdict | None"])
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def begin(self) -> None:
        """As a test expects to find it: noon of a June day, prompt inspections, nothing on its way."""
        self.clock.at, self.clock.tick_seconds = START, 0.0
        self.verdicts = {"image": READY_IMAGE, "audio": READY_AUDIO, "video": {"status": "ready"}}
        self.submitted()

    def call(self, method: str, path: str, key: str | None = None, **more: Any) -> httpx.Response:
        """One request through the real ASGI app, with `key` as the bearer."""
        headers = {**({"Authorization": f"Bearer {key}"} if key else {}), **more.pop("headers", {})}
        return self.portal.call(lambda: self.client.request(method, path, headers=headers, **more))

    def tenant(self, name: str | None = None, environment: Environment = "test", plan: str = "developer") -> Space:
        now, name = iso(self.clock.at), name or f"ten_{next(self.numbers)}"
        self.stores.tenants.create(Tenant(id=name, environment=environment, plan=plan, created_at=now, updated_at=now))
        return Space(name, environment)

    def key(self, space: Space, *scopes: str, limit: int | None = None, expires_at: str | None = None) -> str:
        """The whole key of a new one with these scopes (all of them when none is named)."""
        presented = present(space.environment, self.stores.ids.new("key")[4:], self.stores.ids.entropy(32))
        self.stores.keys.create(self._stored(space, presented, frozenset(scopes or {"*"}), limit, expires_at))
        return presented.text

    def _stored(
        self, space: Space, presented: PresentedKey, scopes: frozenset[str], limit: int | None, expires_at: str | None
    ) -> ApiKey:
        return ApiKey(
            key_id=presented.key_id,
            tenant_id=space.tenant,
            environment=space.environment,
            name="made by a test",
            hash=hash_key(presented, PEPPER.encode()),
            redacted=presented.redacted,
            scopes=scopes,
            spend_limit=limit,
            expires_at=expires_at,
            created_at=iso(self.clock.at),
            updated_at=iso(self.clock.at),
        )

    def wallet(self, space: Space) -> Wallet:
        return self.stores.wallets.read(space)

    def drain(self, space: Space, leaving: int = 0) -> None:
        """Takes all credit out of the wallet but `leaving` credit micros."""
        wallet = self.stores.wallets.touch(space, _plan(self.stores, space), self.clock.at)
        self.stores.wallets.charge(space, self.stores.ids.new("chg"), wallet.balance - leaving, self.clock.at)

    def judge(self, s3_key: str) -> None:
        """The inspection's write, as its handler makes it."""
        _, tenant, environment, asset_id = s3_key.split("/")
        space = Space(tenant, "live" if environment == "live" else "test")
        asset = self.stores.assets.get(space, asset_id)
        if (verdict := self.verdicts[asset.kind]) is not None:
            self.stores.assets.update(space, asset_id, verdict, self.clock.at)

    def picture(self, key: str) -> dict[str, Any]:
        """An uploaded, inspected picture."""
        answer = self.call("POST", "/api/v1/assets", key, files={"file": ("rin.png", PNG, "image/png")})
        assert answer.status_code == 201, answer.text
        return answer.json()

    def sound(self, key: str) -> dict[str, Any]:
        answer = self.call("POST", "/api/v1/assets", key, files={"file": ("hello.wav", WAV, "audio/wav")})
        assert answer.status_code == 201, answer.text
        return answer.json()

    def avatar(self, key: str, **more: Any) -> dict[str, Any]:
        """A ready avatar."""
        body = {"displayName": "Rin", "sourceKind": "image", "sourceAssetId": self.picture(key)["id"], **more}
        answer = self.call("POST", "/api/v1/avatars", key, json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def finish(self, space: Space, render_id: str, frames: int = 50, fps: int = 25) -> None:
        """What worker and workflow do to a render that succeeds."""
        render = self.stores.renders.lease(space, render_id, "worker", self.clock.at, seconds=60)
        output = RenderOutput(
            fence=render.fence,
            output_key=f"renders/{space.path}/{render_id}/{render.fence}.mp4",
            frames=frames,
            fps=fps,
            width=512,
            height=512,
            duration_seconds=frames / fps,
        )
        self.stores.media.put(output.output_key, b"an mp4", "video/mp4")
        self.stores.renders.finish(space, render_id, output, self.clock.at)

    def fail(self, space: Space, render_id: str, error: RenderError) -> None:
        self.stores.renders.refund(space, render_id, "failed", self.clock.at, error=error)

    def submitted(self) -> list[dict[str, Any]]:
        """What was handed to the workflow, taken out of its queue."""
        found = self.stores.submitted_queue.receive(wait_seconds=0, limit=10)
        for message in found:
            self.stores.submitted_queue.delete(message.receipt)
        return [json.loads(message.body) for message in found]

    def objects(self, space: Space) -> list[str]:
        """The keys of all objects of a space, in both buckets."""
        folders = [(self.stores.uploads, "assets"), (self.stores.media, "rigs"), (self.stores.media, "renders")]
        return [found.key for store, folder in folders for found in store.list(f"{folder}/{space.path}/")]


# Enough of each file for its kind to be told; the verdict is the test's.
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
WAV = b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(64)


def _plan(stores: Stores, space: Space) -> Plan:
    return plan_named(stores.tenants.active(space).plan)


def open_world(portal: BlockingPortal, options: ApiOptions, clock: HandClock) -> World:
    """The app over moto, which must be on already."""
    settings = _cloud()
    table = DynamoTable(one_at_a_time(aws.dynamodb()), "parley", pause=lambda _: None)
    uploads = InspectedUploads(aws.at_first_use(aws.s3), settings.uploads_bucket)
    stores = replace(stores_on(table, settings, clock), uploads=uploads)
    app = create_app(stores=stores, options=options, fetcher=GuardedFetcher(resolve=_nowhere))
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://parley.test")
    world = World(stores, clock, app, portal, client)
    uploads.verdict = world.judge
    return world


def one_at_a_time(client: Any) -> Any:
    """moto's tables are plain dictionaries, changed in several steps, and a transaction that fails puts back the whole
    of a table: one request at a time, of all such clients together."""
    ask = client._make_api_call

    def asked_alone(*request: Any) -> Any:
        with TABLES_LOCK:
            return ask(*request)

    client._make_api_call = asked_alone
    return client


def _nowhere(host: str, port: int) -> list[str]:
    """No test looks a name up."""
    raise OSError(f"{host}:{port} is not looked up in tests")


def _cloud() -> Settings:
    """The buckets, queues and machine of the platform, and their names."""
    create_table(aws.dynamodb(), "parley")
    for bucket in ("parley-uploads", "parley-media"):
        aws.s3().create_bucket(Bucket=bucket)
    queues = {name: aws.sqs().create_queue(QueueName=f"parley-{name}")["QueueUrl"] for name in ("submitted", "inspect")}
    machine = boto3.client("stepfunctions").create_state_machine(
        name="parley-lipsync",
        definition=json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}),
        roleArn="arn:aws:iam::123456789012:role/parley",
    )
    return Settings.model_validate(
        {
            "submitted_queue_url": queues["submitted"],
            "inspect_queue_url": queues["inspect"],
            "state_machine_arn": machine["stateMachineArn"],
            "key_pepper": PEPPER,
            "public_base_url": "http://parley.test",
        }
    )


def refused(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """Asserts that this is the error body of that status and code, and gives it."""
    body = answer.json()
    assert (answer.status_code, body.get("code")) == (status, code), answer.text
    assert body["status"] == status
    assert isinstance(body["retryable"], bool)
    assert body["error"].strip()
    assert body["requestId"] == answer.headers["X-Request-Id"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert ("billingUrl" in body) == (status == 402)
    return body
