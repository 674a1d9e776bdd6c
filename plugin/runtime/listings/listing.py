"""Listings as one identity sees them: pages by key, categories with counts and sums.

Only the ranges of reader sets that the identity may read are touched, so neither cost nor totals
tell of other documents.
"""

import base64
import binascii
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from plugin.runtime.context import Context
from plugin.runtime.door.document import Document
from plugin.runtime.door.reading import open_many
from plugin.runtime.errors import BadInput
from plugin.runtime.listings.listing_spec import ListingSpec
from plugin.runtime.listings.ranges import Range, as_list, grouped, rows, totals, under
from plugin.runtime.listings.readersets import Readable
from store.collation import sort_key
from store.merging import added
from store.types import Row as StoreRow

SCAN = 2000
"""Rows looked through for a text in the middle of a key."""
MOST = 1000
"""The longest page."""

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Row:
    """One line: its key without reader set, its numbers (the first is the count), its document."""

    id: str
    key: tuple[Any, ...]
    value: tuple[float, ...]
    document: Document

    @property
    def items(self) -> Mapping[str, Any]:
        return self.document.items

    @property
    def conflict(self) -> bool:
        return self.document.conflict


@dataclass(frozen=True)
class Page:
    """Some lines, tokens for the pages beside (None at the ends), and totals over all pages.

    `sums[n]` belongs to a column with `"sum": n`; `sums[0]` is the count.
    """

    rows: tuple[Row, ...]
    next: str | None
    previous: str | None
    total: int
    sums: tuple[float, ...]


@dataclass(frozen=True)
class Category:
    """One category: its value, the key prefix that opens it, its count and sums."""

    value: Any
    prefix: tuple[Any, ...]
    count: int
    sums: tuple[float, ...]


