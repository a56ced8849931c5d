"""What the checks share: the deployment's address, the key, what was made so far, and what it must have cost."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx

from local.smoke.given import Given
from local.smoke.verdict import Unexpected, expect

Found = TypeVar("Found")
# A fleet that sleeps takes minutes to wake; a request that meets it is told so by Retry-After and is sent again.
_BUSY = frozenset({429, 503})
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.1, 2.0
_LONGEST_RETRY_AFTER_SECONDS = 30.0


@dataclass
class Stage:
    """`patience_seconds` bounds every wait for the deployment; `billed` is what each thing says it cost, in micros."""

    url: str
    key: str
    given: Given
    other_key: str | None = None
    patience_seconds: float = 900.0
    made: dict[str, Any] = field(default_factory=dict[str, Any])
    billed: dict[str, int] = field(default_factory=dict[str, int])
    _leave: dict[tuple[str, str], str | None] = field(default_factory=dict[tuple[str, str], str | None])

    def __post_init__(self) -> None:
        self.url = self.url.rstrip("/")
        # No proxy of the surroundings, and no redirect followed: the address given is the address tested.
        self._http = httpx.Client(base_url=self.url, timeout=httpx.Timeout(60.0, connect=15.0), trust_env=False)

    def close(self) -> None:
        self._http.close()

    def call(
        self, method: str, path: str, expected: int | tuple[int, ...] = 200, *, key: str | None = None, **options: Any
    ) -> httpx.Response:
        """The answer, when its status is (one of) `expected`; `key=""` sends none.

        Waits and asks again where the deployment says that it is busy, unless that is what is expected. Raises
        Unexpected with the answer's own words.
        """
        wanted = (expected,) if isinstance(expected, int) else expected
        headers = {**self._authorization(key), **options.pop("headers", {})}
        deadline = time.monotonic() + self.patience_seconds
        while True:
            answer = self._http.request(method, path, headers=headers, **options)
            if answer.status_code in wanted:
                return answer
            if (pause := busy_for(answer)) is None or time.monotonic() + pause > deadline:
                statuses = " or ".join(map(str, wanted))
                raise Unexpected(f"{method} {urlsplit(path).path} answers {statuses}", said(answer))
            time.sleep(pause)

    def json(self, method: str, path: str, expected: int | tuple[int, ...] = 200, **options: Any) -> Any:
        """The answer's JSON object."""
        return body_of(self.call(method, path, expected, **options))

    def put(self, target: Any, data: bytes) -> None:
        """Sends bytes where an upload target says."""
        answer = httpx.put(target["url"], content=data, headers=target["headers"], timeout=120.0, trust_env=False)
        expect(answer.status_code == 200, "a PUT to the presigned URL answers 200", said(answer))

    def download(self, url: str) -> bytes:
        """What a signed URL gives, without a key."""
        answer = httpx.get(url, timeout=120.0, trust_env=False, follow_redirects=False)
        expect(answer.status_code == 200, "the signed URL answers 200 without a key", said(answer))
        return answer.content

    def turn(self, body: dict[str, Any], headers: dict[str, str] | None = None) -> AbstractContextManager[Any]:
        """A turn's answer, as it streams in."""
        sent = {**self._authorization(None), **(headers or {})}
        return self._http.stream("POST", "/api/v1/realtime/turn", json=body, headers=sent, timeout=60.0)

    def wait(self, look: Callable[[], Found | None], what: str) -> Found:
        """What `look` gives once it gives something, at most `patience_seconds` later."""
        deadline, pause = time.monotonic() + self.patience_seconds, _FIRST_PAUSE_SECONDS
        while (found := look()) is None:
            if time.monotonic() + pause > deadline:
                raise Unexpected(f"{what} within {self.patience_seconds:.0f} s", "it is not so yet")
            time.sleep(pause)
            pause = min(1.3 * pause, _LONGEST_PAUSE_SECONDS)
        return found

    def clean_later(self, method: str, path: str, key: str | None = None) -> None:
        """This request takes away what was made; it is sent at the end, the last one first."""
        self._leave[method, path] = key

    def cleaned(self, method: str, path: str) -> None:
        """The check itself has taken it away."""
        self._leave.pop((method, path), None)

    def clean_up(self) -> list[str]:
        """Takes away all that was made; what could not be, in words."""
        left: list[str] = []
        for (method, path), key in reversed(self._leave.items()):
            try:
                self.call(method, path, (200, 202, 204, 404, 409), key=key)
            except (Unexpected, httpx.HTTPError) as problem:
                left.append(f"{method} {path}: {problem}")
        self._leave.clear()
        return left

    def _authorization(self, key: str | None) -> dict[str, str]:
        chosen = self.key if key is None else key
        return {"Authorization": f"Bearer {chosen}"} if chosen else {}


def body_of(answer: httpx.Response) -> Any:
    """The answer's JSON object, or Unexpected."""
    try:
        body = answer.json()
    except ValueError:
        body = None
    expect(isinstance(body, dict), f"{answer.request.url.path} answers with a JSON object", answer.text[:200])
    return body


def said(answer: httpx.Response) -> str:
    """Status, code and message of an answer, in a line."""
    try:
        body = answer.json()
    except (ValueError, httpx.ResponseNotRead):
        body = {}
    words = (str(body[part]) for part in ("code", "error") if isinstance(body, dict) and part in body)
    return " ".join((str(answer.status_code), *words))


def busy_for(answer: httpx.Response) -> float | None:
    """Seconds after which it is worth asking again; None where it is not, or nobody says so."""
    after = answer.headers.get("retry-after", "")
    if answer.status_code not in _BUSY or not after.isdigit():
        return None
    return min(max(1.0, float(after)), _LONGEST_RETRY_AFTER_SECONDS)
