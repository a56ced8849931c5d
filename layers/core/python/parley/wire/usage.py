"""What was used, day by day, read from the ledger."""

from pydantic import Field

from parley.wire.base import Micros, WireResponse


class UsageSums(WireResponse):
    """Sums over operations that began in the period."""

    renders: int = Field(ge=0, description="Renders that were charged for.")
    turns: int = Field(ge=0, description="Realtime turns that were charged for.")
    billed_credit_micros: Micros = Field(description="Charged for rendered video and for turns.")
    charged_credit_micros: Micros = Field(description="Charged at once: avatars above the plan's allowance.")
    granted_credit_micros: Micros = Field(description="Credited: monthly allowance and top-ups.")
    reserved_credit_micros: Micros = Field(description="Held by renders and turns that have not ended yet.")


class UsageDay(UsageSums):
    """One UTC day; days on which nothing happened are left out."""

    date: str = Field(examples=["2026-06-10"])


class Usage(WireResponse):
    """`from` and `to` are the days that were asked for, both included."""

    from_: str = Field(alias="from", examples=["2026-06-01"])
    to: str = Field(examples=["2026-06-30"])
    data: list[UsageDay]
    totals: UsageSums
