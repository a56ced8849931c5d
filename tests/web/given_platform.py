"""A real server that shows the page and answers it as the API does, with answers given beforehand."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route

from local.pages import build_pages
from local.state import StateFolder
from parley.wire import mux
from tests.loopback_server import LoopbackServer
from tests.web.turns import Burst

TURN = "/api/v1/realtime/turn"
KEY = "tic_test_a"
_PRESENTERS = ("Linh", "Marcus")


class GivenPlatform:
    """`routes`: what its openapi.json lists. `turn`: which of its turns it sends. `asked(path)`: the bodies that were
    sent there."""

    def __init__(self, state: StateFolder, picture: bytes, turns: dict[str, list[Burst]]) -> None:
        self.picture, self._turns = picture, turns
        self.interrupted = threading.Event()
        self.forget()
        routes = [
            Route("/openapi.json", self._document),
            Route("/picture.png", lambda _: Response(self.picture, media_type="image/png")),
            Route("/made.mp4", lambda _: Response(b"", media_type="video/mp4")),
            Route("/api/v1/{rest:path}", self._api, methods=["GET", "POST"]),
        ]
        app = Starlette(routes=routes)
        self._server = LoopbackServer(app)
        self.url = self._server.url
        app.router.routes.append(Mount("/", build_pages(state, self.url)))

    def close(self) -> None:
        self._server.close()

    def forget(self) -> None:
        """As new: all routes, nothing asked, the presenters alone."""
        self.interrupted.clear()
        self.turn = "short"
        self.routes = {TURN, "/api/v1/avatars", "/api/v1/renders"}
        self._avatars = [_avatar(f"ava_presenter{name}", name) for name in _PRESENTERS]
        for avatar in self._avatars:
            avatar["pictureUrl"] = "/picture.png"
        self._asked: list[tuple[str, Any]] = []

    def asked(self, path: str) -> list[Any]:
        return [body for asked, body in self._asked if asked == path]

    async def _document(self, _: Request) -> Response:
        return JSONResponse({"paths": {route: {} for route in self.routes}})

    async def _api(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return JSONResponse({"error": "This key is not known.", "code": "invalid_key"}, 401)
        if request.method == "GET":
            return self._read(request.url.path)
        if request.url.path.endswith("/interrupt"):
            self.interrupted.set()
            return JSONResponse({}, 202)
        if request.url.path == "/api/v1/assets":
            return await self._upload(request)
        body = await request.json()
        self._asked.append((request.url.path, body))
        return self._made(request.url.path, body)

    def _read(self, path: str) -> Response:
        if path == "/api/v1/avatars":
            return JSONResponse({"data": self._avatars})
        if path.startswith("/api/v1/assets/"):
            return JSONResponse({"publicUrl": "/picture.png"})
        made = {"id": "rnd_1", "status": "completed", "progress": 1, "url": "/made.mp4", "durationSeconds": 2.0}
        return JSONResponse(made)

    async def _upload(self, request: Request) -> Response:
        form = await request.form()
        if form["file"].size != len(self.picture):  # type: ignore[union-attr]
            return JSONResponse({"error": "The picture is blurred. Take a sharper one.", "code": "blurred"}, 422)
        return JSONResponse({"id": "ast_1"}, 201)

    def _made(self, path: str, body: Any) -> Response:
        if path == TURN:
            return StreamingResponse(self._sent(), media_type=mux.CONTENT_TYPE)
        if path == "/api/v1/avatars":
            made = {**_avatar("ava_own", body["displayName"]), "sourceAssetId": "ast_1"}
            self._avatars.insert(0, made)
            return JSONResponse(made, 201)
        return JSONResponse({"id": "rnd_1", "status": "queued", "progress": 0}, 201)

    async def _sent(self) -> AsyncIterator[bytes]:
        for burst in self._turns[self.turn]:
            yield b"".join(map(mux.encode, burst))


def _avatar(avatar_id: str, name: str) -> dict[str, Any]:
    return {
        "id": avatar_id, "displayName": name, "status": "ready", "sourceKind": "image", "sourceAssetId": None,
        "pictureUrl": None, "error": None,
    }  # fmt: skip