class Listing:
    """A listing of a database for one identity. `spec` says what it shows."""

    def __init__(self, context: Context, spec: ListingSpec) -> None:
        self.context = context
        self.spec = spec

    def page(
        self,
        *,
        after: str | None = None,
        before: str | None = None,
        limit: int = 50,
        prefix: Sequence[Any] = (),
        contains: str = "",
        descending: bool = False,
    ) -> Page:
        """Up to `limit` lines (at most 1000) after or before a token, in order of keys.

        `prefix` are the first parts of the key (an open category). `contains` looks for a text in
        the keys behind the prefix: first those that begin so, then others among the first 2000
        lines; it gives one page. Raises BadInput for a bad token or a missing key.
        """
        self.context.note("listed", self.spec.name)
        limit = max(1, min(limit, MOST))
        span = under(self.whole_key(prefix))
        if contains.strip():
            return self._search(prefix, contains.strip(), limit)
        backwards = before is not None
        token = before or after
        past = read_token(token, span) if token else None
        found = self.rows_in(Range(span.low, span.high, past), limit + 1, descending != backwards)
        more, found = len(found) > limit, found[:limit]
        if backwards:
            found.reverse()
        first, last = (token_of(found[0]), token_of(found[-1])) if found else (None, None)
        sums = self._totals(span)
        return Page(
            rows=self._lines(found),
            next=last if (backwards or more) else None,
            previous=first if (after or (backwards and more)) else None,
            total=int(sums[0]),
            sums=sums,
        )

    def categories(self, prefix: Sequence[Any] = ()) -> list[Category]:
        """The values that follow `prefix` in the keys, each with count and sums.

        Keywords that the form itself lists, such as states, come in the form's order.
        """
        full = self.whole_key(prefix)
        found = self._asked(grouped, under(full), len(full) + 1)
        made = [
            Category(key[-1], (*prefix, key[-1]), int(sums[0]), tuple(sums))
            for key, sums in found
            if len(key) == len(full) + 1 and sums[0]
        ]
        places = self._places(len(prefix) - len(self.spec.key))
        return sorted(made, key=lambda one: places.get(str(one.value), len(places)))

    def _places(self, depth: int) -> dict[Any, int]:
        """Where the form puts the keywords of the category at this depth."""
        form = self.context.design.forms.get(self.spec.form)
        if form is None or not 0 <= depth < len(self.spec.categories):
            return {}
        item = form.items.get(self.spec.categories[depth].item)
        choices = item.choices if item else ()
        return {choice.value: place for place, choice in enumerate(choices)}

    def count(self, prefix: Sequence[Any] = ()) -> int:
        """How many lines there are under `prefix`."""
        return int(self._totals(under(self.whole_key(prefix)))[0])

    def all_rows(self, prefix: Sequence[Any] = ()) -> Iterator[Row]:
        """Every line under `prefix`, read page by page (for exports and agents)."""
        after: str | None = None
        while True:
            page = self.page(after=after, limit=MOST, prefix=prefix)
            yield from page.rows
            after = page.next
            if after is None:
                return

    def between(self, low: Sequence[Any], high: Sequence[Any], limit: int = 50) -> tuple[Row, ...]:
        """The first lines with keys from `low` to everything that begins with `high`, as for
        what is due by now: `between([], ["2026-11-22T06:00:00Z"])`."""
        span = Range(self.whole_key(low, key=False), under(self.whole_key(high, key=False)).high)
        return self._lines(self.rows_in(span, max(1, min(limit, MOST))))

    def rows_in(self, span: Range, wanted: int, descending: bool = False) -> list[StoreRow]:
        """The first rows of the index in a range of whole keys, without their documents."""
        return [*self._asked(rows, span, wanted, descending)]

    def count_in(self, span: Range) -> int:
        """How many rows there are in a range of whole keys."""
        return int(self._totals(span)[0])

    def whole_key(self, prefix: Sequence[Any], *, key: bool = True) -> tuple[Any, ...]:
        """The first parts of the keys of the view: the person where the listing is `mine`, then
        `prefix`. Raises BadInput where a part of the key is missing."""
        if key and len(prefix) < len(self.spec.key):
            raise BadInput(
                "The listing {listing} needs a value for {item}.",
                listing=self.spec.name,
                item=self.spec.key[len(prefix)],
            )
        mine = (self.context.identity.name,) if self.spec.mine else ()
        return (*mine, *prefix)

    def _asked(self, ask: Callable[..., Answer], span: Range, *more: Any) -> Answer:
        """What a question gives over all sets that may be read, or gave before in this state."""
        office, name = self.context.office, self.context.name
        sets = office.reader_sets(name).readable_now(self.context)
        if self.context.only_public and not self.spec.public:
            sets = Readable((), sets.as_of)
        view = self.spec.view
        question = (ask, view, sets.names, json.dumps([span.low, span.high, span.past]), *more)
        return office.answers(name).get(
            sets.as_of,
            question,
            lambda: ask(self.context.reading, view, sets.names, span, *more),
        )

    def _totals(self, span: Range) -> tuple[float, ...]:
        return tuple(self._asked(totals, span)) or (0,)

    def _lines(self, found: Sequence[StoreRow]) -> tuple[Row, ...]:
        """The lines with their documents; one that was taken away just now is left out."""
        documents = open_many(self.context, list(dict.fromkeys(row["id"] for row in found)))
        return tuple(row_of(row, documents) for row in found if row["id"] in documents)

    def _search(self, prefix: Sequence[Any], text: str, limit: int) -> Page:
        full = self.whole_key(prefix)
        found = self.rows_in(under(full, text), limit)
        if len(found) < limit:
            wanted = text.casefold()
            there = {row["id"] for row in found}
            others = (row for row in self.rows_in(under(full), SCAN) if row["id"] not in there)
            matching = (row for row in others if _holds(row["key"][len(full) :], wanted))
            found += islice(matching, limit - len(found))
        lines = self._lines(found)
        sums = tuple(as_list(added([list(row.value) for row in lines])))
        return Page(lines, None, None, len(lines), sums)


def _holds(key: Sequence[Any], text: str) -> bool:
    return any(isinstance(part, str) and text in part.casefold() for part in key)


def row_of(row: StoreRow, documents: Mapping[str, Document]) -> Row:
    """A row of the index as a line, with its document out of those that were opened."""
    return Row(row["id"], tuple(row["key"]), tuple(as_list(row["value"])), documents[row["id"]])


def token_of(row: StoreRow) -> str:
    """The place behind a row, for the address of the next page."""
    text = json.dumps([row["key"], row["id"]], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_token(token: str, span: Range) -> tuple[tuple[Any, ...], str]:
    """The place that a token names. Raises BadInput where it lies in no page of this range."""
    try:
        key, docid = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        if not sort_key(list(span.low)) <= sort_key(list(key)) <= sort_key(list(span.high)):
            raise ValueError("outside the range")
        return tuple(key), str(docid)
    except (ValueError, TypeError, RecursionError, binascii.Error) as error:
        raise BadInput("This page address is damaged. Open the listing anew.") from error
