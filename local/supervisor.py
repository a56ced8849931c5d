"""Starts the platform's processes together, keeps them alive, and ends them together."""

import json
import selectors
import signal
import socket
import subprocess
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from local.child import LIFELINE, LISTENER, READY

# Starting it again will not help: so many deaths in a row before it was ready, or so many at all in so many seconds.
_STILLBIRTHS = 5
_DEATHS, _WINDOW_SECONDS = 20, 60.0
_STOP_SECONDS = 5.0
_LOG_BYTES = 10 * 1024 * 1024


class PlatformFailed(Exception):
    """A process keeps dying, or did not become ready; the message says which and why."""


class StopRequested(Exception):
    """A signal asked for the end."""


@dataclass(frozen=True, slots=True)
class Role:
    """One kind of child. `needed`: the platform is ready only once this has said that it is."""

    name: str
    argv: Sequence[str]
    listener: socket.socket | None = None
    needed: bool = True


@dataclass(slots=True)
class _Running:
    role: Role
    process: subprocess.Popen[bytes]
    lifeline: socket.socket
    ready: bool = False


@dataclass(slots=True)
class _Deaths:
    times: deque[float] = field(default_factory=lambda: deque[float](maxlen=_DEATHS))
    unready_in_a_row: int = 0

    def hopeless(self, now: float, was_ready: bool) -> str | None:
        """Notes a death; in words why there is no point in another start, or None."""
        self.times.append(now)
        self.unready_in_a_row = 0 if was_ready else self.unready_in_a_row + 1
        if self.unready_in_a_row == _STILLBIRTHS:
            return f"does not start (tried {_STILLBIRTHS} times)"
        if len(self.times) == _DEATHS and now - self.times[0] < _WINDOW_SECONDS:
            return f"died {_DEATHS} times in {_WINDOW_SECONDS:.0f} s"
        return None


class Supervisor:
    """The parent's side of every lifeline. A child's end of file means it died; ours means to it that we did."""

    def __init__(self, roles: Sequence[Role], environment: Mapping[str, str], logs: Path, keep_open: int) -> None:
        self._roles = roles
        self._environment = dict(environment)
        self._logs = logs
        # The state folder's lock: a child that outlives us keeps the folder taken.
        self._keep_open = keep_open
        self._running: dict[str, _Running] = {}
        self._deaths = {role.name: _Deaths() for role in roles}
        self._selector = selectors.DefaultSelector()
        self._wake_reader, self._wake_writer = socket.socketpair()
        self._wake_writer.setblocking(False)
        self._selector.register(self._wake_reader, selectors.EVENT_READ)

    def start(self, patience_seconds: float = 120.0) -> None:
        """All children at once; returns when every needed one is ready. Raises PlatformFailed or StopRequested."""
        signal.set_wakeup_fd(self._wake_writer.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _note)
        for role in self._roles:
            self._spawn(role)
        deadline = time.monotonic() + patience_seconds
        while waiting := [name for name, run in self._running.items() if run.role.needed and not run.ready]:
            left = deadline - time.monotonic()
            if left <= 0:
                raise PlatformFailed(f"Not ready after {patience_seconds:.0f} s: {self._last_words(waiting[0])}")
            self.attend(left)

    def keep_running(self) -> None:
        """Until a signal asks for the end (StopRequested), or a child keeps dying (PlatformFailed)."""
        while True:
            self.attend(None)

    def stop(self) -> None:
        """Ends the children, the first role (the cloud) after the others, which talk to it. None is left behind."""
        running = [run for role in self._roles if (run := self._running.pop(role.name, None))]
        for run in running[1:]:
            run.process.terminate()
        for run in running[1:] + running[:1]:
            _end(run)

    def _spawn(self, role: Role) -> None:
        ours, theirs = socket.socketpair()
        inherited = [theirs.fileno(), self._keep_open]
        environment = {**self._environment, LIFELINE: str(theirs.fileno())}
        if role.listener is not None:
            inherited.append(role.listener.fileno())
            environment[LISTENER] = str(role.listener.fileno())
        with _open_log(self._log(role.name)) as log, _open_log(self._complaints(role.name)) as complaints:
            process = subprocess.Popen(
                role.argv,
                env=environment,
                pass_fds=inherited,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=complaints,
                # Ctrl-C in a terminal goes to the whole group: only we are to hear it, and end the children in order.
                start_new_session=True,
            )
        theirs.close()
        run = _Running(role, process, ours)
        self._running[role.name] = run
        self._selector.register(ours, selectors.EVENT_READ, run)

    def attend(self, timeout: float | None) -> None:
        """Waits that long (None: for ever) for something to happen, and deals with it. Raises as `keep_running`."""
        for key, _ in self._selector.select(timeout):
            if key.data is None:
                self._wake_reader.recv(64)
                raise StopRequested
            self._hear(key.data)

    def _hear(self, run: _Running) -> None:
        try:
            said = run.lifeline.recv(16)
        except ConnectionResetError:
            said = b""
        if READY in said:
            run.ready = True
        if not said:
            self._restart(run)

    def _restart(self, run: _Running) -> None:
        name = run.role.name
        self._selector.unregister(run.lifeline)
        run.lifeline.close()
        # It may have closed its lifeline without ending.
        run.process.kill()
        code = run.process.wait()
        if why := self._deaths[name].hopeless(time.monotonic(), run.ready):
            raise PlatformFailed(f"{name} {why}: {self._last_words(name)}")
        _note_death(self._log(name), name, code)
        self._spawn(run.role)

    def _last_words(self, name: str) -> str:
        complaints = self._complaints(name)
        lines = complaints.read_text(errors="replace").strip().splitlines()
        return f"{lines[-1][:400] if lines else 'it said nothing'} (see {complaints})"

    def _log(self, name: str) -> Path:
        return self._logs / f"{name}.jsonl"

    def _complaints(self, name: str) -> Path:
        # Tracebacks of a process that dies, and what native libraries write: text, so kept apart from the JSON.
        return self._logs / f"{name}.stderr.txt"


def _end(run: _Running) -> None:
    run.process.terminate()
    try:
        run.process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        run.process.kill()
        run.process.wait()
    run.lifeline.close()


def _open_log(path: Path) -> BinaryIO:
    if path.exists() and path.stat().st_size > _LOG_BYTES:
        path.replace(path.with_suffix(f".old{path.suffix}"))
    return path.open("ab")


def _note_death(log: Path, name: str, code: int) -> None:
    reason = signal.Signals(-code).name if code < 0 else f"exit status {code}"
    line = {"level": "ERROR", "logger": "local.supervisor", "message": f"{name} died ({reason}), starting it again"}
    with log.open("a") as file:
        file.write(json.dumps(line) + "\n")


def _note(number: int, frame: object) -> None:
    # The wakeup descriptor carries the signal to the selector; the handler only keeps Python from its default.
    del number, frame
