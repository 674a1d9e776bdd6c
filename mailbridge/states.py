"""The states of a notice, for each way and as a whole. Pure: no I/O, the time is given.

    waiting → sending → sent, failed, cancelled
                 ↓ ↑
               delayed

`sending` is written before a delivery begins, and `handed_over` just before the message may arrive.
So after a crash the document tells whether the message cannot have been delivered (it is tried
again without ado) or may have been (again under the same Message-ID, a bounded number of times).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from plugin import stamp

State = Literal["waiting", "sending", "sent", "delayed", "failed", "cancelled"]

OPEN: frozenset[str] = frozenset({"waiting", "sending", "delayed"})
PAUSES = tuple(timedelta(seconds=s) for s in (2, 5, 15, 60, 300, 900, 1800, 3600, 7200, 14400))
"""Pause after the 1st, 2nd … attempt; the last one again and again."""
LONGEST_DOWN = timedelta(minutes=1)
"""A way that is down as a whole is looked at this often: one connection tells."""
SIGN_IN_PAUSE = timedelta(hours=1)
"""A refused password is tried this often: domains lock an account after a few tries in half an
hour. A start of the bridge tries it at once."""
GIVE_UP_AFTER = timedelta(days=4)
"""How long a notice is tried (RFC 5321, 4.5.4.1: at least 4 to 5 days)."""
MOST_UNSURE = 2
"""How often a message is handed over at most without an answer: so many copies at the very most."""

UNSURE_FROM = 4
"""After an unsure attempt the pause is that after so many attempts at least: the server is slow."""


@dataclass(frozen=True)
class WayState:
    """One way's state. `at` and `next_at` are stamps, `error` the last reason, `answer` what the
    receiving side said, `unsure` how often it was handed over without an answer."""

    state: State = "waiting"
    at: str = ""
    attempts: int = 0
    unsure: int = 0
    handed_over: bool = False
    next_at: str = ""
    error: str = ""
    answer: str = ""

    @classmethod
    def parse(cls, value: Mapping[str, Any]) -> "WayState":
        """From the outbox document; members that are not known are left out."""
        return cls(**{name: value[name] for name in cls.__dataclass_fields__ if name in value})

    def to_json(self) -> dict[str, Any]:
        """As it stands in the document: what is empty is left out, but for the state."""
        return {name: v for name, v in asdict(self).items() if v or name == "state"}

    @property
    def open(self) -> bool:
        return self.state in OPEN

    def due(self, now: datetime) -> bool:
        return self.open and self.next_at <= stamp(now)  # stamps compare as text


def begin(way: WayState, now: datetime) -> WayState:
    """A delivery begins, unless the way was cut off by a crash once too often."""
    if way.state == "sending" and way.handed_over:
        way = doubtful(way, now, "Cut off while it was handed over.")
        if not way.open:
            return way
    return replace(
        way,
        state="sending",
        at=stamp(now),
        attempts=way.attempts + 1,
        handed_over=False,
        next_at="",
    )


def hand_over(way: WayState) -> WayState:
    return replace(way, handed_over=True)


def sent(way: WayState, now: datetime, answer: str) -> WayState:
    done = _closed(way, "sent", now, "")
    return replace(done, answer=answer[:200])


def failed(way: WayState, now: datetime, error: str) -> WayState:
    return _closed(way, "failed", now, error)


def cancelled(way: WayState, now: datetime, error: str) -> WayState:
    return _closed(way, "cancelled", now, error)


def delayed(
    way: WayState, now: datetime, created: datetime, error: str, wait: timedelta | None = None
) -> WayState:
    """Not delivered: again after a pause, `wait` at least, or given up when it is too old."""
    if now - created > GIVE_UP_AFTER:
        return failed(way, now, error)
    return replace(
        way,
        state="delayed",
        at=stamp(now),
        next_at=stamp(now + max(pause(way.attempts), wait or timedelta())),
        error=error[:500],
        handed_over=False,
    )


def doubtful(way: WayState, now: datetime, error: str) -> WayState:
    """Handed over, no answer. Tried again, but not more often than MOST_UNSURE."""
    way = replace(way, unsure=way.unsure + 1)
    if way.unsure >= MOST_UNSURE:
        return failed(way, now, f"Handed over {way.unsure} times without an answer. {error}")
    return replace(
        way,
        state="delayed",
        at=stamp(now),
        next_at=stamp(now + pause(max(way.attempts, UNSURE_FROM))),
        error=error[:500],
        handed_over=False,
    )


def pause(attempts: int) -> timedelta:
    """How long to wait after so many attempts."""
    return PAUSES[min(max(attempts, 1), len(PAUSES)) - 1]


def overall(ways: Mapping[str, WayState]) -> State:
    """The notice's state: the most urgent of its open ways; else failed, sent or cancelled."""
    states = {way.state for way in ways.values()}
    order: tuple[State, ...] = ("sending", "delayed", "waiting", "failed", "sent", "cancelled")
    return next((state for state in order if state in states), "waiting")


def _closed(way: WayState, state: State, now: datetime, error: str) -> WayState:
    return replace(
        way, state=state, at=stamp(now), error=error[:500], next_at="", handed_over=False
    )
