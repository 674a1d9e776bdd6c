"""A clock that stands still until a test moves it."""

from datetime import UTC, datetime, timedelta


class SteadyClock:
    def __init__(self, start: str = "2026-11-22T06:00:00") -> None:
        self.now = datetime.fromisoformat(start).replace(tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **spans: float) -> None:
        self.now += timedelta(**spans)
