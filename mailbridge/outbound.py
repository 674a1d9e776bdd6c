"""Takes the outbox's notices through their ways of delivery.

Every step is written to the outbox before it is taken and after, so that the process may be killed
at any instant: what was not begun is begun, what was cut off is found in the state `sending`. A
memo in Divan's own mailbox arrives exactly once, whatever happens. By SMTP a message arrives
exactly once unless the bridge is killed between the message's last dot and the server's answer:
then it is handed over once more with the same Message-ID (`smtp.py` says why).
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from mailbridge import states
from mailbridge.errors import DeliveryError, Permanent, Unsure, WayDown
from mailbridge.pending import Pending
from mailbridge.ports import Letter, Way
from mailbridge.states import WayState
from plugin import Outbox, parse_stamp
from store.errors import BadRequest, Forbidden, TooLarge

REFUSED_PAUSE = timedelta(minutes=5)
"""A notice that the outbox refuses to store must not hold up the others."""

log = logging.getLogger(__name__)

Doc = dict[str, Any]


class Withdrawn(Exception):
    """The notice must not or cannot be sent any more; `str()` is the reason."""


class TakenElsewhere(Exception):
    """Another process changed the notice: it is that one's now."""


class Letters(Protocol):
    """Makes letters of outbox documents."""

    def letter(self, doc: Mapping[str, Any]) -> Letter:
        """The letter as it would read now. Raises Withdrawn, also where the receiver may no longer
        read what it is about."""
        ...


@dataclass
class _Down:
    failures: int
    until: datetime


