"""What tests of the event functions stand on: the local platform's own resources on moto, and its own pollers."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from unittest.mock import patch

from functions import deployed
from local.cloud import names
from local.cloud.resources import create_resources
from local.event_sources import EVENT_SOURCES, QueuePoller
from local.lambda_runtime import FUNCTIONS, LambdaRuntime
from parley.domain.avatars import IMAGE_MODEL, Avatar
from parley.domain.keys import ApiKey, hash_key, present
from parley.domain.plans import plan_named
from parley.domain.spaces import Space, Tenant
from parley.domain.times import iso
from parley.domain.wallet import Wallet
from parley.operations.caller import Caller
from parley.store.batches import Batches
from parley.store.dynamo import DynamoTable
from parley.store.settings import Settings
from parley.store.stores import Stores, stores_on
from tests.hand_clock import HandClock
from tests.moto_cloud import MotoCloud, moto_cloud

PEPPER = "a pepper for tests of events"
SECOND = 1_000_000


@dataclass
class World:
    """A cloud whose clock only the test moves; `stores` is what the handlers work with."""

    cloud: MotoCloud
    stores: Stores
    clock: HandClock
    runtime: LambdaRuntime
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def batches(self) -> Batches:
        return Batches(self.stores.table)

    def invoke(self, function: str, event: Any) -> Any:
        return self.runtime.invoke(function, event)

    def poll(self, queue: str) -> None:
        """One batch of a queue, dealt with as Lambda's event source would."""
        source = next(source for source in EVENT_SOURCES if source.queue == queue)
        QueuePoller(source, self.url(queue), self.cloud.client("sqs"), self.invoke).poll_once(0)

    def url(self, queue: str) -> str:
        return names.queue_url(self.cloud.port, queue)

    def left(self, queue: str) -> int:
        """Messages in a queue, hidden ones too."""
        counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self.cloud.client("sqs").get_queue_attributes(QueueUrl=self.url(queue), AttributeNames=counts)
        return sum(int(answer["Attributes"][count]) for count in counts)

    def show_hidden(self, queue: str) -> None:
        """As when the visibility timeout ran out: moto keeps that time itself."""
        for message in _messages(queue):
            message.change_visibility(0)

    def forget_messages(self) -> None:
        """What an earlier test left in the queues."""
        for source in EVENT_SOURCES:
            _messages(source.queue).clear()

    def tenant(self, plan: str = "studio") -> Caller:
        """A new tenant with a key that may do everything."""
        now, name = iso(self.clock.at), f"ten_{next(self.numbers)}"
        space = Space(name, "test")
        self.stores.tenants.create(Tenant(id=name, environment="test", plan=plan, created_at=now, updated_at=now))
        presented = present("test", f"KEY{next(self.numbers):07d}", self.stores.ids.entropy(32))
        key = ApiKey(
            key_id=presented.key_id,
            tenant_id=name,
            environment="test",
            name="a key",
            hash=hash_key(presented, PEPPER.encode()),
            redacted=presented.redacted,
            scopes=frozenset({"*"}),
            created_at=now,
            updated_at=now,
        )
        self.stores.keys.create(key)
        caller = Caller(space=space, plan=plan_named(plan), key_id=key.key_id, scopes=key.scopes)
        self.stores.wallets.touch(space, caller.plan, self.clock.at)
        return caller

    def avatar(self, caller: Caller, **more: Any) -> Avatar:
        now = iso(self.clock.at)
        avatar = Avatar(
            id=self.stores.ids.new("ava"),
            tenant_id=caller.space.tenant,
            environment=caller.space.environment,
            display_name="Rin",
            source_kind="image",
            model_id=IMAGE_MODEL,
            created_at=now,
            updated_at=now,
            **{"status": "ready", "rig_key": f"rigs/{caller.space.path}/ast_1.npz", **more},
        )
        return self.stores.avatars.create(avatar, caller.plan, self.clock.at)

    def wallet(self, caller: Caller) -> Wallet:
        return self.stores.wallets.read(caller.space)

    def untouched(self, caller: Caller) -> bool:
        """Nothing was charged, nothing is held."""
        wallet = self.wallet(caller)
        return (wallet.balance, wallet.reserved, wallet.lifetime_used) == (caller.plan.allowance_micros, 0, 0)


def _messages(queue: str) -> list[Any]:
    from moto.sqs.models import sqs_backends

    return sqs_backends[names.ACCOUNT][names.REGION].get_queue(queue)._messages


@contextmanager
def events_world(**settings: Any) -> Iterator[World]:
    """A new one; the handlers are given its stores."""
    with moto_cloud() as cloud:
        create_resources(cloud.url, cloud.port)
        clock = HandClock()
        named = Settings(
            inspect_queue_url=names.queue_url(cloud.port, names.INSPECT_QUEUE),
            batch_lines_queue_url=names.queue_url(cloud.port, names.BATCH_LINES_QUEUE),
            submitted_queue_url=names.queue_url(cloud.port, names.SUBMITTED_QUEUE),
            render_queue_url=names.queue_url(cloud.port, names.RENDER_QUEUE),
            state_machine_arn=names.state_machine_arn(),
            key_pepper=PEPPER,  # type: ignore[arg-type]
            public_base_url="https://parley.test",
            **settings,
        )
        stores = stores_on(DynamoTable(cloud.client("dynamodb"), names.TABLE), named, clock)
        runtime = LambdaRuntime()
        for name in FUNCTIONS:
            cloud.functions[name] = lambda event, _context, name=name: runtime.invoke(name, event)
        with (
            patch.object(deployed, "_opened", lambda: stores),
            patch.dict("os.environ", POWERTOOLS_METRICS_DISABLED="true"),
        ):
            yield World(cloud, replace(stores), clock, runtime)
