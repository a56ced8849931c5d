"""The one port: the API, realtime turns, the buckets behind presigned URLs, and the pages for people."""

import logging
import os
import socket
from pathlib import Path

from starlette.types import ASGIApp, Receive, Scope, Send

from functions.turn.paths import is_realtime
from local import child
from local.pages import build_pages, is_page
from local.state import StateFolder
from local.storage import Storage

_STOP_SECONDS = 3
_PONG_SECONDS = 120
_log = logging.getLogger(__name__)


class Gateway:
    """Sends each request where it belongs."""

    def __init__(self, api: ASGIApp, turns: ASGIApp, storage: Storage, pages: ASGIApp) -> None:
        self._api = api
        self._turns = turns
        self._storage = storage
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path: str = scope["path"]
            if is_page(path) and scope["method"] in ("GET", "HEAD"):
                await self._pages(scope, receive, send)
                return
            if Storage.owns(path):
                await self._storage(scope, receive, send)
                return
        if scope["type"] in ("http", "websocket") and is_realtime(scope["path"]):
            await self._turns(scope, receive, send)
            return
        await self._api(scope, receive, send)


def build_gateway() -> Gateway:
    """From this process's environment, as `parley up` sets it."""
    from functions.api.app import create_app
    from functions.turn.app import create_turn_app
    from local.presigned import PresignedUrls
    from local.public_links import with_public_links
    from parley.store.settings import Settings
    from parley.store.stores import open_stores
    from parley.wire.sizes import AUDIO_PRESIGNED_MAX_BYTES

    urls = PresignedUrls(
        os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"], os.environ["AWS_DEFAULT_REGION"]
    )
    state = StateFolder(Path(os.environ["PARLEY_STATE"]))
    storage = Storage(urls, os.environ["AWS_ENDPOINT_URL"], state.objects, AUDIO_PRESIGNED_MAX_BYTES)
    stores = with_public_links(open_stores(Settings.from_env()))
    pages = build_pages(state, stores.settings.public_base_url)
    return Gateway(create_app(stores=stores), create_turn_app(stores), storage, pages)


def main() -> None:
    """Until SIGTERM, or until the parent ends."""
    import uvicorn

    from parley.wire.streams import MOST_MESSAGE_BYTES

    process = child.begin()
    listener = process.listener or socket.create_server(("127.0.0.1", 8080))
    config = uvicorn.Config(
        build_gateway(),
        http="httptools",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        ws_max_size=MOST_MESSAGE_BYTES + 1024,
        # Pictures are compressed already.
        ws_per_message_deflate=False,
        # A client that is far ahead is not read from, its pongs neither.
        ws_ping_timeout=_PONG_SECONDS,
        timeout_graceful_shutdown=_STOP_SECONDS,
    )
    server = uvicorn.Server(config)
    # The socket listens already: whoever connects from now on waits at most for the server's first turn.
    process.ready()
    server.run(sockets=[listener])


if __name__ == "__main__":
    main()
