"""Scale-in protection of the ECS task we run in: on while anybody in it works, so that no work is cut off to save.

Every process of the task speaks for all of it, and the agent knows only one state. So a worker holds a shared lock on
one file while it works; whoever stops working and then gets that lock for itself alone knows that all are idle, and
only then takes the protection away. A process that dies loses its lock, and the protection ends by itself.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import tempfile
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from renderer.link_local import NoAnswer, as_object, ask

log = logging.getLogger("renderer.task_protection")

AGENT_VARIABLE: Final = "ECS_AGENT_URI"
_PATH: Final = "/task-protection/v1/state"


@dataclass(frozen=True)
class ProtectionTimes:
    """`minutes` after which protection ends by itself (whole ones: ECS knows no less), renewed every `renew` seconds;
    after a failure again in `retry`; taken away after `linger` seconds without work; an answer has `answer` seconds."""

    minutes: int = 5
    renew: float = 60.0
    retry: float = 5.0
    linger: float = 5.0
    answer: float = 3.0


class TaskProtection:
    """`agent` is None outside of ECS: then nothing happens. Never fails nor delays the work that it protects."""

    def __init__(self, agent: str | None, lock: Path, times: ProtectionTimes | None = None) -> None:
        self._url = None if not agent else agent.rstrip("/") + _PATH
        self._lock_path, self._times = lock, times or ProtectionTimes()
        self._works = 0
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> TaskProtection:
        """ECS_AGENT_URI, which ECS sets; TASK_PROTECTION_LOCK: a file that all processes of the task share."""
        env = os.environ if environ is None else environ
        lock = env.get("TASK_PROTECTION_LOCK") or os.path.join(tempfile.gettempdir(), "parley-task-protection.lock")
        return cls(env.get(AGENT_VARIABLE) or None, Path(lock))

    @contextmanager
    def held(self) -> Generator[None]:
        """While this lasts, the task is not to be ended to save capacity."""
        self.works(+1)
        try:
            yield
        finally:
            self.works(-1)

    def works(self, more: int) -> None:
        """So many pieces of work have begun (or ended, below 0)."""
        if self._url is None:
            return
        with self._changed:
            self._works += more
            self._changed.notify_all()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="task-protection", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._works > 0)
            try:
                self._protect_while_working()
            except OSError:
                log.exception("the task cannot be protected: its lock cannot be used")
                with self._changed:
                    self._changed.wait(self._times.renew)

    def _protect_while_working(self) -> None:
        with self._lock_path.open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH)
            while self._is_working():
                kept = self._say({"ProtectionEnabled": True, "ExpiresInMinutes": self._times.minutes})
                with self._changed:
                    self._changed.wait_for(lambda: not self._works, self._times.renew if kept else self._times.retry)
            fcntl.flock(lock, fcntl.LOCK_UN)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                # Another process works, or is taking the protection away itself.
                return
            self._say({"ProtectionEnabled": False})

    def _is_working(self) -> bool:
        """Whether there is work, or there will be in a moment: a turn often follows another."""
        with self._changed:
            return self._changed.wait_for(lambda: self._works > 0, self._times.linger)

    def _say(self, wish: Mapping[str, bool | int]) -> bool:
        """Whether the agent took it. If not, ECS may end a task that works: SIGTERM then has it hand its work back."""
        assert self._url is not None
        headers = {"Content-Type": "application/json"}
        try:
            status, data = ask(
                self._url, method="PUT", headers=headers, body=json.dumps(wish).encode(), seconds=self._times.answer
            )
            said = as_object(self._url, data)
        except NoAnswer as answer:
            log.warning("the agent did not answer", extra={"why": str(answer), "wish": dict(wish)})
            return False
        if status == 200 and "protection" in said:
            return True
        log.warning("the agent refused", extra={"status": status, "said": str(said)[:500], "wish": dict(wish)})
        return False
