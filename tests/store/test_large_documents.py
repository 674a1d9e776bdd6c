"""Documents so large that they fill a JavaScript heap: they are in every view, and spoil none."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from store.errors import DesignError
from store.lite import LiteServer
from store.lite.database import LiteDatabase
from store.lite.js.pool import JsPool
from store.types import Doc, ViewOptions

MEMORY = 12 * 1024 * 1024
"""Bytes of a heap, a few times less than usual: so the documents need not take seconds to read."""
BIG: Doc = {"_id": "big", "x": [{"k": number} for number in range(60_000)]}
EMPTY = {"_id": "empty", "x": [[] for _ in range(200_000)]}
MODULE = """exports.make = function () {
  for (var i = 0; i < 1500; i++) { var one = {}; one.self = one; }
  return i;
};"""


def design(map_: str, **parts: object) -> Doc:
    views = {"lib": {"cycles": MODULE}, "all": {"map": map_}}
    return {"_id": "_design/d", "views": views, **parts}


@pytest.fixture
def db(tmp_path: Path) -> Iterator[LiteDatabase]:
    with closing(JsPool(memory=MEMORY)) as pool, closing(LiteServer(tmp_path, pool)) as server:
        server.create("a")
        yield server.database("a")


def test_a_large_document_stands_in_a_view(db: LiteDatabase) -> None:
    db.put(design("function (doc) { emit(doc._id, doc.x ? doc.x.length : 0); }"))
    db.bulk_docs([BIG, EMPTY, {"_id": "small"}])
    rows = db.view("d", "all", ViewOptions())["rows"]
    assert [(row["key"], row["value"]) for row in rows] == [
        ("big", 60_000), ("empty", 200_000), ("small", 0)
    ]  # fmt: skip


def test_what_a_large_document_leaves_hinders_no_other(db: LiteDatabase) -> None:
    db.put(design("function (doc) { emit(require('views/lib/cycles').make(), 1); }"))
    db.bulk_docs([BIG, *({"_id": f"d{number}"} for number in range(300))])
    assert len(db.view("d", "all", ViewOptions())["rows"]) == 301


def test_a_large_document_is_written_and_edited_under_a_check(db: LiteDatabase) -> None:
    db.put({"_id": "_design/v", "validate_doc_update": "function (doc, old) {}"})
    rev = db.put(EMPTY)
    assert db.put({**EMPTY, "_rev": rev}).startswith("2-")


def test_a_function_that_takes_all_memory_is_an_error_of_its_document(db: LiteDatabase) -> None:
    bomb = "function (doc) { var all = []; for (;;) all.push([all.length]); }"
    db.put(design(bomb))
    db.put({"_id": "small"})
    with pytest.raises(DesignError, match="out of memory"):
        db.view("d", "all", ViewOptions())
