"""The plans, as they are sold."""

import pytest

from parley.domain.errors import InvalidInput
from parley.domain.plans import Plan, parse_plans, plan_named, plans


@pytest.mark.parametrize(
    ("name", "price", "minutes", "overage", "avatars", "concurrent"),
    [
        ("sandbox", 0, 5, None, 1, 1),
        ("developer", 49_0000, 600, 850, 25, 2),
        ("studio", 249_0000, 3000, 800, 100, 10),
        ("scale", 999_0000, 13_000, 700, 500, 50),
    ],
)
def test_a_plan_is_as_it_is_sold(
    name: str, price: int, minutes: int, overage: int | None, avatars: int, concurrent: int
) -> None:
    plan = plan_named(name)
    assert (plan.price_per_month, plan.minutes_per_month, plan.overage_per_minute) == (price, minutes, overage)
    assert (plan.avatars, plan.concurrent, plan.allowance_micros) == (avatars, concurrent, minutes * 60 * 1_000_000)


def test_there_are_four_plans_and_no_other() -> None:
    assert list(plans()) == ["sandbox", "developer", "studio", "scale"]
    with pytest.raises(InvalidInput):
        plan_named("starter")


def test_one_more_avatar_costs_a_dollar_at_the_overage_price_and_the_sandbox_sells_none() -> None:
    assert plan_named("sandbox").extra_avatar_micros is None
    # $1 at $0.085 a minute is 11.76... minutes.
    assert plan_named("developer").extra_avatar_micros == 705_882_353
    assert plan_named("studio").extra_avatar_micros == 750_000_000


def test_a_plan_with_an_unknown_or_a_missing_field_is_refused_at_once() -> None:
    good = "price_per_month = 1\nminutes_per_month = 1\navatars = 1\nconcurrent = 1\nrequests_per_minute = 1\n"
    assert isinstance(parse_plans(f"[one]\n{good}")["one"], Plan)
    for bad in (good + "avatar_cap = 1\n", "price_per_month = 1\n"):
        with pytest.raises(TypeError):
            parse_plans(f"[one]\n{bad}")
