"""Numbers of documents by the rules of the settings database (`numbering:<rule>`).

A counter is a document of the office's own database `coordination`, which no laptop has. It is an
ordinary one: CouchDB compares and sets only these. Laptops give provisional numbers, which the
office replaces: made of the document's id, they need no counter and say the same everywhere.
"""

import hashlib
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING, Any

from plugin.runtime.clock import day_in
from plugin.runtime.errors import OfficeError
from plugin.runtime.people.directory import SETTINGS
from store.api import Database
from store.errors import Conflict, NotFound
from store.types import Doc

if TYPE_CHECKING:
    from plugin.runtime.office import Office
    from plugin.runtime.session import Session

RULE = "numbering:"
PATTERN = "{n:05d}"
PERIODS = {"never": "", "yearly": "%Y", "monthly": "%Y-%m", "daily": "%Y-%m-%d"}
ATTEMPTS = 50


def provisional(docid: str) -> str:
    """What stands for the number of a document until the office gives one: `~3F9A2C`."""
    return "~" + hashlib.sha256(docid.encode()).hexdigest()[:6].upper()


def number(session: "Session", rule: str) -> str:
    """The next number of a rule. Durable before it is returned: never given twice, also not by
    several processes; one whose document is then not saved is left out.

    Raises OfficeError where the rule's pattern makes no sense.
    """
    office = session.office
    db = office.server.database(SETTINGS)
    data = _rule(db, rule)
    today = day_in(office.clock(), office.settings.time_zone)
    period = today.strftime(PERIODS.get(str(data.get("reset")), ""))
    return formatted(rule, data.get("pattern") or PATTERN, _next(office, rule, period), today)


def formatted(rule: str, pattern: Any, count: int, today: date) -> str:
    """`D{year}-{n:05d}` filled in; also `{month}` and `{day}`, two digits."""
    parts = {"n": count, "year": today.year, "month": f"{today:%m}", "day": f"{today:%d}"}
    try:
        return str(pattern).format(**parts)
    except (KeyError, ValueError, IndexError, AttributeError) as error:
        raise OfficeError(
            "The numbering rule {rule} has a pattern that makes no sense: {pattern}",
            rule=rule,
            pattern=str(pattern),
        ) from error


def _rule(db: Database, rule: str) -> Doc:
    try:
        return db.get(RULE + rule)
    except NotFound:
        return {}


def _next(office: "Office", rule: str, period: str) -> int:
    db, docid = office.coordination, f"number:{rule}"
    for attempt in range(1, ATTEMPTS + 1):
        branches = _branches(db, docid) or [_former(office, rule)]
        counts = [one["last"] for one in branches if one.get("period") == period]
        new = {"_id": docid, "period": period, "last": max(counts, default=0) + 1}
        rev = {"_rev": branches[0]["_rev"]} if "_rev" in branches[0] else {}
        try:
            db.put(new | rev)
        except Conflict:
            if attempt == ATTEMPTS:
                raise
            continue
        for loser in branches[1:]:
            with suppress(Conflict, NotFound):  # another process ended that branch
                db.delete(docid, loser["_rev"])
        return int(new["last"])
    raise AssertionError("unreachable")


def _branches(db: Database, docid: str) -> list[Doc]:
    """The counter, and what the other half of a cluster counted while it was cut in two."""
    try:
        winner = db.get(docid, conflicts=True)
    except NotFound:
        return []
    losers = winner.pop("_conflicts", ())
    return [winner, *(db.get(docid, rev=rev) for rev in losers)]


def _former(office: "Office", rule: str) -> Doc:
    """Where counters stood before: it goes on from there."""
    try:
        counter = office.server.database(SETTINGS).get_local(f"_local/numbering-{rule}")
    except NotFound:
        return {}
    return {"period": counter.get("period"), "last": counter.get("last", 0)}
