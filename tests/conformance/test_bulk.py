"""`_bulk_docs`, `_bulk_get` and `_revs_diff`: the words of replication."""

from typing import Any

import pytest

from store.api import Database
from store.errors import (
    BadDocument,
    BadRequest,
    Conflict,
    IllegalDocId,
    MissingStub,
    StoreError,
)
from store.types import ChangesOptions
from tests.conformance.helpers import changed_ids, graft, rev

ONE, TWO, OTHER = rev(1, "one"), rev(2, "two"), rev(2, "other")


def test_each_document_has_a_row_in_order(db: Database) -> None:
    first = db.put({"_id": "b"})
    rows = db.bulk_docs([{"_id": "a", "n": 1}, {"_id": "b"}, {"_id": "c"}])
    assert [row["id"] for row in rows] == ["a", "b", "c"]
    assert rows[0]["ok"] is True and rows[2]["ok"] is True
    assert rows[1]["error"] == "conflict"
    assert db.get("a")["_rev"] == rows[0]["rev"] and db.get("b")["_rev"] == first


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        ({"_id": "_x"}, IllegalDocId),
        ({"_id": ""}, IllegalDocId),
        ({"_id": 5}, IllegalDocId),
        ({"_id": "x", "_strange": 1}, BadDocument),
        ({"_id": "x", "_deleted": 1}, BadDocument),
        ({"_id": "x", "_attachments": []}, BadDocument),
        ({"_id": "x", "_revisions": 3}, BadDocument),
        ({"_id": "x", "_revisions": {"start": "1", "ids": ["a"]}}, BadDocument),
        ({"_id": "x", "_revisions": {"start": 1, "ids": 5}}, BadDocument),
        ({"_id": "x", "_rev": "none"}, BadRequest),
        ({"_id": "x", "_attachments": {"f": {"data": "%%%"}}}, BadRequest),
        ({"_id": "x", "_attachments": {"f": {"data": "bm90QmFzZQ="}}}, BadRequest),
        ({"_id": "x", "_attachments": {"f": {"data": "notBase64Encoded="}}}, BadRequest),
        ({"_id": "x", "_attachments": {"_f": {"data": ""}}}, BadRequest),
        ({"_id": "x", "_attachments": {"f": {"stub": True}}}, MissingStub),
        (["x"], BadRequest),
    ],
)
def test_a_malformed_document_refuses_the_whole(db: Database, bad: Any, error: Any) -> None:
    with pytest.raises(StoreError) as caught:
        db.bulk_docs([{"_id": "a"}, bad])
    assert type(caught.value) is error
    assert db.all_docs()["rows"] == []


def test_a_replicated_document_needs_a_revision(db: Database) -> None:
    with pytest.raises(BadRequest, match="_rev"):
        db.bulk_docs([{"_id": "a"}], new_edits=False)


def test_a_document_without_id_gets_one(db: Database) -> None:
    (row,) = db.bulk_docs([{"n": 1}])
    assert len(row["id"]) >= 16 and db.get(row["id"])["n"] == 1


def test_the_same_document_twice_is_a_conflict_for_the_second(db: Database) -> None:
    rows = db.bulk_docs([{"_id": "a", "n": 1}, {"_id": "a", "n": 2}])
    assert [row.get("error") for row in rows] == [None, "conflict"]
    assert db.get("a")["n"] == 1


def test_nothing_to_write_is_no_error(db: Database) -> None:
    assert db.bulk_docs([]) == []
    assert db.bulk_docs([], new_edits=False) == []


def test_replicated_revisions_are_kept_as_given(db: Database) -> None:
    graft(db, "a", ONE, TWO, n=2)
    found = db.get("a", revs=True)
    assert (found["_rev"], found["n"]) == (TWO, 2)
    assert found["_revisions"] == {"start": 2, "ids": [TWO[2:], ONE[2:]]}


def test_a_revision_may_have_no_hash(db: Database) -> None:
    assert db.bulk_docs([{"_id": "a", "_rev": "1-", "n": 1}], new_edits=False) == []
    assert (db.get("a")["_rev"], db.get("a", rev="1-")["n"]) == ("1-", 1)
    assert db.put({"_id": "a", "_rev": "1-", "n": 2}).startswith("2-")


def test_replicating_again_changes_nothing(db: Database) -> None:
    graft(db, "a", ONE, TWO, n=2)
    seq = db.info()["update_seq"]
    graft(db, "a", ONE, TWO, n=2)
    assert db.info()["update_seq"] == seq
    assert changed_ids(db, ChangesOptions(since=seq)) == []


def test_several_revisions_of_one_document_in_one_batch(db: Database) -> None:
    docs = [
        {"_id": "a", "_rev": at, "_revisions": {"start": 2, "ids": [at[2:], ONE[2:]]}, "at": at}
        for at in (TWO, OTHER)
    ]
    assert db.bulk_docs(docs, new_edits=False) == []
    assert {entry["ok"]["at"] for entry in db.open_revs("a", "all")} == {TWO, OTHER}


def test_a_replicated_branch_conflicts_with_an_own_edit(db: Database) -> None:
    first = db.put({"_id": "a", "n": 1})
    own = db.put({"_id": "a", "_rev": first, "n": 2})
    graft(db, "a", first, TWO, n=3)
    leaves = {entry["ok"]["_rev"] for entry in db.open_revs("a", "all")}
    assert leaves == {own, TWO}


def test_revs_diff_tells_what_is_missing(db: Database) -> None:
    graft(db, "a", ONE, TWO, n=2)
    asked = {"a": [ONE, TWO, OTHER, rev(3, "three")], "b": [ONE], "c": []}
    answer = db.revs_diff(asked)
    assert set(answer) == {"a", "b"}
    assert sorted(answer["a"]["missing"]) == sorted([OTHER, rev(3, "three")])
    assert answer["a"]["possible_ancestors"] == [TWO]
    assert answer["b"] == {"missing": [ONE]}
    assert db.revs_diff({"a": [ONE, TWO]}) == {}


@pytest.mark.parametrize("bad", [["nonsense"], "1-a"])
def test_malformed_revisions_are_refused(db: Database, bad: Any) -> None:
    with pytest.raises(BadRequest):
        db.revs_diff({"a": bad})


def test_bulk_get_answers_each_entry(db: Database) -> None:
    graft(db, "a", ONE, TWO, n=2)
    wanted = [{"id": "a", "rev": TWO}, {"id": "a"}, {"id": "a", "rev": OTHER}, {"id": "never"}]
    results = db.bulk_get(wanted, revs=True)["results"]
    assert [result["id"] for result in results] == ["a", "a", "a", "never"]
    for result in results[:2]:
        (entry,) = result["docs"]
        assert entry["ok"]["n"] == 2 and entry["ok"]["_revisions"]["start"] == 2
    for result in results[2:]:
        (entry,) = result["docs"]
        assert entry["error"]["error"] == "not_found"
    assert results[2]["docs"][0]["error"]["rev"] == OTHER


def test_a_batch_after_a_refused_document_is_whole(db: Database) -> None:
    rows = db.bulk_docs([{"_id": f"d{at:03}", "n": at} for at in range(250)] + [{"_id": "d000"}])
    assert [row for row in rows if "error" in row] == [rows[-1]]
    assert db.info()["doc_count"] == 250


def test_a_conflict_of_put_is_raised(db: Database) -> None:
    db.put({"_id": "a"})
    with pytest.raises(Conflict):
        db.put({"_id": "a", "n": 1})
