"""What the API works with, built once per process, and how a request reaches it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Self

from fastapi import Depends, Request

from parley.domain.ids import ulid_of
from parley.operations.caller import Caller
from parley.store.fetch import GuardedFetcher
from parley.store.stores import Stores


@dataclass(frozen=True, kw_only=True)
class ApiOptions:
    """How long requests may wait, in seconds, and where people buy credits (None: the base URL's /billing)."""

    upload_wait_seconds: float = 10.0
    # A caller of /lipsync who states no preference waits for the finished video.
    lipsync_wait_seconds: float = 300.0
    longest_wait_seconds: float = 900.0
    repeat_wait_seconds: float = 20.0
    billing_url: str | None = None
    # What the front adds to requests that came through it; None where there is no front.
    origin_token: str | None = None
    # Where the files of web/ lie; None where others serve them.
    pages_folder: str | None = None

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Self:
        """API_LONGEST_WAIT_SECONDS caps every wait: behind a gateway that cuts at 30 s, set it lower."""
        source = os.environ if environ is None else environ
        longest = float(source.get("API_LONGEST_WAIT_SECONDS") or cls.longest_wait_seconds)
        return cls(
            longest_wait_seconds=longest,
            billing_url=source.get("BILLING_URL") or None,
            origin_token=source.get("ORIGIN_TOKEN") or None,
            pages_folder=source.get("PAGES_FOLDER") or None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    stores: Stores
    fetcher: GuardedFetcher
    options: ApiOptions


def services_of(request: Request) -> Services:
    return request.app.state.services


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A request that passed its key check. What it makes takes its id from `operation_id`: a retry makes it once."""

    services: Services
    caller: Caller
    operation_id: str
    idempotency_key: str | None

    @property
    def stores(self) -> Stores:
        return self.services.stores

    def avatar_id(self) -> str:
        return f"ava_{ulid_of(self.operation_id)}"

    def asset_id(self) -> str:
        return f"ast_{ulid_of(self.operation_id)}"

    def render_id(self) -> str:
        return f"rnd_{ulid_of(self.operation_id)}"

    def batch_id(self) -> str:
        return f"bat_{ulid_of(self.operation_id)}"


async def _ask(request: Request) -> Ask:
    # Async, because a plain function would be sent through the thread pool.
    return Ask(
        services=services_of(request),
        caller=request.state.caller,
        operation_id=request.state.operation_id,
        idempotency_key=request.state.idempotency_key,
    )


Asked = Annotated[Ask, Depends(_ask)]
