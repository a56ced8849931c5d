"""/api/v1/renders: one MP4 each."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from functions.api.present import render_out
from functions.api.protected import ProtectedRoute, needs
from functions.api.services import Asked
from parley.operations.cancel_render import cancel_render
from parley.operations.submit_render import submit_render
from parley.wire.base import RenderId
from parley.wire.renders import Render, RenderList, SubmitRender

router = APIRouter(prefix="/api/v1/renders", tags=["renders"], route_class=ProtectedRoute)
InPath = Annotated[RenderId, Path(alias="renderId", description="A render's id; it begins with `rnd_`.")]
LONGEST_PAGE = 100


@router.post("", status_code=201, operation_id="submitRender", summary="Make a talking video")
@needs("realtime:write", refuses=(402, 404))
def submit(body: SubmitRender, response: Response, asked: Asked) -> Render:
    """Answers at once with the render, `queued`; read it until it is `completed`.

    Credit is reserved now and settled to the video's real length at the end; a render that fails costs nothing.
    """
    render = submit_render(asked.stores, asked.services.fetcher, asked.caller, body, asked.render_id())
    response.headers["Location"] = f"/api/v1/renders/{render.id}"
    return render_out(asked.stores, render)


@router.get("", operation_id="listRenders", summary="List your renders")
@needs("realtime:write", "avatars:read", refuses=(422,))
def list_all(
    asked: Asked,
    limit: Annotated[int, Query(ge=1, le=LONGEST_PAGE)] = 50,
    cursor: Annotated[str | None, Query(max_length=400, description="`nextCursor` of the page before.")] = None,
) -> RenderList:
    """Newest first. Either `realtime:write` or `avatars:read` opens it."""
    found, following = asked.stores.renders.list(asked.caller.space, limit=limit, cursor=cursor)
    return RenderList(data=[render_out(asked.stores, render) for render in found], next_cursor=following)


@router.get("/{renderId}", operation_id="getRender", summary="Read one render, its progress and its video")
@needs("realtime:write", "avatars:read", refuses=(404, 422))
def read(render_id: InPath, asked: Asked) -> Render:
    """`url` is there once it is `completed`. Either `realtime:write` or `avatars:read` opens it."""
    return render_out(asked.stores, asked.stores.renders.get(asked.caller.space, render_id))


@router.post("/{renderId}/cancel", operation_id="cancelRender", summary="Stop a render")
@needs("realtime:write", refuses=(404,))
def cancel(render_id: InPath, asked: Asked) -> Render:
    """All its credit returns. 409 `render_ended` when it has ended already; canceling twice is no error."""
    return render_out(asked.stores, cancel_render(asked.stores, asked.caller, render_id))
