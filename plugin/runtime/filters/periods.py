"""Stretches of days that move with the calendar. Pure: the day that is today comes from outside."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from plugin.runtime.messages import Message

Days = tuple[date | None, date | None]
"""First and last day, both included; None where it is open at that end."""


@dataclass(frozen=True)
class Period:
    """A stretch by its name in addresses; `title` is what people call it."""

    name: str
    title: Message
    days: Callable[[date], Days]


def _week(today: date, shift: int) -> Days:
    """Monday to Sunday (ISO 8601)."""
    monday = today - timedelta(days=today.weekday()) + timedelta(weeks=shift)
    return monday, monday + timedelta(days=6)


def _months(today: date, months: int, shift: int) -> Days:
    """The stretch of so many months that begins with January and holds `today`, or one beside."""
    first = (today.month - 1) // months * months + shift * months
    return _month(today.year, first), _month(today.year, first + months) - timedelta(days=1)


def _month(year: int, months: int) -> date:
    """The first day of the month that lies `months` behind January of `year`."""
    return date(year + months // 12, months % 12 + 1, 1)


def _around(today: date, back: int, ahead: int) -> Days:
    return today - timedelta(days=back), today + timedelta(days=ahead)


PERIODS = {
    one.name: one
    for one in (
        Period("today", Message("today"), lambda day: (day, day)),
        Period("overdue", Message("before today"), lambda day: (None, day - timedelta(days=1))),
        Period("this_week", Message("this week"), lambda day: _week(day, 0)),
        Period("next_week", Message("next week"), lambda day: _week(day, 1)),
        Period("this_month", Message("this month"), lambda day: _months(day, 1, 0)),
        Period("last_month", Message("last month"), lambda day: _months(day, 1, -1)),
        Period("next_month", Message("next month"), lambda day: _months(day, 1, 1)),
        Period("this_quarter", Message("this quarter"), lambda day: _months(day, 3, 0)),
        Period("last_quarter", Message("last quarter"), lambda day: _months(day, 3, -1)),
        Period("this_year", Message("this year"), lambda day: _months(day, 12, 0)),
        Period("last_year", Message("last year"), lambda day: _months(day, 12, -1)),
        Period("last_7_days", Message("last 7 days"), lambda day: _around(day, 6, 0)),
        Period("last_30_days", Message("last 30 days"), lambda day: _around(day, 29, 0)),
        Period("last_90_days", Message("last 90 days"), lambda day: _around(day, 89, 0)),
        Period("next_7_days", Message("next 7 days"), lambda day: _around(day, 0, 6)),
        Period("next_30_days", Message("next 30 days"), lambda day: _around(day, 0, 29)),
    )
}
