"""What a laptop tells the office of itself: how it is, and what it removed because of rights.

It goes with the question that every sync begins with, and once more at the end of one that moved
something: an idle sync needs no request for it. A receipt is kept until the office has it.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from plugin.runtime.clock import parse_stamp, stamp
from plugin.runtime.files import write_private
from plugin.runtime.office import VERSION
from plugin.runtime.replica.receipts import Receipt

CLOCK = "clock.json"


def report_of(
    status: Mapping[str, Any], now: datetime, receipts: Sequence[Receipt]
) -> dict[str, Any]:
    """The report of a laptop with this status (`Replica.status`)."""
    return {
        "at": stamp(now),
        "version": VERSION,
        "keep": status["keep"],
        "databases": [
            {
                "name": one["name"],
                "synced_at": one["synced_at"],
                "documents": one["documents"],
                "bytes": one["bytes"],
                "waiting": len(one["waiting"]),
                "refused": len(one["refused"]),
                "review": len(one["review"]),
                "conflicts": one["conflicts"],
            }
            for one in status["databases"]
        ],
        "receipts": list(receipts),
    }


def note_clock(data: Path, now: datetime, office: str) -> None:
    """Remember by how many seconds the laptop's clock is ahead of the office's; `office` is the
    office's time. Nothing is decided by it: a person is told."""
    skew = int((now - parse_stamp(office)).total_seconds())
    if abs(skew - clock_skew(data)) > 1:
        write_private(data / CLOCK, json.dumps({"ahead": skew}))


def clock_skew(data: Path) -> int:
    """Seconds by which the laptop's clock was ahead at the last sync."""
    file = data / CLOCK
    return int(json.loads(file.read_text(encoding="utf-8"))["ahead"]) if file.exists() else 0
