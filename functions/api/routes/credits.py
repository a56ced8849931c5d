"""/api/v1/credits: the wallet."""

from fastapi import APIRouter

from functions.api.present import balance_out
from functions.api.protected import ProtectedRoute, needs
from functions.api.services import Asked
from parley.operations.read_balance import read_balance
from parley.wire.credits import CreditBalance

router = APIRouter(prefix="/api/v1/credits", tags=["credits"], route_class=ProtectedRoute)


@router.get("/balance", operation_id="getCreditBalance", summary="Read your credit")
@needs("credits:read")
def balance(asked: Asked) -> CreditBalance:
    """1,000,000 credit micros are one second of rendered video. This month's allowance is in it already."""
    return balance_out(asked.caller.space.tenant, read_balance(asked.stores, asked.caller))
