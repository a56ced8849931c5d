"""What a render costs: the formulas, over the figures of prices.toml. Integers of credit micros only."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from parley.domain.errors import SpendLimitExceeded
from parley.domain.renders import SpeechSource
from parley.domain.wallet import insufficient


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderPrices:
    """The [render] table of prices.toml, in credit micros."""

    micros_per_second: int
    reserve_micros_per_character: int
    reserve_micros_per_text: int
    reserve_micros_per_url: int
    least_reserve_micros: int
    most_reserve_micros: int


@cache
def render_prices() -> RenderPrices:
    """The prices in force."""
    tables: dict[str, dict[str, Any]] = tomllib.loads(files("parley.domain").joinpath("prices.toml").read_text("utf-8"))
    return RenderPrices(**tables["render"])


def billed_micros(frames: int, fps: int) -> int:
    """What `frames` finished frames cost: frames / fps seconds, to the nearest micro."""
    return (2 * frames * render_prices().micros_per_second + fps) // (2 * fps)


def frames_for(duration_micros: int, fps: int) -> int:
    """How many frames speech of that length takes: rounded up, at least one."""
    return max(1, -(-duration_micros * fps // 1_000_000))


def speech_micros(duration_micros: int, fps: int) -> int:
    """What speech of a known length will cost once rendered."""
    return billed_micros(frames_for(duration_micros, fps), fps)


def wanted_micros(source: SpeechSource, fps: int, duration_micros: int | None = None) -> int:
    """What a render should set aside. `duration_micros` is the asset's, known from its inspection."""
    prices = render_prices()
    if duration_micros is not None:
        return speech_micros(duration_micros, fps)
    if source.kind == "text":
        return prices.reserve_micros_per_text + len(source.text or "") * prices.reserve_micros_per_character
    return prices.reserve_micros_per_url


def reservable_micros(wanted: int, available: int, room: int | None = None, *, exact: bool = False) -> int:
    """What is set aside of `wanted`: capped by the wallet's balance, the key's room and the longest render.

    Raises InsufficientCredits or SpendLimitExceeded when that leaves less than the least reserve; where `wanted` is
    `exact` and no estimate, already when it leaves less than that.
    """
    prices = render_prices()
    least = min(wanted, prices.most_reserve_micros if exact else prices.least_reserve_micros)
    if available < least:
        raise insufficient(wanted, available)
    if room is not None and room < least:
        raise spend_limit_exceeded(wanted, room)
    amount = min(wanted, available, prices.most_reserve_micros)
    return amount if room is None else min(amount, room)


def spend_limit_exceeded(needed: int, room: int) -> SpendLimitExceeded:
    """The refusal, with both figures in seconds of speech."""
    return SpendLimitExceeded(
        f"This needs {needed / 1e6:.1f} s of credit and the key may spend {room / 1e6:.1f} s more. "
        "Use a key with a higher spend limit."
    )
