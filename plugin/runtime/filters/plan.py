"""Which index answers a query, and which ranges of it have to be read.

Conditions on the first items of an index become ranges of its keys; all others are asked of the
documents that are read. Listings that hold each document of the form once (`ListingSpec.index`)
stand in for one another; another listing is read from its own index.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

from plugin.runtime.clock import stamp
from plugin.runtime.filters.criteria import ME, Asker, Criterion
from plugin.runtime.filters.query import Query
from plugin.runtime.forms.form import Form, Item
from plugin.runtime.listings.listing import Listing
from plugin.runtime.listings.listing_spec import ListingSpec
from plugin.runtime.listings.ranges import Range, under
from store.collation import TOP

MOST_RANGES = 32
"""More values of a condition than this, and it is asked of the documents."""
EXACT = ("keyword", "names", "link")
"""Kinds whose values stand in keys as they are compared."""
NOTHING = ("", None)
"""What stands in a key for an item that is not filled in."""


@dataclass(frozen=True)
class Plan:
    """The ranges of one index, and the conditions that are left for the documents in them.

    `ordered` are items by whose values the rows come, as far as that is known.
    """

    listing: Listing
    ranges: tuple[Range, ...]
    left: tuple[Criterion, ...]
    ordered: tuple[str, ...] = ()

    def helps(self, query: Query) -> bool:
        """Whether it has fewer rows than the whole index, or the order asked for."""
        return self.ranges != (under(()),) or bool(query.sort and self.serves(query))

    def serves(self, query: Query) -> bool:
        """Whether the rows come in the order asked for."""
        return not query.sort or self.ordered[:1] == (query.sort,)

    def rows(self) -> int:
        """How many rows there are in its ranges, for this identity."""
        return sum(self.listing.count_in(span) for span in self.ranges)


def plans(listing: Listing, query: Query, given: Mapping[str, str], asker: Asker) -> list[Plan]:
    """The ways to answer a query over a listing, its own index first. `given` are the values of the
    items that the listing's key needs. Raises BadInput for one that is missing."""
    spec, form = listing.spec, listing.context.form(listing.spec.form)
    whole = under(listing.whole_key([given[item] for item in spec.key if given.get(item)]))
    if not spec.index:
        return [Plan(listing, (whole,), query.criteria)]
    criteria = (*_implied(form, spec, given), *query.criteria)
    found = [_plan(one, form, criteria, asker) for one in _alike(listing)]
    return [found[0], *(plan for plan in found[1:] if plan.helps(query))]


def _implied(form: Form, spec: ListingSpec, given: Mapping[str, str]) -> list[Criterion]:
    """What the listing asks itself: whose documents, and of what they are responses."""
    wanted = {**({spec.mine: ME} if spec.mine else {}), **{item: given[item] for item in spec.key}}
    return [Criterion(form.items[item], "is", (one,), (one,)) for item, one in wanted.items()]


def _alike(listing: Listing) -> list[Listing]:
    """The listing, and others whose indexes hold the same documents."""
    ctx, spec = listing.context, listing.spec
    others = [
        other
        for other in ctx.design.listings.values()
        if other.index and other.form == spec.form and (other.public or not ctx.only_public)
    ]
    by_view = {other.view: other for other in others if other.view != spec.view}
    return [listing, *(Listing(ctx, other) for other in by_view.values())]


def _plan(listing: Listing, form: Form, criteria: tuple[Criterion, ...], asker: Asker) -> Plan:
    prefixes: list[tuple[Any, ...]] = [()]
    left, index = list(criteria), listing.spec.index
    for depth, name in enumerate(index):
        exact = _exact(left, form.items.get(name), asker, MOST_RANGES // len(prefixes))
        if exact is None:
            span = _span(left, form.items.get(name), asker)
            ordered = index[depth:] if len(prefixes) == 1 else ()
            return Plan(listing, tuple(_range(one, span) for one in prefixes), tuple(left), ordered)
        used, values = exact
        left.remove(used)
        prefixes = [(*one, value) for one, value in product(prefixes, values)]
    return Plan(listing, tuple(map(under, prefixes)), tuple(left))


def _exact(
    left: list[Criterion], item: Item | None, asker: Asker, most: int
) -> tuple[Criterion, tuple[Any, ...]] | None:
    """A condition that says which values an item may have, and these as they stand in keys."""
    for one in left:
        if item is None or one.item != item or item.many:
            continue
        if one.operator == "empty" and len(NOTHING) <= most:
            return one, NOTHING
        if one.operator == "is" and item.kind in EXACT and len(one.values) <= most:
            return one, tuple(sorted(dict.fromkeys(v for v in one.wanted(asker) if v is not None)))
    return None


def _span(left: list[Criterion], item: Item | None, asker: Asker) -> tuple[str, str]:
    """First and last text of the keys that conditions on an item leave; they are asked again of
    the documents."""
    low, high = "", ""
    for one in left:
        if item is None or one.item != item or item.many:
            continue
        if item.kind in ("date", "datetime") and one.operator in ("in", "from", "to"):
            first, last = one.days(asker)
            begin = _day(first, item, asker.zone) if first else ""
            end = _day(last + timedelta(item.kind == "datetime"), item, asker.zone) if last else ""
            low, high = max(low, begin), min(high, end) if high and end else high or end
    return low, high


def _day(day: date, item: Item, zone: str) -> str:
    """A day as it stands in keys; of times the moment when it begins in the person's zone."""
    if item.kind == "date":
        return day.isoformat()
    return stamp(datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC))


def _range(prefix: tuple[Any, ...], span: tuple[str, str]) -> Range:
    low, high = span
    if not low and not high:
        return under(prefix)
    return Range(
        (*prefix, low) if low else prefix, (*prefix, high, TOP) if high else (*prefix, TOP)
    )
