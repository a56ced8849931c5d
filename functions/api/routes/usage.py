"""/api/v1/usage: what was used, day by day."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from functions.api.present import usage_out
from functions.api.protected import ProtectedRoute, needs
from functions.api.services import Asked
from parley.operations.report_usage import report_usage
from parley.wire.usage import Usage

router = APIRouter(prefix="/api/v1/usage", tags=["usage"], route_class=ProtectedRoute)


@router.get("", operation_id="getUsage", summary="Read what was used, day by day")
@needs("usage:read", refuses=(422,))
def usage(
    asked: Asked,
    since: Annotated[date | None, Query(alias="from", description="First UTC day; default 30 days back.")] = None,
    until: Annotated[date | None, Query(alias="to", description="Last UTC day, included; default today.")] = None,
) -> Usage:
    """Sums over the ledger, by the day an operation began; at most 92 days at once."""
    return usage_out(report_usage(asked.stores, asked.caller, since, until))
