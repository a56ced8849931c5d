"""The turn app as it runs in Lambda: its own start script, and requests as the Lambda Web Adapter makes them of events.

The adapter itself is a binary of AWS's. What it does is documented: it starts `run.sh`, probes the port, turns each
event into one HTTP request with the invocation's and the request's context in two JSON headers, and hands the answer
on as it comes. When the client has gone away it is not told, and reads on.
"""

import base64
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from parley.domain.turns import Turn
from parley.operations.caller import Caller
from parley.operations.create_api_key import create_api_key
from parley.store.workers import Worker
from parley.wire.api_keys import CreateApiKey
from parley.wire.mux import Decoder, Record
from tests.functions.api.gateway_events import Sent, http_api
from tests.functions.events_world import PEPPER, World
from tests.functions.turn.turn_worker import TurnWorker
from tests.waiting import HANG_SECONDS, wait_for

ROOT = Path(__file__).parents[3]
RUN = ROOT / "functions" / "turn" / "run.sh"
TOKEN_KEY = "a key for turns through the adapter"
FUNCTION = "parley-turn"
MINUTES_15 = 900.0


@dataclass
class Invocation:
    """One answer of the app, read as it comes."""

    response: http.client.HTTPResponse
    connection: http.client.HTTPConnection
    body: bytes = b""
    decoder: Decoder = field(default_factory=Decoder)

    @property
    def status(self) -> int:
        return self.response.status

    @property
    def turn_id(self) -> str:
        return self.response.headers["x-turn-id"]

    def more(self) -> list[Record]:
        """The records that have come by now; waits for some. Empty at the end."""
        while piece := self.response.read1(65536):
            self.body += piece
            if found := self.decoder.push(piece):
                return found
        return []

    def rest(self) -> list[Record]:
        """All records to the end; raises MuxError where the stream does not end as it must."""
        found: list[Record] = []
        while records := self.more():
            found += records
        self.decoder.end()
        return found

    def json(self) -> Any:
        return json.loads(self.response.read())

    def cut(self) -> None:
        """As when the execution environment goes away."""
        self.connection.close()
        self.response.close()


@dataclass
class Adapter:
    """A function with its app running, and a tenant who calls it."""

    world: World
    port: int
    process: subprocess.Popen[bytes]
    key: str
    caller: Caller
    avatar_id: str

    def invoke(
        self, event: Mapping[str, Any], *, seconds: float = MINUTES_15, context: str | None = None
    ) -> Invocation:
        """`seconds` that the function has left; `context` in place of the header that says so."""
        request = event["requestContext"]
        body = event.get("body") or ""
        data = base64.b64decode(body) if event["isBase64Encoded"] else body.encode()
        said = context if context is not None else json.dumps(_lambda_context(seconds))
        headers = {
            **event["headers"],
            "x-amzn-request-context": json.dumps(request),
            "x-amzn-lambda-context": said,
        }
        query = f"?{event['rawQueryString']}" if event["rawQueryString"] else ""
        return self._send(request["http"]["method"], event["rawPath"] + query, data, headers)

    def pass_through(self, event: Mapping[str, Any]) -> Invocation:
        """An event that is no HTTP request: the adapter posts it to `/events`."""
        headers = {
            "x-amzn-request-context": json.dumps("PassThrough"),
            "x-amzn-lambda-context": json.dumps(_lambda_context(MINUTES_15)),
            "content-type": "application/json",
        }
        return self._send("POST", "/events", json.dumps(event).encode(), headers)

    def turn(self, *, seconds: float = MINUTES_15, context: str | None = None, **body: Any) -> Invocation:
        return self.invoke(self.event("/api/v1/realtime/turn", **body), seconds=seconds, context=context)

    def event(self, path: str, request_id: str | None = None, **body: Any) -> dict[str, Any]:
        """A function URL's, which is an HTTP API's of payload format 2.0."""
        spoken = {"avatar_id": self.avatar_id, "mode": "speak_text", "text": "Hello there, how are you?", **body}
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        sent = Sent("POST", path, headers, json.dumps(spoken).encode(), request_id=request_id or str(uuid4()))
        return http_api(sent)

    def stored(self, turn_id: str) -> Turn:
        return self.world.stores.turns.get(self.caller.space, turn_id)

    def turns(self) -> int:
        return len(list(self.world.stores.table.query_all(self.caller.space.partition, "TURN#")))

    def slots_taken(self) -> int:
        return len(list(self.world.stores.table.query_all(self.caller.space.partition, "SLOT#")))

    def used(self) -> int:
        wallet = self.world.wallet(self.caller)
        assert wallet.reserved == 0
        return wallet.lifetime_used

    def leave(self, micros: int) -> None:
        """Takes all credit out of the wallet but so much."""
        stores, at = self.world.stores, self.world.clock.at
        balance = stores.wallets.read(self.caller.space).balance
        stores.wallets.charge(self.caller.space, stores.ids.new("chg"), balance - micros, at)

    def register(self, worker: TurnWorker) -> None:
        self.world.stores.workers.register(
            Worker(id=worker.id, address=worker.address, slots=4, free=4, lease_expires=int(time.time()) + 3600)
        )

    def _send(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Invocation:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=HANG_SECONDS)
        connection.request(method, path, body, dict(headers))
        return Invocation(connection.getresponse(), connection)


