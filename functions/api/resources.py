"""The API's resources. The routes of each, and the bodies they read and write, are made when it is first asked for.

A function that starts has one request to answer: the models of all other resources, most of what could be made, would
only keep it waiting.
"""

from collections.abc import Iterator
from importlib import import_module

from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

# The module of `functions.api.routes` that answers all paths of these beginnings, in the order of the document.
RESOURCES = {
    "/api/v1/avatars": "avatars",
    "/api/v1/assets": "assets",
    "/api/v1/renders": "renders",
    "/api/v1/lipsync": "lipsync",
    "/api/v1/batches": "batches",
    "/api/v1/realtime": "realtime",
    "/api/v1/voices": "voices",
    "/api/v1/credits": "credits",
    "/api/v1/api-keys": "api_keys",
    "/api/v1/usage": "usage",
    "/health": "health",
}


def router_of(resource: str) -> APIRouter:
    """The routes of one of RESOURCES, by its beginning."""
    router = import_module(f"functions.api.routes.{RESOURCES[resource]}").router
    assert isinstance(router, APIRouter)
    return router


def every_router() -> Iterator[APIRouter]:
    """The routes of the whole API, also those that the turn function answers at the same address."""
    yield from map(router_of, RESOURCES)
    # Here, because only the document needs them.
    from functions.turn.routes import router as turns
    from functions.turn.stream import router as stream

    yield turns
    yield stream


class OnDemand:
    """ASGI: sees to it that `api` has the routes of a resource before a request for it is routed."""

    def __init__(self, app: ASGIApp, api: FastAPI) -> None:
        self.app = app
        self._api = api
        self._waiting = dict.fromkeys(RESOURCES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._waiting and scope["type"] == "http":
            path = scope["path"].removeprefix(scope.get("root_path", ""))
            for resource in [known for known in self._waiting if path == known or path.startswith(f"{known}/")]:
                # Nothing is awaited in here, so no other request finds it half done.
                self._api.include_router(router_of(resource))
                del self._waiting[resource]
        await self.app(scope, receive, send)
