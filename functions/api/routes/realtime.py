"""/api/v1/realtime: what live streams need, made ready ahead of them."""

from fastapi import APIRouter

from functions.api.present import video_cache_out
from functions.api.protected import ProtectedRoute, needs
from functions.api.services import Asked
from parley.operations.plan_video_cache import plan_video_cache
from parley.wire.video_cache import PlanVideoCache, VideoCachePlan

router = APIRouter(prefix="/api/v1/realtime", tags=["realtime"], route_class=ProtectedRoute)


@router.post("/video-cache/plan", operation_id="planVideoCache", summary="Plan the cache of an avatar made from a clip")
@needs("avatars:write", refuses=(404,))
def plan(body: PlanVideoCache, asked: Asked) -> VideoCachePlan:
    """`ready` at once with the default settings, which every uploaded clip is prepared with; with others `queued`, and
    `ready` a few seconds later: ask again with the same body. Renders use the cache planned last.
    """
    return video_cache_out(asked.stores, plan_video_cache(asked.stores, asked.caller, body))
