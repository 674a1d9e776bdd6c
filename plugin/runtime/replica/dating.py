"""The times that a document tells of itself: which ones the office takes, and how a laptop whose
clock was wrong comes to send such. Pure.

A laptop's clock may be wrong by years and set right at any moment. What it has not sent yet was
written between its last sync and this one, by the office's clock: so much is known without it.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from plugin.runtime.clock import parse_stamp, stamp
from plugin.runtime.forms.form_check import is_datetime
from plugin.runtime.people.directory import SERVER_NAME
from store.types import Doc

WRONG = timedelta(days=1)
"""By so much a time may be off: what comes from clocks that nobody set right."""
SMALL = timedelta(hours=1)
"""A laptop leaves its own times alone that are off by less."""


@dataclass(frozen=True)
class Mark:
    """Something that says who did what when: a step, the last save, the last change of an item.
    `text` is what is compared; `generation` is where the change of an item says it was."""

    text: str
    by: str
    at: str = field(compare=False)
    generation: Any = field(default=0, compare=False)


def marks(doc: Mapping[str, Any]) -> list[Mark]:
    """All marks of a document but of its making; what is none by its shape is nobody's. Handovers
    are the server's, whoever asked for them: no laptop writes one."""
    steps, changed, updated = (doc.get(name) for name in ("steps", "changed", "updated"))
    found = [_mark(step) for step in _listed(steps)]
    found += [replace(_mark(line), by=SERVER_NAME) for line in _listed(doc.get("handovers"))]
    entries = changed.values() if isinstance(changed, Mapping) else _nobodys(changed)
    found += [_changed(entry) for entry in entries]
    return found if updated is None else [*found, saved(doc)]


def made(doc: Mapping[str, Any]) -> Mark:
    """Who made a document."""
    return _mark(doc.get("created"))


def saved(doc: Mapping[str, Any]) -> Mark:
    """Who saved this version of it."""
    return _mark(doc.get("updated"))


def text_of(value: Any) -> str:
    """The value as text that is the same for what is the same."""
    return json.dumps(value, sort_keys=True)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else _nobodys(value)


def _nobodys(value: Any) -> list[Any]:
    return [] if value is None else [value]


def _mark(value: Any) -> Mark:
    told = value if isinstance(value, Mapping) else {}
    return Mark(text_of(value), str(told.get("by", "")), str(told.get("at", "")))


def _changed(entry: Any) -> Mark:
    if not isinstance(entry, list) or len(entry) != 3:
        return _mark(entry)
    generation, at, by = entry
    return Mark(text_of({"at": at, "by": by}), str(by), str(at), generation)


def is_possible(mark: Mark, now: datetime) -> bool:
    """Whether this is a time, and not far in the future."""
    return is_datetime(mark.at) and mark.at <= stamp(now + WRONG)


def is_behind(save: Mark, parents: Iterable[Doc], now: datetime) -> bool:
    """Whether a version says it was saved long before what it changes was."""
    before = [min(at, stamp(now)) for at in (saved(doc).at for doc in parents) if is_datetime(at)]
    return is_datetime(save.at) and any(
        parse_stamp(save.at) < parse_stamp(at) - WRONG for at in before
    )


def fits(mark: Mark, generation: int) -> bool:
    """Whether a change of an item is of this version or an earlier one. One that says it is of a
    later version would win over all that others change from now on."""
    told = mark.generation
    return isinstance(told, int) and not isinstance(told, bool) and 0 <= told <= generation


def corrected(doc: Doc, me: str, since: str, now: str) -> Doc | None:
    """A document that its person edited between two times of the office, with times of his that
    can be; None where they are. `since` may be empty."""
    last = doc.get("updated") or {}
    early = last.get("at") if since and last.get("by") == me else None
    floor = stamp(parse_stamp(since) - SMALL) if since else ""
    ceiling = stamp(parse_stamp(now) + SMALL)

    def put_right(at: Any) -> Any:
        if at == early and str(at) < floor:
            return since
        return now if isinstance(at, str) and at > ceiling else at

    new = {name: _dated(name, value, me, put_right) for name, value in doc.items()}
    return None if new == doc else new


def _dated(name: str, value: Any, me: str, put_right: Callable[[Any], Any]) -> Any:
    """An item of the bookkeeping with other times where they are of `me`; others as they are."""
    if name in ("created", "updated") and isinstance(value, dict) and value.get("by") == me:
        return {**value, "at": put_right(value.get("at"))}
    if name == "steps" and isinstance(value, list):
        return [_dated("updated", step, me, put_right) for step in value]
    if name == "changed" and isinstance(value, dict):
        return {item: _entry(entry, me, put_right) for item, entry in value.items()}
    return value


def _entry(entry: Any, me: str, put_right: Callable[[Any], Any]) -> Any:
    own = isinstance(entry, list) and len(entry) == 3 and entry[2] == me
    return [entry[0], put_right(entry[1]), me] if own else entry
