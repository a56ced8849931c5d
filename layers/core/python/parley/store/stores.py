"""All stores of a process in one value, built once from its settings."""

import os
from dataclasses import dataclass

from parley.domain.fleet import FleetPolicy
from parley.domain.ids import IdFactory
from parley.store import aws
from parley.store.api_keys import ApiKeys
from parley.store.assets import Assets
from parley.store.avatars import Avatars
from parley.store.clock import SystemClock
from parley.store.dynamo import DynamoTable
from parley.store.fleet import EcsService, Fleet
from parley.store.idempotency import Idempotency
from parley.store.objects import S3Objects
from parley.store.ports import Clock, ObjectStore, Queue, Table, Workflow
from parley.store.queues import SqsQueue
from parley.store.rates import Rates
from parley.store.renders import Renders
from parley.store.settings import Settings
from parley.store.tenants import Tenants
from parley.store.turns import Turns
from parley.store.wallets import Wallets
from parley.store.workers import Workers
from parley.store.workflows import StepFunctions


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """What operations work with. Tests and the local platform replace single fields with `dataclasses.replace`."""

    settings: Settings
    clock: Clock
    ids: IdFactory
    table: Table
    keys: ApiKeys
    tenants: Tenants
    wallets: Wallets
    avatars: Avatars
    assets: Assets
    renders: Renders
    turns: Turns
    workers: Workers
    fleet: Fleet
    idempotency: Idempotency
    rates: Rates
    uploads: ObjectStore
    media: ObjectStore
    inspect_queue: Queue
    batch_lines_queue: Queue
    submitted_queue: Queue
    render_queue: Queue
    workflow: Workflow


def stores_on(table: Table, settings: Settings, clock: Clock) -> Stores:
    """The stores over a given table; everything else is AWS's own, from the environment (AWS_ENDPOINT_URL and kin)."""
    s3, sqs = aws.at_first_use(aws.s3), aws.at_first_use(aws.sqs)
    return Stores(
        settings=settings,
        clock=clock,
        ids=IdFactory(now=clock.now, entropy=os.urandom),
        table=table,
        keys=ApiKeys(table),
        tenants=Tenants(table),
        wallets=Wallets(table),
        avatars=Avatars(table),
        assets=Assets(table),
        renders=Renders(table, hold_seconds=settings.hold_seconds),
        turns=Turns(table, hold_seconds=settings.hold_seconds),
        workers=Workers(table),
        fleet=_fleet(table, settings),
        idempotency=Idempotency(table),
        rates=Rates(table),
        uploads=S3Objects(s3, settings.uploads_bucket, settings.links_base_url),
        media=S3Objects(s3, settings.media_bucket, settings.links_base_url),
        inspect_queue=SqsQueue(sqs, settings.inspect_queue_url, "INSPECT_QUEUE_URL"),
        batch_lines_queue=SqsQueue(sqs, settings.batch_lines_queue_url, "BATCH_LINES_QUEUE_URL"),
        submitted_queue=SqsQueue(sqs, settings.submitted_queue_url, "SUBMITTED_QUEUE_URL"),
        render_queue=SqsQueue(sqs, settings.render_queue_url, "RENDER_QUEUE_URL"),
        workflow=StepFunctions(aws.at_first_use(aws.stepfunctions), settings.state_machine_arn),
    )


def open_stores(settings: Settings, clock: Clock | None = None) -> Stores:
    """The stores of a process."""
    table = DynamoTable(aws.dynamodb(), settings.table_name)
    return stores_on(table, settings, clock or SystemClock())


def _fleet(table: Table, settings: Settings) -> Fleet:
    policy = FleetPolicy(
        warm_seconds=60 * settings.fleet_warm_minutes,
        start_seconds=settings.fleet_start_seconds,
        maximum=settings.fleet_maximum,
    )
    managed = settings.fleet_cluster and settings.fleet_service
    return Fleet(table, EcsService(settings.fleet_cluster, settings.fleet_service) if managed else None, policy)
