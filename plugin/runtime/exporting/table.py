"""The rows of a listing as one person may read them, with values that programs calculate with."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from plugin.runtime.clock import parse_stamp
from plugin.runtime.context import Context
from plugin.runtime.door.door_checks import choices
from plugin.runtime.door.links import Links
from plugin.runtime.filters.filtered import Filtered
from plugin.runtime.filters.query import Query
from plugin.runtime.forms.fields import display
from plugin.runtime.forms.form import Item, is_empty
from plugin.runtime.listings.listing import Listing, Row
from plugin.runtime.messages import Message, translate

Value = str | int | float | Decimal | bool | date | datetime | None
"""What stands in one field. Times are in the person's zone and carry none."""

DOCUMENT = Message("Id of the document")
NO_QUERY = Query()


@dataclass(frozen=True)
class Export:
    """A table: its headings, and its rows, read while they are taken. `total`: at most so many."""

    title: str
    headings: tuple[str, ...]
    rows: Iterator[tuple[Value, ...]]
    total: int


def export(
    listing: Listing,
    *,
    prefix: Sequence[Any] = (),
    contains: str = "",
    query: Query = NO_QUERY,
    whole: bool = False,
) -> Export:
    """All rows of a listing under `prefix`, or those that a filter for `contains` shows, or those
    that meet a query, with the columns of the listing or of the query; `whole`: with all items of
    the form, and the id of each document first.

    Raises Refused with the reason for who may not replicate or copy.
    """
    ctx = listing.context
    ctx.demand("replicate")
    items = _items(ctx, listing, query, whole)
    found = _found(listing, prefix, contains, query)
    writer = _Writer(ctx)
    rows = (((row.id,) if whole else ()) + tuple(writer.values(items, row)) for row in found)
    head = [translate(DOCUMENT, ctx.session.language)] if whole else []
    headings = (*head, *(text for item in items for text in _headings(ctx, item)))
    title = translate(listing.spec.title, ctx.session.language)
    return Export(title, headings, rows, listing.count(prefix))


def _found(listing: Listing, prefix: Sequence[Any], contains: str, query: Query) -> Iterator[Row]:
    if query.narrows:
        given = dict(zip(listing.spec.key, map(str, prefix), strict=False))
        return Filtered(listing, query, given).all()
    if contains:
        return iter(listing.page(prefix=prefix, contains=contains, limit=1000).rows)
    return listing.all_rows(prefix)


def _items(ctx: Context, listing: Listing, query: Query, whole: bool) -> list[Item]:
    """Without those of columns that the form does not have (any more)."""
    form, spec = ctx.form(listing.spec.form), listing.spec
    names = query.columns or [column.item for column in (*spec.categories, *spec.columns)]
    wanted = form.items if whole else dict.fromkeys(names)
    return [form.items[name] for name in wanted if name in form.items]


def _headings(ctx: Context, item: Item) -> Iterator[str]:
    language = ctx.session.language
    label = translate(item.label or item.name, language)
    yield label
    if item.kind == "money":
        yield translate(Message("Currency of {label}", {"label": label}), language)


class _Writer:
    """Makes the fields of rows, with what was looked up for earlier ones."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._zone = ZoneInfo(ctx.session.time_zone)
        self._links = Links(ctx)
        self._labels: dict[str, Mapping[str, str]] = {}

    def values(self, items: Sequence[Item], row: Row) -> Iterator[Value]:
        for item in items:
            value = row.items.get(item.name)
            if item.kind == "money":
                yield from _money(value)
            elif isinstance(value, list):
                yield ", ".join(str(self._one(item, one)) for one in value)
            else:
                yield None if is_empty(value) else self._one(item, value)

    def _one(self, item: Item, value: Any) -> Value:
        try:
            return self._typed(item, value)
        except (ValueError, TypeError):  # stored against its kind: shown as it is
            return str(value)

    def _typed(self, item: Item, value: Any) -> Value:
        if item.kind in ("number", "boolean") and isinstance(value, int | float):
            return value
        if item.kind == "date":
            return date.fromisoformat(value)
        if item.kind == "datetime":
            return parse_stamp(value).astimezone(self._zone).replace(tzinfo=None)
        if item.kind == "link":
            return self._link(item, value)
        if item.kind == "keyword":
            return self._label(item, str(value))
        return display(item, value, self._ctx.session.language, name_of=self._ctx.name_of)

    def _link(self, item: Item, docid: str) -> str:
        """The title of the document; nothing for who may not open it."""
        found = self._links.readable(item.database, docid)
        if found is None:
            return ""
        return self._ctx.session.context(item.database).title(found)

    def _label(self, item: Item, value: str) -> str:
        if item.name not in self._labels:
            language = self._ctx.session.language
            self._labels[item.name] = {
                one.value: translate(one.label, language) for one in choices(self._ctx, item)
            }
        return self._labels[item.name].get(value, value)


def _money(value: Any) -> tuple[Value, Value]:
    if not isinstance(value, Mapping):
        return None, None
    try:
        return Decimal(str(value["amount"])), str(value.get("currency", ""))
    except (KeyError, InvalidOperation):
        return str(value), None
