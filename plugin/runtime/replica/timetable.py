"""When a laptop synchronises by itself. Pure: the clock and the last sync are given."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from plugin.runtime.errors import BadInput

SPAN = re.compile(r"([1-9][0-9]{0,3}) ?(m|min|h)?")
HOUR = re.compile(r"([01]?[0-9]|2[0-3])[:.：]([0-5][0-9])")
LONGEST = 7 * 24 * 60
"""Minutes."""


@dataclass(frozen=True)
class Timetable:
    """Every so many minutes, at times of the day (`HH:MM`, in the laptop's zone), or never."""

    every: int | None = None
    at: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any] | None:
        if self.every is not None:
            return {"every": self.every}
        return {"at": list(self.at)} if self.at else None

    def due(self, last: datetime | None, zone: ZoneInfo) -> datetime | None:
        """When the next sync is due after the `last` try; None for never. Without a last one the
        first is due since ever, since nobody knows what was missed."""
        if self.every is None and not self.at:
            return None
        if last is None:
            return datetime.fromtimestamp(0, zone)
        if self.every is not None:
            return last + timedelta(minutes=self.every)
        return min(_next(last.astimezone(zone), text) for text in self.at)


NEVER = Timetable()


def read_timetable(value: Any) -> Timetable:
    """As it stands in JSON. Raises BadInput."""
    if value is None:
        return NEVER
    if isinstance(value, Mapping) and set(value) == {"every"} and type(value["every"]) is int:
        return every(str(value["every"]))
    if isinstance(value, Mapping) and set(value) == {"at"} and isinstance(value["at"], list):
        return at_hours(" ".join(map(str, value["at"])))
    raise BadInput("This is no timetable.")


def every(text: str) -> Timetable:
    """`15`, `15m` or `2h`. Raises BadInput."""
    found = SPAN.fullmatch(text.strip())
    minutes = int(found[1]) * (60 if found[2] == "h" else 1) if found else 0
    if not 0 < minutes <= LONGEST:
        raise BadInput("{text} is no span of time. Write 15m or 2h, a week at most.", text=text)
    return Timetable(every=minutes)


def at_hours(text: str) -> Timetable:
    """`8:00 18:30`, with blanks or commas between. Raises BadInput."""
    found = [HOUR.fullmatch(part) for part in re.split(r"[,，、;；\s]+", text.strip()) if part]
    if not found or not all(found):
        raise BadInput("{text} is no list of times of the day. Write 8:00, 18:30.", text=text)
    times = {f"{int(one[1]):02}:{one[2]}" for one in found if one}
    return Timetable(at=tuple(sorted(times)))


def _next(last: datetime, text: str) -> datetime:
    day = datetime.combine(last.date(), time.fromisoformat(text), last.tzinfo)
    return day if day > last else datetime.combine(
        last.date() + timedelta(days=1), time.fromisoformat(text), last.tzinfo
    )  # fmt: skip
