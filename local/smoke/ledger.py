"""The last check: what everything cost is what the wallet lost, micro by micro."""

from datetime import UTC, datetime
from typing import Any

from local.smoke.stage import Stage
from local.smoke.verdict import Figures, equal


def adds_up(stage: Stage) -> Figures:
    """Good only while nobody else uses the same tenant and environment."""
    before = stage.made["balance"]

    def nothing_held() -> Any:
        now = stage.json("GET", "/api/v1/credits/balance")
        return now if now["reservedCreditMicros"] <= before["reservedCreditMicros"] else None

    after = stage.wait(nothing_held, "nothing more is held than before the run")
    today = datetime.now(UTC).date().isoformat()
    usage = stage.json("GET", f"/api/v1/usage?from={stage.made['day']}&to={today}")["totals"]
    earlier = stage.made["usage"]["totals"]
    billed = sum(stage.billed.values())
    charged = usage["chargedCreditMicros"] - earlier["chargedCreditMicros"]
    granted = after["lifetimeGrantedCreditMicros"] - before["lifetimeGrantedCreditMicros"]
    used = after["lifetimeUsedCreditMicros"] - before["lifetimeUsedCreditMicros"]
    equal(used, billed + charged, "credit used, by the sum of all that was billed and charged")
    equal(usage["billedCreditMicros"] - earlier["billedCreditMicros"], billed, "credit billed, by the usage report")
    left = after["balanceCreditMicros"] - before["balanceCreditMicros"]
    equal(left, granted - used, "change of the balance, by what was granted less what was used")
    available = after["balanceCreditMicros"] - after["reservedCreditMicros"]
    equal(after["availableCreditMicros"], available, "available credit, by balance less reserved")
    return {"operations": len(stage.billed), "usedCreditMicros": used, "usedSeconds": used / 1e6}
