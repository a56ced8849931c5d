"""Bounds a request body while it is read: nothing beyond the cap is ever held in memory or on disk."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from parley.wire.sizes import AUDIO_MAX_BYTES

JSON_MAX_BYTES = 32 * 1024
# What a multipart body needs around its file: boundaries, part headers, the short fields.
MULTIPART_ROOM_BYTES = 64 * 1024
MULTIPART_MAX_BYTES = AUDIO_MAX_BYTES + MULTIPART_ROOM_BYTES


class BodyTooLarge(HTTPException):
    """An HTTPException, because FastAPI turns any other error met while reading a body into a 400."""

    def __init__(self, cap: int) -> None:
        upload = cap == MULTIPART_MAX_BYTES
        size = f"{AUDIO_MAX_BYTES // 1024 // 1024} MB" if upload else f"{cap // 1024} KB"
        larger = "Use POST /api/v1/assets/uploads for larger sound files." if upload else "Send less."
        super().__init__(413, f"The request body may have at most {size}. {larger}")


class BodyLimit:
    """ASGI: `most` bytes (32 KB) for JSON and anything else, 32 MB for a multipart upload."""

    def __init__(self, app: ASGIApp, most: int = JSON_MAX_BYTES) -> None:
        self.app = app
        self.most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        cap, declared = _cap_and_declared(scope, self.most)
        left = cap

        async def bounded() -> Message:
            nonlocal left
            if declared > cap:
                raise BodyTooLarge(cap)
            message = await receive()
            if message["type"] == "http.request":
                left -= len(message.get("body", b""))
                if left < 0:
                    raise BodyTooLarge(cap)
            return message

        await self.app(scope, bounded, send)


def _cap_and_declared(scope: Scope, most: int) -> tuple[int, int]:
    """The cap for this request, and the length its header promises (0 when it promises none)."""
    headers: dict[bytes, bytes] = dict(scope["headers"])
    multipart = headers.get(b"content-type", b"").lower().startswith(b"multipart/form-data")
    upload = multipart and scope["method"] == "POST" and scope["path"].rstrip("/") == "/api/v1/assets"
    declared = headers.get(b"content-length", b"0")
    return (MULTIPART_MAX_BYTES if upload else most), int(declared) if declared.isdigit() else 0
