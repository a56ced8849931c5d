"""How moments are written: ISO-8601 for people, epoch seconds for leases, YYYY-MM for billing periods."""

from datetime import UTC, datetime


def iso(at: datetime) -> str:
    """UTC with milliseconds, as every API field has it: 2026-06-10T00:00:00.000Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def parse_iso(text: str) -> datetime:
    """The moment `text` names. Raises ValueError when it carries no zone."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("a moment needs a time zone; end it with Z")
    return at.astimezone(UTC)


def epoch(at: datetime) -> int:
    """Whole seconds since 1970, rounded down: what leases and expiries are compared in."""
    return int(at.timestamp())


def month(at: datetime) -> str:
    """The billing period of a moment, in UTC: YYYY-MM. Sorts as text in order of time."""
    return at.astimezone(UTC).strftime("%Y-%m")


def month_start(period: str) -> datetime:
    """The first moment of a billing period."""
    return datetime.strptime(period, "%Y-%m").replace(tzinfo=UTC)