class Outbound:
    """The outgoing side of the bridge. One thread runs it."""

    def __init__(
        self,
        outbox: Outbox,
        letters: Letters,
        ways: Sequence[Way],
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._outbox = outbox
        self._letters = letters
        self._ways = tuple(ways)
        self._clock = clock
        self._pending = Pending(outbox)
        self._down: dict[str, _Down] = {}

    def run_once(self, stop: Callable[[], bool] = lambda: False) -> int:
        """Take every notice that is due as far as it goes. Returns how many were taken up."""
        self._pending.refresh()
        taken = 0
        try:
            for docid in self._pending.due(self._clock()):
                if stop():
                    break
                taken += self._take_up(docid)
        finally:
            for way in self._ways:
                way.close()
        return taken

    def seconds_to_next(self, otherwise: float) -> float:
        """Seconds until something is due again; `otherwise` where nothing waits for its time."""
        moments = self._pending.moments()
        if not moments:
            return otherwise
        return max(0.0, (min(moments) - self._clock()).total_seconds())

    def _take_up(self, docid: str) -> int:
        doc = self._outbox.read(docid)
        if doc is None:
            self._pending.forget(docid)
            return 0
        try:
            return self._take(doc)
        except TakenElsewhere:
            log.info("%s was changed by another process", docid)
        except (Forbidden, BadRequest, TooLarge):
            log.exception("the outbox does not take the state of %s", docid)
            self._pending.note(doc, not_before=self._clock() + REFUSED_PAUSE)
        return 0

    def _take(self, doc: Doc) -> int:
        try:
            letter = self._letters.letter(doc)
        except Withdrawn as reason:
            self._withdraw(doc, str(reason))
            return 1
        now = self._clock()
        doc = self._without_lost_ways(doc, now)
        before = {way.name: _state(doc, way.name) for way in self._ways_for(doc, letter)}
        due = [way for way in self._ways if way.name in before and self._ready(way, before, now)]
        if not due:
            return self._postpone(doc, before)
        begun = {**before, **{way.name: states.begin(before[way.name], now) for way in due}}
        doc = self._write(doc, begun)
        for way in due:
            if begun[way.name].open:
                doc = self._deliver(way, letter, doc)
        self._pending.note(doc)
        return 1

    def _ways_for(self, doc: Doc, letter: Letter) -> list[Way]:
        """The ways that reach the person, and those that are under way already."""
        return [w for w in self._ways if w.serves(letter.receiver) or w.name in doc["ways"]]

    def _without_lost_ways(self, doc: Doc, now: datetime) -> Doc:
        """Close the ways that the settings no longer have, else the notice would stay open."""
        known = {way.name for way in self._ways}
        lost = {name: _state(doc, name) for name in doc["ways"] if name not in known}
        closed = {
            name: states.cancelled(state, now, "This way is no longer configured.")
            for name, state in lost.items()
            if state.open
        }
        return _with(doc, closed)

    def _ready(self, way: Way, before: Mapping[str, WayState], now: datetime) -> bool:
        down = self._down.get(way.name)
        return before[way.name].due(now) and (down is None or down.until <= now)

    def _postpone(self, doc: Doc, before: Mapping[str, WayState]) -> int:
        """Nothing can be done now: the ways wait for their time, or the way as a whole is down."""
        if not any(way.open for way in before.values()):
            doc = self._write(doc, before)  # nothing is left to do: say so
        downs = [self._down[name].until for name in before if name in self._down]
        self._pending.note(doc, not_before=min(downs, default=None))
        return 0

    def _deliver(self, way: Way, letter: Letter, doc: Doc) -> Doc:
        current = doc

        def handing_over() -> None:
            nonlocal current
            state = states.hand_over(_state(current, way.name))
            current = self._write(current, {way.name: state})

        try:
            answer = way.deliver(letter, handing_over)
        except DeliveryError as error:
            log.warning("%s: %s not delivered: %s", letter.id, way.name, error)
            return self._record(current, way, self._after(current, way, error))
        self._down.pop(way.name, None)
        return self._record(
            current, way, states.sent(_state(current, way.name), self._clock(), answer)
        )

    def _after(self, doc: Doc, way: Way, error: DeliveryError) -> WayState:
        """The one place that says what each kind of failure does to a notice."""
        state, now = _state(doc, way.name), self._clock()
        match error:
            case Permanent():
                return states.failed(state, now, str(error))
            case Unsure():
                return states.doubtful(state, now, str(error))
            case WayDown():
                self._note_down(way, now)
        return states.delayed(state, now, parse_stamp(doc["created"]["at"]), str(error))

    def _note_down(self, way: Way, now: datetime) -> None:
        failures = self._down[way.name].failures + 1 if way.name in self._down else 1
        wait = min(states.pause(failures), states.LONGEST_DOWN)
        self._down[way.name] = _Down(failures, now + wait)

    def _record(self, doc: Doc, way: Way, state: WayState) -> Doc:
        """Write what came of a delivery; it happened, so nobody else's change may hide it."""
        written = self._outbox.write(_with(doc, {way.name: state}), self._clock())
        while written is None:
            latest = self._outbox.read(doc["_id"])
            if latest is None:
                raise TakenElsewhere
            written = self._outbox.write(_with(latest, {way.name: state}), self._clock())
        return written

    def _write(self, doc: Doc, ways: Mapping[str, WayState]) -> Doc:
        written = self._outbox.write(_with(doc, ways), self._clock())
        if written is None:
            raise TakenElsewhere
        return written

    def _withdraw(self, doc: Doc, reason: str) -> None:
        now = self._clock()
        names = [*doc["ways"], *(way.name for way in self._ways if way.name not in doc["ways"])]
        ways = {name: _state(doc, name) for name in names}
        closed = {n: states.cancelled(w, now, reason) if w.open else w for n, w in ways.items()}
        self._pending.note(self._write(doc, closed))


def _state(doc: Mapping[str, Any], name: str) -> WayState:
    return WayState.parse(doc["ways"].get(name, {}))


def _with(doc: Doc, changed: Mapping[str, WayState]) -> Doc:
    ways = {**doc["ways"], **{name: state.to_json() for name, state in changed.items()}}
    parsed = {name: WayState.parse(value) for name, value in ways.items()}
    return {**doc, "ways": ways, "state": states.overall(parsed)}
