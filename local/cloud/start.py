"""Puts the cloud together: moto made safe, resources created, the kept state laid back, unfinished work resumed."""

import logging
import socket
import threading
from dataclasses import dataclass
from pathlib import Path

from moto.core.config import default_user_config

from local.cloud import names, queues, quick_tables, tables
from local.cloud.app import CloudApp, serve
from local.cloud.functions import forward_to
from local.cloud.interpreter import leave_out_batch, let_workers_be_quick
from local.cloud.journal import Journal, Value
from local.cloud.memory import forget_what_was_made
from local.cloud.objects import Objects, defer_notifications
from local.cloud.resources import create_resources
from local.cloud.resume import resume_work
from local.state import StateFolder

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Cloud:
    app: CloudApp
    journal: Journal
    objects: Objects


def start_cloud(state_root: Path, functions_port: int, listener: socket.socket) -> Cloud:
    """Once per process: moto's state is global. Raises JournalCorrupt."""
    state = StateFolder(state_root)
    state.prepare()
    journal = Journal(state.journal)
    objects = Objects(state.objects, journal)
    leave_out_batch()
    forget_what_was_made()
    default_user_config["stepfunctions"] = {"execute_state_machine": True}
    quick_tables.make_transactions_cheap()
    quick_tables.make_queries_cheap()
    queues.make_receives_exclusive()
    defer_notifications()
    let_workers_be_quick()

    kept = journal.open()
    app = CloudApp(journal, objects, forward_to(functions_port))
    app.warm_up()
    _create_through_own_door(app, listener.getsockname()[1])
    for queue in (names.INSPECT_QUEUE, names.BATCHES_QUEUE):
        queues.clear(queue)
    lay_back(kept, objects)
    objects.sweep()
    queues.keep_messages(journal)
    resume_work(objects.find)
    return Cloud(app, journal, objects)


def lay_back(kept: dict[str, Value], objects: Objects) -> None:
    """Fills the empty cloud with what the journal kept."""
    for name, value in kept.items():
        kind, _, identity = name.partition(":")
        if kind == "item":
            tables.put_back(value)
        elif kind == "object":
            objects.put_back(value)
        elif kind == "message":
            queues.put_back(identity, value)
    _log.info("state laid back", extra={"records": len(kept)})


def _create_through_own_door(app: CloudApp, public_port: int) -> None:
    # A server of its own, gone before the first client is answered: nobody sees a half-made cloud.
    with socket.create_server(("127.0.0.1", 0)) as door:
        server = serve(app, door)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        create_resources(f"http://127.0.0.1:{door.getsockname()[1]}", public_port)
        server.shutdown()
        thread.join()
