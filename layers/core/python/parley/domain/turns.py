"""What a turn is: one spoken reply, streamed; what it may cost, and what it did."""

import unicodedata
from dataclasses import dataclass
from typing import Literal

from parley.domain.spaces import Environment, Space

TurnStatus = Literal["streaming", "completed", "interrupted", "failed"]
EndedStatus = Literal["completed", "interrupted", "failed"]
STREAMING: TurnStatus = "streaming"

LEASE_SECONDS = 15
"""A turn whose relay gave no sign for so long is lost."""
MICROS_PER_SECOND = 1_000_000
CHAT_MICROS = 60 * MICROS_PER_SECOND
SOUND_MICROS = 60 * MICROS_PER_SECOND
"""Set aside at first for sound whose length is not known before it is decoded."""
ROUNDING_MICROS = 200
"""By so little may a sound of known length come out longer, at the rate at which it is sent."""
LONGEST_MICROS = 1800 * MICROS_PER_SECOND
EXTENSION_MICROS = 30 * MICROS_PER_SECOND
"""By so much the hold of a running turn grows at a time."""
EXTEND_BELOW_MICROS = 20 * MICROS_PER_SECOND
"""With less than that ahead of what was delivered it should grow: a worker sends up to 2 s ahead of its playing."""
_BASE_MICROS = 1 * MICROS_PER_SECOND
_LETTER_MICROS = 100_000
# espeak-ng at speed 1 takes 0.07 to 0.09 s for a letter, up to 0.76 s for a digit of a long number and 0.43 s for an
# ideograph or kana.
_DIGIT_MICROS = 800_000
_SYLLABLE_MICROS = 450_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """`samples` are those delivered, at `sample_rate`; `lease_expires`: epoch seconds. A relay keeps it alive."""

    id: str
    tenant_id: str
    environment: Environment
    avatar_id: str
    mode: str
    sample_rate: int
    key_id: str | None = None
    idempotency_key: str | None = None
    status: TurnStatus = STREAMING
    reserved_credit_micros: int = 0
    billed_credit_micros: int = 0
    samples: int = 0
    slot: int | None = None
    worker_id: str | None = None
    worker_address: str | None = None
    worker_fingerprint: str | None = None
    lease_expires: int = 0
    error_code: str | None = None
    created_at: str
    updated_at: str
    ended_at: str | None = None

    @property
    def space(self) -> Space:
        return Space(self.tenant_id, self.environment)

    @property
    def ended(self) -> bool:
        return self.status != STREAMING

    @property
    def max_samples(self) -> int:
        """How many samples the hold pays for, rounded down."""
        return self.reserved_credit_micros * self.sample_rate // MICROS_PER_SECOND


def longest_samples(sample_rate: int) -> int:
    """How many samples one turn may last at most, whatever its hold."""
    return LONGEST_MICROS * sample_rate // MICROS_PER_SECOND


def delivered_micros(samples: int, sample_rate: int) -> int:
    """What so many samples last and cost, in credit micros, to the nearest."""
    return (2 * samples * MICROS_PER_SECOND + sample_rate) // (2 * sample_rate)


def billed_for(turn: Turn, samples: int) -> int:
    """What a turn is charged that delivered so many samples: never more than was set aside."""
    return min(turn.reserved_credit_micros, delivered_micros(samples, turn.sample_rate))


def wanted_for_text(text: str, speed: float) -> int:
    """Credit micros to set aside before a text is spoken: more than it will take, so that it is not cut short."""
    spoken = sum(_micros_of(letter) for letter in text)
    return _BASE_MICROS + round(spoken / min(1.0, speed))


def _micros_of(letter: str) -> int:
    if letter.isdigit():
        return _DIGIT_MICROS
    return _SYLLABLE_MICROS if unicodedata.east_asian_width(letter) in "WF" else _LETTER_MICROS
