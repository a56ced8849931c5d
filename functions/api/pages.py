"""The pages for people, in the cloud served beside the API: the console at `/`, and the player's files under /web."""

from pathlib import Path

from fastapi import FastAPI
from starlette.responses import FileResponse, Response

# Nothing from any other host, and no script or style that is not a file of ours.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; connect-src 'self'; img-src 'self' blob:; media-src 'self'"
)


def add_pages(app: FastAPI, folder: Path) -> None:
    """`folder` holds index.html, page/ and player/."""
    from starlette.staticfiles import StaticFiles

    def page() -> Response:
        return FileResponse(folder / "index.html", headers={"Content-Security-Policy": _POLICY})

    app.add_api_route("/", page, methods=["GET"], include_in_schema=False)
    for name in ("page", "player"):
        app.mount(f"/web/{name}", StaticFiles(directory=folder / name))
