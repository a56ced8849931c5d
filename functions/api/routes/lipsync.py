"""/api/v1/lipsync: a sound and a face in, a finished video out, in one call."""

import time

from fastapi import APIRouter, Response
from starlette.concurrency import run_in_threadpool

from functions.api.portrait import Registered, registered, unregister
from functions.api.prefer import Prefer, Preference, read_prefer
from functions.api.present import captions_url, render_out, video_url
from functions.api.protected import ProtectedRoute, needs
from functions.api.services import Ask, Asked
from functions.api.waiting import wait_until
from parley.domain import renders as domain
from parley.domain.errors import ParleyError
from parley.operations.render_failure import render_failure
from parley.operations.submit_render import submit_render
from parley.wire.lipsync import Lipsync, LipsyncResult
from parley.wire.renders import Render, SubmitRender

router = APIRouter(prefix="/api/v1/lipsync", tags=["renders"], route_class=ProtectedRoute)


@router.post(
    "",
    operation_id="lipsync",
    summary="Make a talking video and wait for it",
    response_model=LipsyncResult,
    responses={202: {"model": Render, "description": "Not finished within the wait: read it at `Location`."}},
)
@needs("realtime:write", refuses=(402, 404, 502))
async def lipsync(body: Lipsync, response: Response, asked: Asked, prefer: Prefer = None) -> Response | LipsyncResult:
    """Waits until the video is there. `Prefer: wait=N` waits at most N seconds, `respond-async` not at all; when the
    wait is over the answer is 202 with the render. A render that fails answers with its own status and code.
    """
    options = asked.services.options
    preference = read_prefer(
        prefer, default_seconds=options.lipsync_wait_seconds, most_seconds=options.longest_wait_seconds
    )
    deadline = time.monotonic() + preference.wait_seconds
    face = await registered(asked, body)
    render = await _submitted(asked, body, face)
    render = await wait_until(
        lambda: asked.stores.renders.get(asked.caller.space, render.id),
        lambda seen: seen.ended,
        deadline - time.monotonic(),
    )
    if not render.ended:
        return _not_yet(asked, render, preference)
    if render.status != "completed":
        await run_in_threadpool(unregister, asked, face)
    if preference.applied:
        response.headers["Preference-Applied"] = preference.applied
    return _result(asked, render)


async def _submitted(asked: Ask, body: Lipsync, face: Registered) -> domain.Render:
    # What was not sent is left to the order's own defaults.
    look = body.model_dump(by_alias=True, exclude_unset=True, exclude={"avatar_id", "portrait_url"})
    order = SubmitRender.model_validate({**look, "avatarId": face.avatar_id})
    try:
        return await run_in_threadpool(
            submit_render, asked.stores, asked.services.fetcher, asked.caller, order, asked.render_id()
        )
    except ParleyError:
        await run_in_threadpool(unregister, asked, face)
        raise


def _not_yet(asked: Ask, render: domain.Render, preference: Preference) -> Response:
    headers = {"Location": f"/api/v1/renders/{render.id}"}
    if preference.applied:
        headers["Preference-Applied"] = preference.applied
    text = render_out(asked.stores, render).model_dump_json(by_alias=True)
    return Response(text, 202, headers=headers, media_type="application/json")


def _result(asked: Ask, render: domain.Render) -> LipsyncResult:
    url = video_url(asked.stores, render)
    if url is None or render.frames is None or render.duration_seconds is None:
        raise render_failure(render)
    return LipsyncResult(
        url=url,
        captions_url=captions_url(asked.stores, render),
        avatar_id=render.avatar_id,
        frames=render.frames,
        fps=render.fps,
        duration_seconds=render.duration_seconds,
        render_id=render.id,
        billed_credit_micros=render.billed_credit_micros,
    )
