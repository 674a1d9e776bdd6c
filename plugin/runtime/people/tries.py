"""Wrong passwords: a few at once are free, then each further one doubles the wait. Pure."""

from collections.abc import Mapping
from datetime import datetime
from math import ceil
from typing import Any, ClassVar

from plugin.runtime.clock import parse_stamp, stamp
from plugin.runtime.errors import DivanError

FREE = 8
FIRST, LONGEST = 2, 900
"""Seconds of the first wait and of the longest; after the longest, failures are forgotten."""


class TooManyTries(DivanError):
    """Too many wrong passwords; `seconds` until the next try is taken."""

    status: ClassVar[int] = 429

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__("Too many wrong tries. Please wait {seconds} seconds.", seconds=seconds)


def seconds_to_wait(tries: Mapping[str, Any] | None, now: datetime) -> int:
    """Seconds until another try is taken, 0 for now. `tries` is what `after_failure` gave."""
    if tries is None or tries["count"] < FREE:
        return 0
    pause = min(LONGEST, FIRST * 2 ** min(tries["count"] - FREE, 30))
    return int(max(0, ceil(pause - _passed(tries, now))))


def after_failure(tries: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The count after one more failure: `{"count", "at"}`."""
    old = tries.get("count", 0) if "at" in tries and _passed(tries, now) < LONGEST else 0
    return {"count": old + 1, "at": stamp(now)}


def _passed(tries: Mapping[str, Any], now: datetime) -> float:
    return (now - parse_stamp(tries["at"])).total_seconds()
