"""`_view`: what indexes answer, and that they follow the documents."""

import pytest

from store.api import Database
from store.errors import NotFound, QueryParseError
from store.types import ViewOptions

DESIGN = {
    "_id": "_design/d",
    "views": {
        "by_k": {"map": "function (doc) { if ('k' in doc) emit(doc.k, doc.n || 1); }"},
        "sums": {
            "map": "function (doc) { if (doc.k) emit([doc.k, doc._id], doc.n); }",
            "reduce": "_sum",
        },
    },
}


@pytest.fixture
def full(db: Database) -> Database:
    db.put(DESIGN)
    db.bulk_docs([{"_id": f"d{at}", "k": "abc"[at % 3], "n": at} for at in range(6)])
    return db


def test_rows_are_in_order_of_key_and_id(full: Database) -> None:
    answer = full.view("d", "by_k")
    assert [(row["key"], row["id"]) for row in answer["rows"]] == [
        ("a", "d0"), ("a", "d3"), ("b", "d1"), ("b", "d4"), ("c", "d2"), ("c", "d5"),
    ]  # fmt: skip
    assert (answer["total_rows"], answer["offset"]) == (6, 0)
    keys = [row["id"] for row in full.view("d", "by_k", ViewOptions(key="b"))["rows"]]
    assert keys == ["d1", "d4"]


def test_keys_of_all_types_are_in_couchdbs_order(full: Database) -> None:
    values = [None, False, True, -1, 2, 10, "a", "A", "b", "客", [], ["a"], {}, {"a": 1}]
    docs = [{"_id": f"t{at:02}", "k": value} for at, value in enumerate(values)]
    full.bulk_docs(list(reversed(docs)))
    found = [row["id"] for row in full.view("d", "by_k")["rows"] if row["id"].startswith("t")]
    assert found == [doc["_id"] for doc in docs]


def test_an_index_follows_edits_and_deletions(full: Database) -> None:
    full.view("d", "by_k")
    full.put({**full.get("d0"), "k": "z"})
    full.delete("d1", full.get("d1")["_rev"])
    rows = full.view("d", "by_k")["rows"]
    assert [(row["key"], row["id"]) for row in rows] == [
        ("a", "d3"), ("b", "d4"), ("c", "d2"), ("c", "d5"), ("z", "d0"),
    ]  # fmt: skip


@pytest.mark.needs("purge")
def test_an_index_forgets_purged_documents(full: Database) -> None:
    assert len(full.view("d", "by_k")["rows"]) == 6
    full.purge({"d0": [full.get("d0")["_rev"]]})
    assert "d0" not in [row["id"] for row in full.view("d", "by_k")["rows"]]


def test_reduced_and_grouped(full: Database) -> None:
    assert full.view("d", "sums")["rows"] == [{"key": None, "value": 15}]
    grouped = full.view("d", "sums", ViewOptions(group_level=1))["rows"]
    assert grouped == [
        {"key": ["a"], "value": 3}, {"key": ["b"], "value": 5}, {"key": ["c"], "value": 7},
    ]  # fmt: skip
    some = ViewOptions(startkey=["b"], endkey=["b", {}], reduce=False, include_docs=True)
    rows = full.view("d", "sums", some)["rows"]
    assert [row["doc"]["_id"] for row in rows] == ["d1", "d4"]


def test_several_queries_have_one_answer_each(full: Database) -> None:
    answers = full.queries("d", "by_k", [ViewOptions(key="a"), ViewOptions(limit=1, skip=5)])
    assert [[row["id"] for row in answer["rows"]] for answer in answers] == [["d0", "d3"], ["d5"]]


def test_a_changed_design_is_a_new_index(full: Database) -> None:
    assert len(full.view("d", "by_k")["rows"]) == 6
    design = full.get("_design/d")
    design["views"]["by_k"]["map"] = "function (doc) { if (doc.n > 3) emit(doc.n); }"
    full.put(design)
    assert [row["key"] for row in full.view("d", "by_k")["rows"]] == [4, 5]


def test_views_that_are_not_there(full: Database) -> None:
    with pytest.raises(NotFound):
        full.view("d", "none")
    with pytest.raises(NotFound):
        full.view("none", "by_k")
    with pytest.raises(QueryParseError):
        full.view("d", "by_k", ViewOptions(group=True))
