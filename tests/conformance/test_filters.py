"""Filters of the changes feed by functions of design documents."""

from dataclasses import replace
from typing import Any

import pytest

from store.api import Database
from store.errors import BadRequest, NotFound, StoreError
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
    assert sorted(changed_ids(deals, won)) == ["a", "c"]
    assert changed_ids(deals, ChangesOptions(filter="f/gone")) == ["b"]


def test_by_a_view(deals: Database) -> None:
    assert sorted(changed_ids(deals, ChangesOptions(filter="_view", view="f/won"))) == ["a", "c"]


def test_by_a_selector(deals: Database) -> None:
    won = ChangesOptions(filter="_selector", selector={"stage": {"$in": ["won"]}})
    assert sorted(changed_ids(deals, won)) == ["a", "c"]
    gone = ChangesOptions(filter="_selector", selector={"_deleted": True})
    assert changed_ids(deals, gone) == ["b"]
    with pytest.raises(BadRequest):
        deals.changes(ChangesOptions(filter="_selector", selector={"stage": {"$what": 1}}))


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


def test_a_filter_chooses_among_all_leaves_where_all_are_asked_for(db: Database) -> None:
    db.put(DESIGN)
    losing, winning = "1-" + "1" * 32, "1-" + "2" * 32
    for rev, stage in ((losing, "won"), (winning, "lost")):
        db.bulk_docs([{"_id": "x", "_rev": rev, "stage": stage}], new_edits=False)
    query = {"stage": "won"}
    every = ChangesOptions(filter="f/stage", query=query, style="all_docs")
    (row,) = db.changes(every)["results"]
    assert row["changes"] == [{"rev": losing}]
    assert db.changes(replace(every, style="main_only"))["results"] == []


def test_pages_of_a_filter_go_past_what_is_not_wanted(db: Database) -> None:
    db.put(DESIGN)
    db.bulk_docs([{"_id": f"d{at:04}", "stage": "lost"} for at in range(2500)])
    db.put({"_id": "late", "stage": "won"})
    options = ChangesOptions(filter="f/stage", query={"stage": "won"})
    pages = list(db.changes_pages(options))
    assert [row["id"] for page in pages for row in page["results"]] == ["late"]
    assert db.changes(ChangesOptions(since=pages[-1]["last_seq"]))["results"] == []


@pytest.mark.parametrize("name", ["nope", "a/"])
def test_a_filter_needs_a_design_document_and_a_function(db: Database, name: str) -> None:
    with pytest.raises(StoreError) as refused:
        db.changes(ChangesOptions(filter=name))
    assert refused.value.status in (400, 404)