def _lambda_context(seconds: float) -> dict[str, Any]:
    """As the adapter writes it: `deadline` in milliseconds since the epoch."""
    return {
        "request_id": str(uuid4()),
        "deadline": round(1000 * (time.time() + seconds)),
        "invoked_function_arn": f"arn:aws:lambda:us-east-1:123456789012:function:{FUNCTION}",
        "xray_trace_id": "Root=1-5e6722a7-cc56xmpl46db7ae02d4da47e",
        "client_context": None,
        "identity": None,
        "env_config": {
            "function_name": FUNCTION,
            "memory": 1024,
            "version": "$LATEST",
            "log_stream": "",
            "log_group": f"/aws/lambda/{FUNCTION}",
        },
    }


@contextmanager
def started(world: World) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """The app, started as Lambda does it, once its port answers: the port and the process."""
    with socket.socket() as kept:
        # Bound for as long as the app runs, and not listening: the app can have the port, and nobody else is given it.
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        kept.bind(("127.0.0.1", 0))
        port = kept.getsockname()[1]
        process = subprocess.Popen([str(RUN)], cwd=ROOT, env=_environment(world, port), start_new_session=True)
        try:
            wait_for(lambda: _listens(port, process))
            yield port, process
        finally:
            # What Lambda sends before it takes an environment away.
            process.terminate()
            try:
                process.wait(HANG_SECONDS)
            finally:
                process.kill()
                process.wait()


def adapter_for(world: World, port: int, process: subprocess.Popen[bytes]) -> Adapter:
    """With a tenant of its own."""
    caller = world.tenant()
    body = CreateApiKey.model_validate({"name": "a test's", "environment": "test", "scopes": ["*"]})
    _, presented = create_api_key(world.stores, caller, body, world.stores.ids.new("req"), None)
    return Adapter(world, port, process, presented.text, caller, world.avatar(caller).id)


def _listens(port: int, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None, "run.sh ended before its port answered"
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _environment(world: World, port: int) -> dict[str, str]:
    paths = (str(ROOT), str(ROOT / "layers/core/python"), *(path for path in sys.path if path))
    own = {name: value for name, value in os.environ.items() if name.startswith("AWS_") or name in ("HOME", "TMPDIR")}
    return {
        **own,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PYTHONPATH": os.pathsep.join(paths),
        "LAMBDA_TASK_ROOT": str(ROOT),
        "AWS_LAMBDA_FUNCTION_NAME": FUNCTION,
        "AWS_LWA_PORT": str(port),
        "PORT": str(port),
        "TABLE_NAME": world.stores.settings.table_name,
        "UPLOADS_BUCKET": world.stores.settings.uploads_bucket,
        "MEDIA_BUCKET": world.stores.settings.media_bucket,
        "KEY_PEPPER": PEPPER,
        "TURN_TOKEN_KEY": TOKEN_KEY,
        "PUBLIC_BASE_URL": "https://parley.test",
        "POWERTOOLS_METRICS_DISABLED": "true",
    }
