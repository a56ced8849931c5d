"""The wallet, as the API shows it."""

from pydantic import ConfigDict, Field

from parley.wire import examples
from parley.wire.base import Micros, Timestamp, WireResponse


class CreditBalance(WireResponse):
    """Integers only. `available = balance - reserved`."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.CREDIT_BALANCE]})

    tenant_id: str
    balance_credit_micros: Micros = Field(description="All credit owned, what is reserved included.")
    reserved_credit_micros: Micros = Field(description="Held for renders that have not ended.")
    available_credit_micros: Micros = Field(description="What a new render can reserve.")
    lifetime_granted_credit_micros: Micros
    lifetime_used_credit_micros: Micros
    updated_at: Timestamp
