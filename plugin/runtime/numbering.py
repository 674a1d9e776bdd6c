"""Numbers of documents by the rules of the settings database (`numbering:<rule>`).

A counter is a local document of the settings database at the office: it never replicates, so no two
machines count. Laptops give no numbers.
"""

from datetime import date
from typing import TYPE_CHECKING, Any

from plugin.runtime.clock import day_in
from plugin.runtime.directory import SETTINGS
from plugin.runtime.errors import OfficeError
from store.api import Database
from store.errors import Conflict, NotFound
from store.types import Doc

if TYPE_CHECKING:
    from plugin.runtime.session import Session

RULE = "numbering:"
PATTERN = "{n:05d}"
PERIODS = {"never": "", "yearly": "%Y", "monthly": "%Y-%m", "daily": "%Y-%m-%d"}
ATTEMPTS = 50


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
    return formatted(rule, data.get("pattern") or PATTERN, _next(db, rule, period), today)


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


def _next(db: Database, rule: str, period: str) -> int:
    docid = f"_local/numbering-{rule}"
    for attempt in range(1, ATTEMPTS + 1):
        try:
            counter = db.get_local(docid)
        except NotFound:
            counter = {"_id": docid}
        last = counter["last"] if counter.get("period") == period else 0
        try:
            db.put_local({**counter, "period": period, "last": last + 1})
        except Conflict:
            if attempt == ATTEMPTS:
                raise
        else:
            return int(last) + 1
    raise AssertionError("unreachable")
