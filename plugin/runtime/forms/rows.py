"""Tables by rows. What is booked, compared and merged of a table are its rows, each under
`<table>/<id of the row>`: so rows that were changed apart are different things. Pure.

A table is known by its shape, because merging must come out the same where a form is not known.
"""

import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from plugin.runtime.forms.form import Form, Item, is_empty
from plugin.runtime.forms.formulas import rows_of

ROW_ID = re.compile(r"[a-z0-9]{1,32}")
BETWEEN = "/"

Items = Mapping[str, Any]


def new_row_id() -> str:
    """An id that no other row has, wherever it is made."""
    return secrets.token_hex(6)


def is_table(value: Any) -> bool:
    """True for rows with an id each, all different."""
    if not isinstance(value, list) or not value:
        return False
    ids = [row.get("id") if isinstance(row, dict) else None for row in value]
    sound = all(isinstance(one, str) and ROW_ID.fullmatch(one) for one in ids)
    return sound and len(set(ids)) == len(ids)


def by_rows(items: Items) -> dict[str, Any]:
    """The items, with each row of a table in place of the table."""
    found: dict[str, Any] = {}
    for name, value in items.items():
        if not name.startswith("_") and is_table(value):
            found |= {f"{name}{BETWEEN}{row['id']}": row for row in value}
        else:
            found[name] = value
    return found


def joined(apart: Items, orders: Iterable[Items]) -> dict[str, Any]:
    """The items of `by_rows` put together again. Rows stand as in the first of the documents
    `orders` that has them, after the rows of those before it."""
    whole = {name: value for name, value in apart.items() if BETWEEN not in name}
    places: dict[str, None] = {}
    for doc in orders:
        places |= dict.fromkeys(name for name in by_rows(doc) if BETWEEN in name)
    for name in dict.fromkeys((*places, *apart)):
        if BETWEEN in name and apart.get(name) is not None:
            whole.setdefault(name.partition(BETWEEN)[0], []).append(apart[name])
    return whole


def with_rows(items: Items, other: Items, paths: Iterable[str]) -> dict[str, Any]:
    """The tables of `items` that have a row among `paths`, with these rows as they are in `other`;
    None for one without a row."""
    wanted, there = list(paths), by_rows(other)
    whole = joined({**by_rows(items), **{path: there.get(path) for path in wanted}}, (items, other))
    return {path.partition(BETWEEN)[0]: whole.get(path.partition(BETWEEN)[0]) for path in wanted}


def reordered(old: Items, new: Items) -> list[str]:
    """The tables whose rows stand in another order, whichever were added or taken away."""
    found = []
    for name, value in new.items():
        if is_table(value) and is_table(old.get(name)):
            before, after = ([row["id"] for row in rows] for rows in (old[name], value))
            both = set(before) & set(after)
            if [one for one in before if one in both] != [one for one in after if one in both]:
                found.append(name)
    return found


def tidied(form: Form, items: Items) -> dict[str, Any]:
    """The items as they are stored: rows without a value are left out, new ones get their id."""
    found = dict(items)
    for name in items:
        item = form.items.get(name)
        if item is not None and item.kind == "table" and isinstance(found[name], list):
            found[name] = _rows(item, found[name])
    return found


def _rows(table: Item, rows: Sequence[Any]) -> list[Any]:
    kept = []
    for row in rows:
        if not isinstance(row, Mapping):
            kept.append(row)  # the form's check says so
            continue
        cells = {name: value for name, value in row.items() if not is_empty(value)}
        typed = [name for name in cells if name != "id" and not _calculated(table, name)]
        if typed:
            kept.append({"id": new_row_id(), **cells})
    return kept


def completed(form: Form, items: Items, stored: Items) -> dict[str, Any]:
    """The items with what people do not type in a row as it is stored: so a row that nobody
    touched is the same."""
    found = dict(items)
    for name, rows in items.items():
        item = form.items.get(name)
        if item is not None and item.kind == "table" and is_table(rows):
            before = {row.get("id"): row for row in rows_of(stored.get(name))}
            found[name] = [_completed(item, row, before.get(row["id"], {})) for row in rows]
    return found


def _completed(table: Item, row: Items, before: Items) -> dict[str, Any]:
    typed = {name: value for name, value in row.items() if not _calculated(table, name)}
    return typed | {name: value for name, value in before.items() if _calculated(table, name)}


def _calculated(table: Item, name: str) -> bool:
    return name in table.columns and table.columns[name].computed
