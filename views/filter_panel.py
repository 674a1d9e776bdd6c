"""The panel of a listing in which one says which rows, which columns and which order one wants."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from flask import request

from plugin import (
    ME,
    PERIODS,
    Criterion,
    Documents,
    FilterRow,
    Form,
    ListingSpec,
    Query,
    filter_choices,
    filterable,
    rows_of,
)
from views import edit_page
from views.editing import Field, Option
from views.labels import label_of
from views.language import _
from views.renderers import renderer, target

FEW = 12
"""So many keywords are shown as ticks; more as a list."""
DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})?")
UNSORTED = ("richtext", "table")
"""Kinds of items that have no order."""
SEVERAL = ("is", "not")
"""Operators whose values are those of the item."""


@dataclass(frozen=True)
class Line:
    """One condition. `kind` says which fields stand in it: text, ticks, list, picker, yes or ends;
    `dated` that the ends are days."""

    item: str
    label: str
    choices: tuple[Option, ...]
    choice: str
    kind: str
    field: Field
    low: str = ""
    high: str = ""
    dated: bool = False


@dataclass(frozen=True)
class Tick:
    value: str
    label: str
    on: bool


@dataclass(frozen=True)
class Panel:
    lines: tuple[Line, ...]
    more: tuple[Option, ...]
    columns: tuple[Tick, ...]
    orders: tuple[Tick, ...]
    descending: bool
    open: bool


def panel(docs: Documents, spec: ListingSpec, query: Query, *, open: bool) -> Panel:
    """The panel as the address fills it in; what makes no sense stays in it as it was typed."""
    form = docs.form(spec.form)
    added = [name for name in request.args.getlist("with") if name in form.items]
    rows = rows_of(form, request.args.items(multi=True))
    known = filterable(form)
    rows += [FilterRow(form.items[n], "") for n in added if form.items[n] in known]
    shown = query.columns or tuple(column.item for column in spec.columns)
    order = [name for name in shown if name in form.items]
    order += [
        name
        for name, item in form.items.items()
        if name not in order and item.label and item.kind != "table"
    ]
    return Panel(
        lines=tuple(_line(docs, row) for row in rows),
        more=tuple(Option(item.name, _(item.label)) for item in known),
        columns=tuple(Tick(name, label_of(form, name), name in shown) for name in order),
        orders=tuple(
            Tick(name, label_of(form, name), name == query.sort)
            for name, item in form.items.items()
            if item.label and item.kind not in UNSORTED
        ),
        descending=query.descending,
        open=open or bool(added),
    )


def _line(docs: Documents, row: FilterRow) -> Line:
    item = replace(row.item, many=True, open=False, required=False, help="")
    field = edit_page.fields(docs, [item], {item.name: row.texts}, {}, {})[item.name]
    if item.kind == "names":
        field = replace(field, options=_with_me(field.options, row.texts))
    offered = filter_choices(row.item)
    return Line(
        item=item.name,
        label=_(item.label),
        choices=tuple(Option(name, _(title)) for name, title in offered.items()),
        choice=row.choice or next(iter(offered)),
        kind=_kind(item.kind, field),
        field=field,
        low=row.low,
        high=row.high,
        dated=item.kind in ("date", "datetime") and all(map(_is_day, (row.low, row.high))),
    )


def _is_day(text: str) -> bool:
    """Whether the browser's field for days shows it; it would swallow what is none."""
    return DAY.fullmatch(text) is not None


def _with_me(options: Sequence[Option], chosen: Sequence[str]) -> tuple[Option, ...]:
    """The person first, whoever it is that looks."""
    rest = tuple(one for one in options if one.value != ME)
    return (Option(ME, _("Me")), *rest)


def _kind(kind: str, field: Field) -> str:
    kinds = {"names": "picker", "link": "picker", "boolean": "yes", "keyword": "ticks"}
    found = kinds.get(kind, "text" if kind in ("text", "richtext") else "ends")
    if found == "ticks" and not field.options:
        return "text"
    return "list" if found == "ticks" and len(field.options) > FEW else found


def said(docs: Documents, form: Form, one: Criterion) -> str:
    """A condition in words."""
    label = label_of(form, one.item.name)
    values = _(", ").join(_shown(docs, one, text) for text in one.texts)
    texts = {
        "not": _("{item}: not {values}", item=label, values=values),
        "contains": _("{item} contains “{values}”", item=label, values=values),
        "begins": _("{item} begins with “{values}”", item=label, values=values),
        "from": _("{item} from {values}", item=label, values=values),
        "to": _("{item} up to {values}", item=label, values=values),
        "empty": _("{item} is empty", item=label),
        "filled": _("{item} is filled in", item=label),
    }
    return texts.get(one.operator) or _("{item}: {values}", item=label, values=values)


def _shown(docs: Documents, one: Criterion, text: str) -> str:
    item = one.item
    if one.operator == "in":
        return _(PERIODS[text].title)
    if item.kind == "names" and text == ME:
        return _("Me")
    if item.kind == "boolean":
        return _("Yes") if True in one.values else _("No")
    if item.kind == "link":
        return target(item, text, {}).title
    return renderer(docs).text(item, text) if one.operator in SEVERAL else text
