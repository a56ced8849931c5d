"""A clock that only a test moves."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

START = datetime(2026, 6, 10, 12, 0, 0, tzinfo=UTC)


@dataclass
class HandClock:
    at: datetime = START

    def now(self) -> datetime:
        return self.at

    def forward(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
