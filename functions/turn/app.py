"""The realtime app: what streams, apart from the rest of the API, because in the cloud only a function URL can."""

from fastapi import FastAPI

from functions.api.body_limit import BodyLimit
from functions.api.errors import install_errors
from functions.api.front import ThroughTheFront
from functions.api.observe import Observe
from functions.api.services import ApiOptions, Services
from functions.turn.adapter import BehindAdapter, runs_in_lambda
from functions.turn.relay import RelayTimes
from functions.turn.routes import router
from functions.turn.stream import router as stream_router
from functions.turn.worker_link import LinkTimes, WorkerLink
from parley.store.fetch import GuardedFetcher, parse_allowed
from parley.store.settings import Settings
from parley.store.stores import Stores, open_stores
from parley.wire.turns import MOST_PCM_LETTERS

# 24 messages of 4000 characters, each of up to 12 bytes in JSON, or PCM in base64. A function URL takes 6 MB.
BODY_MAX_BYTES = 1280 * 1024 + MOST_PCM_LETTERS


def create_turn_app(
    stores: Stores | None = None,
    *,
    options: ApiOptions | None = None,
    link_times: LinkTimes | None = None,
    relay_times: RelayTimes | None = None,
    behind_adapter: bool | None = None,
) -> FastAPI:
    """The ASGI app. What is not given is read from the environment, once, here."""
    stores = stores or open_stores(Settings.from_env())
    options = options or ApiOptions.from_env()
    app = FastAPI(title="Parley realtime", openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    fetcher = GuardedFetcher(parse_allowed(stores.settings.allow_fetch))
    app.state.services = Services(stores=stores, fetcher=fetcher, options=options)
    app.state.link = WorkerLink(link_times)
    app.state.times = relay_times or RelayTimes()
    app.include_router(router)
    app.include_router(stream_router)
    install_errors(app, options.billing_url or f"{stores.settings.public_base_url}/billing")
    # The last one added is the outermost.
    app.add_middleware(BodyLimit, most=BODY_MAX_BYTES)
    if options.origin_token:
        app.add_middleware(ThroughTheFront, token=options.origin_token)
    app.add_middleware(Observe)
    if runs_in_lambda() if behind_adapter is None else behind_adapter:
        app.add_middleware(BehindAdapter)
    return app
