"""Topics, replies and interest profiles of the demo company, in both languages."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from plugin.runtime.clock import stamp
from plugin.runtime.demo.tables import Made, table


def topics(now: datetime) -> Iterator[Made]:
    """Topics written so many days before `now`."""
    for row in table("forum")["topic"]:
        yield "topic", f"topic:{row['key']}", _written(row, now)


def replies(now: datetime) -> Iterator[Made]:
    """Replies after their topics; one that answers a reply comes after that reply."""
    for row in table("forum")["reply"]:
        items = _written(row, now) | {"topic": f"topic:{row['topic']}"}
        if "answers" in row:
            items["answers"] = f"reply:{row['answers']}"
        yield "reply", f"reply:{row['key']}", items


def _written(row: dict[str, Any], now: datetime) -> dict[str, Any]:
    items = {name: value for name, value in row.items() if name not in ("key", "days")}
    return items | {"written": stamp(now - timedelta(days=row["days"]))}


def interests() -> Iterator[Made]:
    for row in table("forum")["interest"]:
        yield "interest", f"interest:{row['person']}", {**row, "hour": 8, "active": True}
