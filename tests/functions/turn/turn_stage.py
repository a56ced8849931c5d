"""What tests of turns stand on: the real turn app on a real port, a tenant with a speaking avatar, and workers."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from fastapi import FastAPI

from functions.api.services import ApiOptions
from functions.turn.app import create_turn_app
from functions.turn.relay import RelayTimes
from functions.turn.worker_link import LinkTimes
from parley.domain.spaces import Space
from parley.domain.turns import Turn
from parley.operations.sweep import sweep
from parley.store import aws
from parley.store.dynamo import DynamoTable
from parley.store.settings import Settings
from parley.store.stores import Stores, stores_on
from parley.store.workers import Worker
from parley.wire.mux import Decoder, Record
from tests.functions.api.world import World, one_at_a_time
from tests.functions.turn.turn_worker import TurnWorker
from tests.loopback_server import LoopbackServer
from tests.waiting import HANG_SECONDS

TOKEN_KEY = "a key for tests of turn tokens"
SECOND = 1_000_000
SILENT_SECONDS = 300.0
"""After which the relay gives up a worker who says nothing."""


@dataclass
class Heard:
    """What a client got of one turn."""

    status: int
    headers: httpx.Headers
    records: list[Record] = field(default_factory=list[Record])
    body: bytes = b""

    @property
    def samples(self) -> int:
        return sum(len(record.payload) // 2 for record in self.records if record.type == "audio")

    @property
    def last(self) -> dict[str, Any]:
        return dict(self.records[-1].header)


@dataclass
class Stage:
    world: World
    stores: Stores
    server: LoopbackServer
    app: FastAPI
    space: Space
    key: str
    avatar_id: str

    @property
    def base_url(self) -> str:
        return self.server.url

    def post(self, path: str, key: str | None = None, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {key or self.key}", **more.pop("headers", {})}
        return httpx.post(self.base_url + path, headers=headers, timeout=HANG_SECONDS, **more)

    def turn(self, *, key: str | None = None, headers: dict[str, str] | None = None, **body: Any) -> Heard:
        """One turn, to its end."""
        with self.opened(key=key, headers=headers, **body) as (answer, heard):
            for data in answer.iter_raw():
                heard.body += data
            if heard.status == 200:
                decoder = Decoder()
                heard.records = decoder.push(heard.body)
                decoder.end()
        return heard

    @contextmanager
    def opened(
        self, *, key: str | None = None, headers: dict[str, str] | None = None, **body: Any
    ) -> Iterator[tuple[httpx.Response, Heard]]:
        spoken = {"avatar_id": self.avatar_id, "mode": "speak_text", "text": "Hello there, how are you?", **body}
        sent = {"Authorization": f"Bearer {key or self.key}", **(headers or {})}
        with (
            httpx.Client(timeout=HANG_SECONDS) as client,
            client.stream("POST", f"{self.base_url}/api/v1/realtime/turn", json=spoken, headers=sent) as answer,
        ):
            yield answer, Heard(answer.status_code, answer.headers)

    def stored(self, turn_id: str) -> Turn:
        return self.stores.turns.get(self.space, turn_id)

    def turns(self) -> list[Turn]:
        found = self.stores.table.query_all(self.space.partition, "TURN#")
        return [self.stored(item["id"]) for item in found]

    def slots_taken(self) -> int:
        return len(list(self.stores.table.query_all(self.space.partition, "SLOT#")))

    def used(self) -> int:
        """Credit micros that were charged, ever; what is held is to be nothing."""
        wallet = self.stores.wallets.read(self.space)
        assert wallet.reserved == 0
        return wallet.lifetime_used

    def register(self, worker: TurnWorker, *, free: int = 4, lives: int = 1_000_000) -> None:
        self.stores.workers.register(
            Worker(
                id=worker.id,
                address=worker.address,
                fingerprint=worker.fingerprint,
                slots=4,
                free=free,
                lease_expires=int(self.world.clock.at.timestamp()) + lives,
            )
        )

    def worker(self, name: str = "wrk_1") -> TurnWorker:
        """Not running yet."""
        return TurnWorker(name, TOKEN_KEY.encode(), lambda: int(self.world.clock.at.timestamp()))

    def forget_workers(self) -> None:
        for item in list(self.stores.table.query_all("WORKERS", "WORKER#")):
            self.stores.workers.forget(item["sk"].removeprefix("WORKER#"))

    def sweep(self) -> Counter[str]:
        return sweep(self.stores)


@contextmanager
def turn_app(
    world: World, relay_times: RelayTimes | None = None, link_times: LinkTimes | None = None
) -> Iterator[Callable[[], Stage]]:
    """The app, served; each call of what is given makes a stage of it with a tenant of its own."""
    settings = Settings.model_validate({**world.stores.settings.model_dump(), "turn_token_key": TOKEN_KEY})
    table = DynamoTable(one_at_a_time(aws.dynamodb()), "parley", pause=lambda _: None)
    stores = stores_on(table, settings, world.clock)
    options = ApiOptions(upload_wait_seconds=0.1, repeat_wait_seconds=0.2)
    app = create_turn_app(stores, options=options, relay_times=relay_times, link_times=link_times)
    with LoopbackServer(app) as server:

        def stage(plan: str = "studio") -> Stage:
            space = world.tenant(plan=plan)
            key = world.key(space)
            made = Stage(world, stores, server, app, space, key, world.avatar(key)["id"])
            made.forget_workers()
            return made

        yield stage
