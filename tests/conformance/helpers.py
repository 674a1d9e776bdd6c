"""Small words that the conformance tests share."""

import hashlib
from typing import Any

from store.api import Database
from store.types import ChangesOptions, Doc, Row, ViewOptions


def rev(generation: int, word: str) -> str:
    """A revision id as a client could make it, the same for the same word."""
    return f"{generation}-{hashlib.md5(word.encode(), usedforsecurity=False).hexdigest()}"


def graft(db: Database, docid: str, *path: str, **items: Any) -> None:
    """Replicate one revision; `path` is oldest first, and its last is the revision itself."""
    newest = list(reversed(path))
    doc: Doc = {
        "_id": docid,
        "_rev": newest[0],
        "_revisions": {
            "start": int(newest[0].split("-")[0]),
            "ids": [at.split("-")[1] for at in newest],
        },
        **items,
    }
    assert db.bulk_docs([doc], new_edits=False) == []


def changed_ids(db: Database, options: ChangesOptions = ChangesOptions()) -> list[str]:
    return [row["id"] for row in db.changes(options)["results"]]


def put_design(db: Database, views: dict[str, Any]) -> None:
    """Write the views as `_design/deals`, where `rows` asks for them."""
    db.put({"_id": "_design/deals", "views": views})


def rows(db: Database, view: str, **options: Any) -> list[Row]:
    """The rows of a view of `put_design`."""
    found: list[Row] = db.view("deals", view, ViewOptions(**options))["rows"]
    return found
