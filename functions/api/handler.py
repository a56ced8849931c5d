"""The control plane in Lambda, behind API Gateway: an HTTP API or a REST API, both forms of event are read."""

from dataclasses import replace

from mangum import Mangum

from functions.api.app import create_app
from functions.api.services import ApiOptions
from parley.store.fetch import FetchLimits, GuardedFetcher, parse_allowed
from parley.store.settings import Settings

# API Gateway cuts an integration off after 29 or 30 s. What waits longer is answered before that: 202 for a render,
# `processing` for an upload, 409 for the repetition of a request that is still worked on.
LONGEST_WAIT_SECONDS = 25.0
REPEAT_WAIT_SECONDS = 5.0
# A picture that is brought from a URL is inspected afterwards, which may wait 10 s more.
FETCH_SECONDS = 12.0


def gateway_options(given: ApiOptions) -> ApiOptions:
    """`given`, with every wait short enough for the gateway."""
    longest = min(given.longest_wait_seconds, LONGEST_WAIT_SECONDS)
    return replace(given, longest_wait_seconds=longest, repeat_wait_seconds=REPEAT_WAIT_SECONDS)


def _made() -> Mangum:
    settings = Settings.from_env()
    fetcher = GuardedFetcher(parse_allowed(settings.allow_fetch), limits=FetchLimits(total_seconds=FETCH_SECONDS))
    return Mangum(create_app(settings, options=gateway_options(ApiOptions.from_env()), fetcher=fetcher), lifespan="off")


handler = _made()
"""As Lambda calls it: the gateway's events in, its answers out."""
