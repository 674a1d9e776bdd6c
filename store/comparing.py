"""Whether two databases with the same documents give the same answers to all their views."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import zip_longest

from store.api import Database
from store.errors import StoreError
from store.types import Json, Row, ViewOptions

PAGE = 1000


def differing_views(database: Database, other: Database) -> Iterator[str]:
    """A sentence for each view of `database` whose rows or reductions are not those of `other`. A
    view that neither can answer is none of them."""
    options = ViewOptions(startkey="_design/", endkey="_design0", include_docs=True)
    for row in database.all_docs(options)["rows"]:
        ddoc = row["id"].removeprefix("_design/")
        for name, view in (row["doc"].get("views") or {}).items():
            if name == "lib":
                continue
            try:
                different = _first_difference(database, other, ddoc, name)
                if (
                    different is None
                    and view.get("reduce")
                    and _reduced(database, ddoc, name) != (_reduced(other, ddoc, name))
                ):
                    different = "its reduction"
            except StoreError:  # what cannot be built has no index that could be wrong
                continue
            if different is not None:
                yield f"The index of {ddoc}/{name} is not what the documents give: {different}."


def _first_difference(database: Database, other: Database, ddoc: str, name: str) -> str | None:
    rows = zip_longest(_rows(database, ddoc, name), _rows(other, ddoc, name))
    for number, (left, right) in enumerate(rows, 1):
        if left != right:
            return f"row {number}"
    return None


def _rows(database: Database, ddoc: str, name: str) -> Iterator[Row]:
    """All rows, page by page: from the last key and document on, past those of it already seen."""
    options = ViewOptions(reduce=False, limit=PAGE)
    while True:
        rows = database.view(ddoc, name, options)["rows"]
        yield from rows
        if len(rows) < PAGE:
            return
        key, docid = rows[-1]["key"], rows[-1]["id"]
        seen = sum((row["key"], row["id"]) == (key, docid) for row in rows)
        if options.startkey_docid == docid and options.startkey == key:
            seen += options.skip
        options = replace(options, startkey=key, startkey_docid=docid, skip=seen)


def _reduced(database: Database, ddoc: str, name: str) -> list[Json]:
    return list(database.view(ddoc, name, ViewOptions(reduce=True))["rows"])
