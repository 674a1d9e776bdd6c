"""Time as the door writes it. The clock itself is given to the office, so tests can set it."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

Clock = Callable[[], datetime]
"""Gives the time as an aware datetime in UTC."""


def utcnow() -> datetime:
    """The time now, in UTC."""
    return datetime.now(UTC)


def stamp(moment: datetime) -> str:
    """`2026-11-22T06:00:00Z`: ISO 8601 in UTC, whole seconds; sorts as text."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_stamp(text: str) -> datetime:
    """The moment that `stamp` wrote. Raises ValueError."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def day_in(moment: datetime, time_zone: str) -> date:
    """The calendar day of a moment in a time zone (IANA name)."""
    return moment.astimezone(ZoneInfo(time_zone)).date()
