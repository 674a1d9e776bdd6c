"""Takes the outbox's notices through one way of delivery.

Every step is written to the outbox before it is taken and after, so that the process may be killed
at any instant: what was not begun is begun, what was cut off is found in the state `sending`. A
memo in Divan's own mailbox arrives exactly once, whatever happens. By SMTP a message arrives
exactly once unless the bridge is killed between the message's last dot and the server's answer:
then it is handed over once more with the same Message-ID (`smtp.py` says why). Exchange is asked
whether it has the message already (`exchange.py`).

Each way has a thread of its own, so that a slow mail server holds up no mailbox. They share the
notice's document: a write that finds the other's is made again on top of it.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from mailbridge import states
from mailbridge.errors import DeliveryError, Permanent, SignInRefused, Unsure, WayDown
from mailbridge.pending import Pending
from mailbridge.ports import Letter, Way
from mailbridge.states import LONGEST_DOWN, OPEN, WayState
from plugin import Outbox, parse_stamp
from store.errors import BadRequest, Forbidden, TooLarge

REFUSED_PAUSE = timedelta(minutes=5)
"""A notice that the outbox refuses to store must not hold up the others."""

log = logging.getLogger(__name__)

Doc = dict[str, Any]


class Withdrawn(Exception):
    """The notice must not or cannot be sent any more; `str()` is the reason."""


class TakenElsewhere(Exception):
    """Somebody else took the notice up, cancelled or deleted it: hands off."""


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
    """The outgoing side of one way. One thread runs it.

    `configured` are the names of all ways of this bridge: a notice is finished when all of them
    are done with it.
    """

    def __init__(
        self,
        outbox: Outbox,
        letters: Letters,
        way: Way,
        *,
        configured: tuple[str, ...],
        clock: Callable[[], datetime],
    ) -> None:
        self._outbox = outbox
        self._letters = letters
        self._way = way
        self._configured = configured
        self._clock = clock
        self._pending = Pending(outbox, way.name)
        self._down: _Down | None = None

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
            self._way.close()
        return taken

    def seconds_to_next(self, otherwise: float) -> float:
        """Seconds until something is due again; `otherwise` where nothing waits for its time."""
        moments = self._pending.moments()
        if not moments:
            return otherwise
        return max(0.0, (min(moments) - self._clock()).total_seconds())

    def _take_up(self, docid: str) -> int:
        if self._down and self._down.until > self._clock():
            self._pending.postpone(docid, self._down.until)
            return 0
        doc = self._outbox.read(docid)
        if doc is None or doc["state"] not in OPEN:
            self._pending.forget(docid)
            return 0
        try:
            self._pending.note(self._take(doc))
        except TakenElsewhere:
            log.info("%s was taken up by somebody else", docid)
        except (Forbidden, BadRequest, TooLarge):
            log.exception("the outbox does not take the state of %s", docid)
            self._pending.postpone(docid, self._clock() + REFUSED_PAUSE)
        return 1

    def _take(self, doc: Doc) -> Doc:
        now, state = self._clock(), self._state(doc)
        try:
            letter = self._letters.letter(doc)
        except Withdrawn as reason:
            return self._write(doc, states.cancelled(state, now, str(reason)))
        if not self._way.serves(letter.receiver):
            return self._write(doc, states.cancelled(state, now, "The person has no address here."))
        doc = self._write(doc, states.begin(state, now))
        return self._deliver(letter, doc) if self._state(doc).open else doc

    def _deliver(self, letter: Letter, doc: Doc) -> Doc:
        current = doc

        def handing_over() -> None:
            nonlocal current
            current = self._write(current, states.hand_over(self._state(current)))

        try:
            answer = self._way.deliver(letter, handing_over)
        except DeliveryError as error:
            log.warning("%s: %s not delivered: %s", letter.id, self._way.name, error)
            return self._record(current, self._after(current, error))
        self._down = None
        return self._record(current, states.sent(self._state(current), self._clock(), answer))

    def _after(self, doc: Doc, error: DeliveryError) -> WayState:
        """The one place that says what each kind of failure does to a notice."""
        state, now = self._state(doc), self._clock()
        match error:
            case Permanent():
                return states.failed(state, now, str(error))
            case Unsure():
                return states.doubtful(state, now, str(error))
            case WayDown():
                self._down = self._pause_of_the_way(error, now)
        created = parse_stamp(doc["created"]["at"])
        return states.delayed(state, now, created, str(error), error.wait)

    def _pause_of_the_way(self, error: WayDown, now: datetime) -> _Down:
        failures = self._down.failures + 1 if self._down else 1
        if isinstance(error, SignInRefused):
            return _Down(failures, now + states.SIGN_IN_PAUSE)
        return _Down(failures, now + (error.wait or min(states.pause(failures), LONGEST_DOWN)))

    def _write(self, doc: Doc, state: WayState) -> Doc:
        """Write this way's state, unless somebody else changed it or closed the notice."""
        name = self._way.name
        while True:
            written = self._outbox.write(self._with(doc, state), self._clock())
            if written is not None:
                return written
            latest = self._outbox.read(doc["_id"])
            if latest is None or latest["state"] not in OPEN:
                raise TakenElsewhere
            if latest["ways"].get(name) != doc["ways"].get(name):
                raise TakenElsewhere
            doc = latest

    def _record(self, doc: Doc, state: WayState) -> Doc:
        """Write what came of a delivery; it happened, so nobody else's change may hide it."""
        while True:
            written = self._outbox.write(self._with(doc, state), self._clock())
            if written is not None:
                return written
            latest = self._outbox.read(doc["_id"])
            if latest is None:
                raise TakenElsewhere
            doc = latest

    def _state(self, doc: Mapping[str, Any]) -> WayState:
        return WayState.parse(doc["ways"].get(self._way.name, {}))

    def _with(self, doc: Doc, state: WayState) -> Doc:
        ways = {**doc["ways"], self._way.name: state.to_json()}
        every = {name: WayState.parse(ways.get(name, {})) for name in {*ways, *self._configured}}
        overall = states.overall(every)
        changed = {
            **doc,
            "ways": ways,
            "state": overall,
            "attempts": max(way.attempts for way in every.values()),
            "tried": max(way.at for way in every.values()),
        }
        changed.pop("error", None)
        errors = {way.error for way in every.values() if way.error and way.state == overall}
        return {**changed, "error": "; ".join(sorted(errors))} if errors else changed
