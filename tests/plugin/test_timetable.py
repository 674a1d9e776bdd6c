"""When a laptop synchronises by itself."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from plugin import BadInput
from plugin.runtime.replica.timetable import NEVER, Timetable, at_hours, every, read_timetable

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=SHANGHAI)


def test_every_so_many_minutes() -> None:
    for text, minutes in (("15", 15), ("15m", 15), ("90 min", 90), ("2h", 120)):
        assert every(text).due(NOON, SHANGHAI) == NOON + timedelta(minutes=minutes)


@pytest.mark.parametrize("text", ["", "0", "-5", "1.5", "15s", "9999h", "often"])
def test_what_is_no_span(text: str) -> None:
    with pytest.raises(BadInput):
        every(text)


def test_at_times_of_the_day_in_the_laptops_zone() -> None:
    table = at_hours("18:30，8:00")
    assert table.at == ("08:00", "18:30")
    evening = NOON.replace(hour=18, minute=30)
    assert table.due(NOON.astimezone(ZoneInfo("UTC")), SHANGHAI) == evening
    assert table.due(evening, SHANGHAI) == NOON.replace(day=23, hour=8)


@pytest.mark.parametrize("text", ["", "24:00", "8", "8:60", "noon", "8:00 x"])
def test_what_is_no_time_of_the_day(text: str) -> None:
    with pytest.raises(BadInput):
        at_hours(text)


def test_who_never_tried_is_due_at_once_and_without_a_timetable_never() -> None:
    for table in (every("15m"), at_hours("8:00")):
        due = table.due(None, SHANGHAI)
        assert due is not None and due < NOON
    assert NEVER.due(None, SHANGHAI) is None


def test_as_json_and_back() -> None:
    for table in (NEVER, every("15m"), at_hours("8:00 9:00"), Timetable()):
        assert read_timetable(table.to_json()) == table
    for value in (5, {}, {"every": True}, {"every": 0}, {"at": "8:00"}, {"at": [5]}):
        with pytest.raises(BadInput):
            read_timetable(value)
