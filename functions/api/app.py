"""The control plane: every route, behind one set of rules."""

from pathlib import Path

from fastapi import FastAPI

from functions.api.body_limit import BodyLimit
from functions.api.errors import install_errors
from functions.api.front import ThroughTheFront
from functions.api.observe import Observe
from functions.api.openapi import document
from functions.api.pages import add_pages
from functions.api.resources import OnDemand, every_router
from functions.api.services import ApiOptions, Services
from parley.store.fetch import GuardedFetcher, parse_allowed
from parley.store.settings import Settings
from parley.store.stores import Stores, open_stores

DESCRIPTION = """
A portrait, or a short clip, and a voice become a talking MP4, or speak at once in a stream.

Send `Authorization: Bearer <key>` with every request. Bodies are camelCase JSON, those of `/realtime` snake_case; every
error has the same body and says what to change. `Idempotency-Key` on any write makes it safe to send again.
1,000,000 credit micros are one second of video: reserved when a render is submitted or a turn begins, settled to its
real length at the end, given back when it fails.
""".strip()


TAGS = [
    {"name": "avatars", "description": "Faces that can speak."},
    {"name": "assets", "description": "Pictures and sounds, uploaded or brought from a URL, each inspected."},
    {"name": "renders", "description": "Talking videos: one MP4 each, submitted, watched, canceled, or waited for."},
    {"name": "batches", "description": "Many renders from one uploaded manifest."},
    {"name": "realtime", "description": "Spoken replies, streamed as they are made; and what makes them quick."},
    {"name": "voices", "description": "What avatars speak with."},
    {"name": "credits", "description": "The wallet."},
    {"name": "api-keys", "description": "Keys that make, list and end keys."},
    {"name": "usage", "description": "What was used, day by day."},
    {"name": "health", "description": "Whether it is up."},
]


def create_app(
    settings: Settings | None = None,
    *,
    options: ApiOptions | None = None,
    stores: Stores | None = None,
    fetcher: GuardedFetcher | None = None,
) -> FastAPI:
    """The ASGI app. What is not given is read from the environment, once, here."""
    settings = settings or (stores.settings if stores else Settings.from_env())
    options = options or ApiOptions.from_env()
    app = FastAPI(
        title="Parley",
        version="1.0.0",
        description=DESCRIPTION,
        openapi_tags=TAGS,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.services = Services(
        stores=stores or open_stores(settings),
        fetcher=fetcher or GuardedFetcher(parse_allowed(settings.allow_fetch)),
        options=options,
    )
    if options.pages_folder:
        add_pages(app, Path(options.pages_folder))
    install_errors(app, options.billing_url or f"{settings.public_base_url}/billing")
    document(app, settings.public_base_url, every_router)
    # The last one added is the outermost.
    app.add_middleware(OnDemand, api=app)
    app.add_middleware(BodyLimit)
    if options.origin_token:
        app.add_middleware(ThroughTheFront, token=options.origin_token)
    app.add_middleware(Observe)
    return app
