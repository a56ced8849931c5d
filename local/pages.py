"""The pages for people: `/`, `/docs`, the files of web/, and the test key for a page on this very machine."""

import ipaddress
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from local.state import StateFolder

# Beside this package in a checkout, which is what an editable install points at.
_WEB = Path(__file__).resolve().parents[1] / "web"
_DOCS = Path(__file__).with_name("docs.html")
_PROXIED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


def build_pages(state: StateFolder, base_url: str) -> Starlette:
    """`base_url`: where clients reach the platform; pictures and videos come from there."""

    def page(_: Request) -> Response:
        return FileResponse(_WEB / "index.html", headers={"Content-Security-Policy": _policy(base_url)})

    def docs(_: Request) -> Response:
        return FileResponse(_DOCS)

    def test_key(request: Request) -> Response:
        keys = state.api_keys()
        if keys is None or not is_own_page(request):
            return JSONResponse({"error": "Only the page of a platform on this machine gets its test key."}, 403)
        return JSONResponse({"key": keys.test}, headers={"Cache-Control": "no-store"})

    # Only what a browser runs: not the folder that is there for checking it.
    shown = [Mount(f"/web/{name}", StaticFiles(directory=_WEB / name)) for name in ("page", "player")]
    routes = [Route("/", page), Route("/docs", docs), Route("/local/test-key", test_key), *shown]
    return Starlette(routes=routes, middleware=[Middleware(_AlwaysFresh)])


def is_page(path: str) -> bool:
    """Whether a request path is one of these pages, or a part of one."""
    return path in ("/", "/docs", "/local/test-key") or path.startswith("/web/")


def is_own_page(request: Request) -> bool:
    """Whether a page that this platform served to this very machine asks.

    Another site's page cannot say `same-origin`; one that has made its name point here (DNS rebinding) is told by the
    Host it asks for; and whoever comes through a proxy or tunnel is not on this machine.
    """
    headers = request.headers
    if request.client is None or not _is_loopback(request.client.host) or any(name in headers for name in _PROXIED):
        return False
    host = (request.url.hostname or "").lower()
    if host != "localhost" and not _is_loopback(host):
        return False
    origin = headers.get("origin", f"{request.url.scheme}://{headers.get('host')}")
    return headers.get("sec-fetch-site") == "same-origin" and origin == f"{request.url.scheme}://{headers.get('host')}"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _policy(base_url: str) -> str:
    """Nothing from any other host, and no script or style that is not a file of ours."""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; base-uri 'none'; form-action 'self'; "
        f"frame-ancestors 'none'; connect-src 'self'; img-src 'self' blob: {base_url}; media-src 'self' {base_url}"
    )


class _AlwaysFresh:
    """A page is never older than the platform that serves it, nor read as anything but what it is."""

    _HEADERS = (
        (b"cache-control", b"no-cache"),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
        (b"cross-origin-resource-policy", b"same-origin"),
    )

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _ in message["headers"]}
                message["headers"] += [pair for pair in self._HEADERS if pair[0] not in given]
            await send(message)

        await self._app(scope, receive, with_headers)
