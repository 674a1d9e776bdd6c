"""Conflicting revisions: who wins, who is told, how they are settled."""

import itertools

import pytest

from store.api import Database
from store.errors import NotFound
from store.types import ChangesOptions
from tests.conformance.helpers import graft, rev

ONE, LOW, HIGH = rev(1, "one"), "2-" + "1" * 32, "2-" + "f" * 32
LONG = "3-" + "0" * 32


def conflicting(db: Database) -> None:
    graft(db, "a", ONE, LOW, who="low")
    graft(db, "a", ONE, HIGH, who="high")


def test_the_higher_revision_wins_and_the_other_is_a_conflict(db: Database) -> None:
    conflicting(db)
    found = db.get("a", conflicts=True)
    assert (found["who"], found["_rev"], found["_conflicts"]) == ("high", HIGH, [LOW])
    assert "_conflicts" not in db.get("a")


def test_the_longer_branch_wins_over_the_higher_hash(db: Database) -> None:
    conflicting(db)
    graft(db, "a", ONE, LOW, LONG, who="long")
    assert db.get("a", conflicts=True)["_conflicts"] == [HIGH]
    assert db.get("a")["who"] == "long"


def test_an_edit_beats_a_deletion_however_long(db: Database) -> None:
    conflicting(db)
    graft(db, "a", ONE, LOW, LONG, _deleted=True)
    found = db.get("a", conflicts=True, deleted_conflicts=True)
    assert found["who"] == "high" and found["_deleted_conflicts"] == [LONG]
    assert "_conflicts" not in found


def test_deleting_the_winner_brings_the_other_back(db: Database) -> None:
    conflicting(db)
    gone = db.delete("a", HIGH)
    found = db.get("a", deleted_conflicts=True)
    assert found["who"] == "low" and found["_deleted_conflicts"] == [gone]
    db.delete("a", LOW)
    with pytest.raises(NotFound, match="deleted"):
        db.get("a")
    assert db.info()["doc_count"] == 0 and db.info()["doc_del_count"] == 1


def test_a_losing_leaf_can_be_edited(db: Database) -> None:
    conflicting(db)
    edited = db.put({"_id": "a", "_rev": LOW, "who": "low again"})
    assert db.get("a", conflicts=True)["_conflicts"] == [HIGH]
    assert db.get("a")["_rev"] == edited


def test_the_order_of_arrival_does_not_matter(db: Database) -> None:
    branches = [((ONE, LOW), {}), ((ONE, HIGH), {}), ((ONE, LOW, LONG), {"_deleted": True})]
    for at, order in enumerate(itertools.permutations(branches)):
        for path, items in order:
            graft(db, f"d{at}", *path, **items)
    shown = [
        {**db.get(f"d{at}", conflicts=True, deleted_conflicts=True), "_id": "d"} for at in range(6)
    ]
    assert all(doc == shown[0] for doc in shown)


def test_open_revs_gives_all_leaves_and_what_is_missing(db: Database) -> None:
    conflicting(db)
    graft(db, "a", ONE, LOW, LONG, _deleted=True)
    leaves = {entry["ok"]["_rev"]: entry["ok"] for entry in db.open_revs("a", "all")}
    assert set(leaves) == {HIGH, LONG} and leaves[LONG]["_deleted"] is True
    asked = db.open_revs("a", [LOW, rev(9, "none")], with_revs=True)
    assert asked[0]["ok"]["who"] == "low"
    assert asked[0]["ok"]["_revisions"]["ids"] == [LOW[2:], ONE[2:]]
    assert asked[1] == {"missing": rev(9, "none")}
    latest = db.open_revs("a", [LOW], latest=True)
    assert [entry["ok"]["_rev"] for entry in latest] == [LONG]


def test_open_revs_of_a_document_that_was_never_there(db: Database) -> None:
    with pytest.raises(NotFound):
        db.open_revs("never", "all")
    assert db.open_revs("never", [ONE]) == [{"missing": ONE}]


def test_an_ancestor_without_body_is_missing(db: Database) -> None:
    conflicting(db)
    assert db.open_revs("a", [ONE]) == [{"missing": ONE}]
    with pytest.raises(NotFound):
        db.get("a", rev=ONE)


def test_changes_tell_all_leaves_when_asked(db: Database) -> None:
    conflicting(db)
    (row,) = db.changes(ChangesOptions(style="all_docs"))["results"]
    assert [change["rev"] for change in row["changes"]] == [HIGH, LOW]
    (row,) = db.changes()["results"]
    assert [change["rev"] for change in row["changes"]] == [HIGH]
    (row,) = db.changes(ChangesOptions(include_docs=True, conflicts=True))["results"]
    assert row["doc"]["_conflicts"] == [LOW]
