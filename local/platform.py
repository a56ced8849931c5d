"""The whole platform as one object: opened on a state folder and a port, closed without a trace but its state."""

import contextlib
import errno
import json
import os
import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from local.environment import Ports, child_environment
from local.state import ApiKeys, StateFolder, write_private
from local.supervisor import PlatformFailed, Role, Supervisor

DEFAULT_STATE = Path(".parley")
DEFAULT_PORT = 8080
# Not a choice: the address is part of every signed URL, and nothing here is meant for other machines.
HOST = "127.0.0.1"
# Waiting connections while a process starts (again): the kernel holds them, nobody is refused.
_BACKLOG = 512


class PortInUse(Exception):
    """Something else listens there."""


@dataclass(frozen=True, slots=True)
class PlatformOptions:
    """What `parley up` can be told. `port` 0 takes a free one; `plan` None keeps what the tenant has."""

    port: int = DEFAULT_PORT
    state: Path = DEFAULT_STATE
    plan: str | None = None
    allow_fetch: tuple[str, ...] = ()
    workers: int = 1


class Platform:
    """Use as a context manager: entered, it answers requests at `base_url`."""

    def __init__(self, options: PlatformOptions) -> None:
        self._options = options
        self.state = StateFolder(options.state)
        self._open = contextlib.ExitStack()
        self._supervisor: Supervisor | None = None
        self.port = options.port
        self.started_in_seconds = 0.0

    @property
    def base_url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def keys(self) -> ApiKeys:
        keys = self.state.api_keys()
        if keys is None:
            raise PlatformFailed("The platform started without making its keys.")
        return keys

    def __enter__(self) -> Self:
        """Raises StateFolderUnusable, StateFolderBusy, PortInUse, PlatformFailed, or StopRequested by a signal."""
        began = time.monotonic()
        try:
            self._start()
        except BaseException:
            self._open.close()
            raise
        self.started_in_seconds = time.monotonic() - began
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def keep_running(self) -> None:
        """Until StopRequested or PlatformFailed."""
        assert self._supervisor is not None
        self._supervisor.keep_running()

    def attend(self) -> None:
        """Looks after the children once, without waiting: for those who do their own work meanwhile."""
        assert self._supervisor is not None
        self._supervisor.attend(0)

    def _start(self) -> None:
        self.state.prepare()
        lock = self.state.lock()
        self._open.callback(os.close, lock)
        public = self._open.enter_context(_listen(HOST, self._options.port))
        self.port = public.getsockname()[1]
        cloud, functions, turns = (self._open.enter_context(_listen("127.0.0.1", 0)) for _ in range(3))
        environment = child_environment(
            self.state,
            Ports(cloud.getsockname()[1], functions.getsockname()[1]),
            base_url=self.base_url,
            plan=self._options.plan,
            allow_fetch=self._options.allow_fetch,
        )
        roles = [
            Role("cloud", _python("local.cloud"), cloud),
            Role("functions", _python("local.functions_process"), functions),
            Role("api", _python("local.gateway"), public),
            Role("turns", _python("local.turns_process"), turns, needed=False),
            *(Role(f"worker-{n}", _python("local.worker_process")) for n in range(1, self._options.workers + 1)),
        ]
        self._supervisor = Supervisor(roles, environment, self.state.logs, lock)
        self._open.callback(self._supervisor.stop)
        self._supervisor.start()
        self._say_where(cloud.getsockname()[1])

    def _say_where(self, cloud_port: int) -> None:
        note = self.state.root / "platform.json"
        write_private(note, json.dumps({"baseUrl": self.base_url, "pid": os.getpid(), "cloudPort": cloud_port}))
        self._open.callback(note.unlink, missing_ok=True)


def running_base_url(state: StateFolder) -> str | None:
    """Where the platform that uses this folder answers; None when it does not say."""
    note = state.root / "platform.json"
    return json.loads(note.read_text())["baseUrl"] if note.exists() else None


def _python(module: str) -> list[str]:
    return [sys.executable, "-m", module]


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), backlog=_BACKLOG)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(f"Port {port} is in use. Stop what listens there, or choose another with --port.") from None
        raise PortInUse(f"Cannot listen on {host}:{port}: {error.strerror}.") from None
