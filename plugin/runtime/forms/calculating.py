"""Items of a document that is made ready: what is empty, and what is calculated. Pure."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from plugin.runtime.forms.form import Form, Item, is_empty
from plugin.runtime.forms.formulas import Unfit, calculated
from plugin.runtime.forms.rows import is_table

Doc = dict[str, Any]


def put(doc: Doc, item: str, value: Any) -> None:
    """Set an item, or take it away where nothing is filled in: what is empty is written in one way
    only, so that saving a form anew does not look like a change of its empty items."""
    if is_empty(value):
        doc.pop(item, None)
    else:
        doc[item] = value


def calculate(form: Form, new: Doc) -> None:
    """Write what the formulas of the form give: first in rows, then in the document. What cannot
    be calculated with is left empty; the form's check says why."""
    each_row(form, new, lambda table, row: _calculate(table.columns, row))
    _calculate(form.items, new)


def _calculate(items: Mapping[str, Item], new: Doc) -> None:
    formulas = [item for item in items.values() if item.formula is not None]
    for _ in formulas:  # one may need another
        for item in formulas:
            with suppress(Unfit):
                put(new, item.name, None)
                put(new, item.name, calculated(item.formula, item.kind, new))


def totals(table: Item, rows: Any) -> Doc:
    """The sums that stand below a table, by column; none where they cannot be added."""
    found: Doc = {}
    for name, column in table.columns.items():
        if column.total:
            with suppress(Unfit):
                sum_of = {"sum": [table.name, name]}
                put(found, name, calculated(sum_of, column.kind, {table.name: rows}))
    return found


def each_row(form: Form, new: Doc, write: Callable[[Item, Doc], None]) -> None:
    """Let `write` change a copy of each row: the document that is replaced shares the rows."""
    for name, item in form.items.items():
        if item.kind == "table" and is_table(new.get(name)):
            new[name] = [dict(row) for row in new[name]]
            for row in new[name]:
                write(item, row)
