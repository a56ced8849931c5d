"""The one port: the API, the buckets behind presigned URLs, and two pages for people."""

import logging
import os
import socket
from pathlib import Path

from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from local import child
from local.storage import Storage

_PAGES = {"/": "landing.html", "/docs": "docs.html"}
_STOP_SECONDS = 3
_log = logging.getLogger(__name__)


class Gateway:
    """Sends each request where it belongs."""

    def __init__(self, api: ASGIApp, storage: Storage) -> None:
        self._api = api
        self._storage = storage
        self._pages = {path: _page(name) for path, name in _PAGES.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path: str = scope["path"]
            if path in self._pages and scope["method"] in ("GET", "HEAD"):
                await self._pages[path](scope, receive, send)
                return
            if Storage.owns(path):
                await self._storage(scope, receive, send)
                return
        await self._api(scope, receive, send)


def _page(name: str) -> HTMLResponse:
    return HTMLResponse(Path(__file__).with_name(name).read_text("utf-8"), headers={"Cache-Control": "no-cache"})


def build_gateway() -> Gateway:
    """From this process's environment, as `parley up` sets it."""
    from functions.api.app import create_app
    from local.presigned import PresignedUrls
    from local.public_links import with_public_links
    from parley.store.settings import Settings
    from parley.store.stores import open_stores
    from parley.wire.assets import AUDIO_PRESIGNED_MAX_BYTES

    urls = PresignedUrls(
        os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"], os.environ["AWS_DEFAULT_REGION"]
    )
    objects = Path(os.environ["PARLEY_STATE"]) / "objects"
    storage = Storage(urls, os.environ["AWS_ENDPOINT_URL"], objects, AUDIO_PRESIGNED_MAX_BYTES)
    stores = with_public_links(open_stores(Settings.from_env()))
    return Gateway(create_app(stores=stores), storage)


def main() -> None:
    """Until SIGTERM, or until the parent ends."""
    import uvicorn

    process = child.begin()
    listener = process.listener or socket.create_server(("127.0.0.1", 8080))
    config = uvicorn.Config(
        build_gateway(),
        http="httptools",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_STOP_SECONDS,
    )
    server = uvicorn.Server(config)
    # The socket listens already: whoever connects from now on waits at most for the server's first turn.
    process.ready()
    server.run(sockets=[listener])


if __name__ == "__main__":
    main()
