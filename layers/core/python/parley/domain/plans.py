"""What a tenant has bought: the plans, read from plans.toml beside this file."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from parley.domain.errors import InvalidInput

MICROS_PER_MINUTE = 60_000_000
DEFAULT_PLAN = "sandbox"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One plan. Prices in hundredths of a cent ($0.085 = 850); None where the plan has no such offer."""

    name: str
    price_per_month: int
    minutes_per_month: int
    avatars: int
    concurrent: int
    requests_per_minute: int
    overage_per_minute: int | None = None
    extra_avatar: int | None = None

    @property
    def allowance_micros(self) -> int:
        """The monthly grant, in credit micros."""
        return self.minutes_per_month * MICROS_PER_MINUTE

    @property
    def extra_avatar_micros(self) -> int | None:
        """An avatar beyond the included ones, in credit micros at the overage price, rounded up; None: a hard cap."""
        if self.extra_avatar is None or self.overage_per_minute is None:
            return None
        return -(-self.extra_avatar * MICROS_PER_MINUTE // self.overage_per_minute)


def parse_plans(text: str) -> Mapping[str, Plan]:
    """The plans of a TOML text, by name. Raises TypeError for a missing or unknown field."""
    tables: dict[str, dict[str, Any]] = tomllib.loads(text)
    return {name: Plan(name=name, **table) for name, table in tables.items()}


@cache
def plans() -> Mapping[str, Plan]:
    """All plans, by name."""
    return parse_plans(files("parley.domain").joinpath("plans.toml").read_text("utf-8"))


def plan_named(name: str) -> Plan:
    """The plan of that name, or InvalidInput."""
    if (plan := plans().get(name)) is None:
        raise InvalidInput(f"There is no plan {name}. Plans: {', '.join(plans())}.")
    return plan
