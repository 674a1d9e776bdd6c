"""Filters of the changes feed by functions of design documents."""

from typing import Any

import pytest

from store.api import Database
from store.errors import NotFound, StoreError
from store.types import ChangesOptions
from tests.conformance.helpers import changed_ids

DESIGN: dict[str, Any] = {
    "_id": "_design/f",
    "views": {"won": {"map": "function (doc) { if (doc.stage === 'won') emit(doc._id); }"}},
    "filters": {
        "stage": "function (doc, req) { return doc.stage === req.query.stage; }",
        "gone": "function (doc) { return doc._deleted; }",
        "broken": "function (doc) { return doc.missing.item; }",
    },
}


@pytest.fixture
def deals(db: Database) -> Database:
    db.bulk_docs([{"_id": "a", "stage": "won"}, {"_id": "b", "stage": "lost"}, DESIGN])
    db.put({"_id": "c", "stage": "won"})
    db.delete("b", db.get("b")["_rev"])
    return db


def test_by_a_filter_function(deals: Database) -> None:
    won = ChangesOptions(filter="f/stage", query={"filter": "f/stage", "stage": "won"})
    assert changed_ids(deals, won) == ["a", "c"]
    assert changed_ids(deals, ChangesOptions(filter="f/gone")) == ["b"]


def test_by_a_view(deals: Database) -> None:
    assert changed_ids(deals, ChangesOptions(filter="_view", view="f/won")) == ["a", "c"]


def test_design_documents_only(deals: Database) -> None:
    assert changed_ids(deals, ChangesOptions(filter="_design")) == ["_design/f"]


def test_a_filtered_feed_moves_on(deals: Database) -> None:
    answer = deals.changes(ChangesOptions(filter="f/gone"))
    assert deals.changes(ChangesOptions(since=answer["last_seq"]))["results"] == []


@pytest.mark.parametrize(
    ("name", "error"),
    [("f/nothing", NotFound), ("g/stage", NotFound), ("f", StoreError), ("f/broken", StoreError)],
)
def test_filters_that_do_not_work(deals: Database, name: str, error: type[StoreError]) -> None:
    with pytest.raises(error):
        deals.changes(ChangesOptions(filter=name))
