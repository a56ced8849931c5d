"""GET /health: whether the process answers; no key needed."""

from typing import Literal

from fastapi import APIRouter

from parley.wire.base import WireResponse

router = APIRouter(tags=["health"])


class Health(WireResponse):
    status: Literal["ok"] = "ok"


@router.get("/health", operation_id="health", summary="Is it up?")
async def health() -> Health:
    """Answers without a key and without touching anything."""
    return Health()
