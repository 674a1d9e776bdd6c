"""The rows of a listing that meet a query, page by page.

Where at most `LOOK` rows have to be looked at, all of them are: the answer is in any order, with an
exact total and sums. Otherwise rows are looked at in the order of an index until the page is full,
at most `LOOK` for one page; the page then says how far it looked and where to look on. So a page
costs at most `LOOK` opened documents, however many there are.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from plugin.runtime.clock import day_in
from plugin.runtime.door.reading import open_many
from plugin.runtime.errors import BadInput
from plugin.runtime.filters.criteria import Asker, amount
from plugin.runtime.filters.plan import Plan, plans
from plugin.runtime.filters.query import Query
from plugin.runtime.forms.form import Item, is_empty
from plugin.runtime.listings.listing import Listing, Row, read_token, row_of, token_of
from store.collation import sort_key
from store.types import Row as StoreRow

LOOK = 5000
"""Rows looked at for one page."""
CHUNK = 500
"""Rows read and opened at once."""

Place = tuple[int, str]
"""A range of the plan, and the token of a row in it."""


@dataclass(frozen=True)
class Matches:
    """One page. `total` is None where not all rows had to be looked at: then `looked` were for this
    page, of the `of` that there are. `unsorted`: the order asked for would have needed all."""

    rows: tuple[Row, ...]
    next: str | None
    total: int | None
    looked: int
    of: int
    sums: Mapping[str, float]
    unsorted: bool = False


class Filtered:
    """A listing with a query. `given` are the values of the items that its key needs."""

    def __init__(self, listing: Listing, query: Query, given: Mapping[str, str]) -> None:
        ctx = listing.context
        zone = ctx.session.time_zone
        self._context = ctx
        self._spec = listing.spec
        self._form = ctx.form(listing.spec.form)
        self._query = query
        self._asker = Asker(ctx.identity.name, day_in(ctx.office.clock(), zone), zone)
        self._plans = plans(listing, query, given, self._asker)

    def page(self, *, after: str | None = None, limit: int = 50, look: int = LOOK) -> Matches:
        """The first matches, or those behind a token. Raises BadInput for a bad token."""
        self._context.note("listed", self._spec.name)
        sizes = [plan.rows() for plan in self._plans]
        if min(sizes) <= look:
            place = 0 if sizes[0] <= look else sizes.index(min(sizes))
            return self._whole(self._plans[place], sizes[place], _number(after), limit)
        serving = [n for n, plan in enumerate(self._plans) if plan.serves(self._query)]
        place = min(serving or range(len(sizes)), key=lambda n: sizes[n])
        found = self._streamed(self._plans[place], sizes[place], after, limit, look)
        return replace(found, unsorted=bool(self._query.sort) and not serving)

    def all(self) -> Iterator[Row]:
        """All matches, however long it takes (for exports); ordered as `page` orders them."""
        after: str | None = None
        while True:
            found = self.page(after=after, limit=LOOK)
            yield from found.rows
            after = found.next
            if after is None:
                return

    def _whole(self, plan: Plan, size: int, start: int, limit: int) -> Matches:
        met = {row.id: row for _, _, row in self._walk(plan, (0, ""), CHUNK) if row}
        found = list(met.values())
        if self._query.sort:
            found = _sorted(found, self._form.items[self._query.sort], self._query.descending)
        elif plan is not self._plans[0]:
            for name in reversed(self._spec.index):
                found = _sorted(found, self._form.items[name], descending=False)
        shown = tuple(found[start : start + limit])
        end = start + len(shown)
        more = str(end) if end < len(found) else None
        return Matches(shown, more, len(found), size, size, self._sums(found))

    def _streamed(self, plan: Plan, size: int, after: str | None, limit: int, look: int) -> Matches:
        found: dict[str, tuple[Row, Place]] = {}
        looked, last = 0, _place(after, plan)
        chunk = CHUNK if plan.left else limit + 1
        for number, stored, row in self._walk(plan, last, chunk):
            if row is not None and len(found) == limit:
                last = list(found.values())[-1][1]
                break
            looked, last = looked + 1, (number, token_of(stored))
            if row is not None:
                found.setdefault(row.id, (row, last))
            if looked == look:
                break
        else:
            last = (len(plan.ranges), "")
        more = f"{last[0]}.{last[1]}" if last[0] < len(plan.ranges) else None
        total = None if plan.left else size
        shown = tuple(row for row, _ in found.values())
        return Matches(shown, more, total, looked, size, {})

    def _walk(
        self, plan: Plan, start: Place, chunk: int
    ) -> Iterator[tuple[int, StoreRow, Row | None]]:
        """Rows of the plan behind a place: the number of the range, the row, and what matches."""
        tests = [(one.item.name, one.test(self._asker)) for one in plan.left]
        begin, token = start
        for number in range(begin, len(plan.ranges)):
            while True:
                span = plan.ranges[number]
                past = read_token(token, span) if token else None
                read = plan.listing.rows_in(replace(span, past=past), chunk, self._backwards(plan))
                docs = open_many(self._context, list(dict.fromkeys(row["id"] for row in read)))
                for stored in read:
                    doc = docs.get(stored["id"])
                    met = doc and all(test(doc.items.get(name)) for name, test in tests)
                    yield number, stored, row_of(stored, docs) if met else None
                if len(read) < chunk:
                    break
                token = token_of(read[-1])
            token = ""

    def _backwards(self, plan: Plan) -> bool:
        return self._query.descending and plan.serves(self._query)

    def _sums(self, found: list[Row]) -> dict[str, float]:
        """Of the columns that the listing adds up, over all matches."""
        names = [column.item for column in self._spec.columns if column.sum]
        return {
            name: float(sum(amount(row.items.get(name)) or 0 for row in found)) for name in names
        }


def _number(after: str | None) -> int:
    if after is None:
        return 0
    if not (after.isascii() and after.isdigit() and len(after) < 10):
        raise _damaged()
    return int(after)


def _place(after: str | None, plan: Plan) -> Place:
    number, _, token = (after or "0.").partition(".")
    if not (number.isascii() and number.isdigit() and int(number[:9]) < max(1, len(plan.ranges))):
        raise _damaged()
    return int(number), token


def _damaged() -> BadInput:
    return BadInput("This page address is damaged. Open the listing anew.")


def _sorted(rows: Sequence[Row], item: Item, descending: bool) -> list[Row]:
    """By the values of an item; what is not filled in comes last, either way."""
    keys = {row.id: _sortable(item, row.items.get(item.name)) for row in rows}
    filled = [row for row in rows if keys[row.id] is not None]
    filled.sort(key=lambda row: keys[row.id], reverse=descending)
    return [*filled, *(row for row in rows if keys[row.id] is None)]


def _sortable(item: Item, value: Any) -> Any:
    one = value[0] if isinstance(value, list) and value else value
    if is_empty(one):
        return None
    return amount(one) if item.kind in ("number", "money") else sort_key(one)
