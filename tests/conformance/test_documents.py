"""`GET`, `PUT`, `DELETE /db/docid`."""

import pytest

from store.api import Database
from store.errors import BadRequest, Conflict, NotFound
from store.types import Doc
from tests.conformance.helpers import rev

VALUES = {
    "text": '客户 ¡olé! 😀 \u0000 "quoted" \\ /',
    "numbers": [0, -1, 1.5, 1e100, 2**53, 12345678901234567890],
    "nested": {"a": [{"b": [[]]}], "": None, "_inner": True},
    "empty": [{}, [], "", False, None],
}


def test_a_document_comes_back_as_it_was_put(db: Database) -> None:
    put = db.put({"_id": "客户:1/ä b", **VALUES})
    assert db.get("客户:1/ä b") == {"_id": "客户:1/ä b", "_rev": put, **VALUES}


def test_items_keep_their_order(db: Database) -> None:
    db.put({"_id": "a", "z": 1, "b": 2, "a": 3})
    assert list(db.get("a"))[2:] == ["z", "b", "a"]


def test_an_edit_needs_the_revision_it_replaces(db: Database) -> None:
    first = db.put({"_id": "a", "n": 1})
    with pytest.raises(Conflict, match="Document update conflict"):
        db.put({"_id": "a", "n": 2})
    second = db.put({"_id": "a", "_rev": first, "n": 2})
    with pytest.raises(Conflict):
        db.put({"_id": "a", "_rev": first, "n": 3})
    with pytest.raises(Conflict):
        db.put({"_id": "a", "_rev": rev(2, "unknown"), "n": 3})
    assert (first[:2], second[:2]) == ("1-", "2-")
    assert db.get("a") == {"_id": "a", "_rev": second, "n": 2}


def test_a_revision_of_a_document_that_was_never_there_conflicts(db: Database) -> None:
    with pytest.raises(Conflict):
        db.put({"_id": "a", "_rev": rev(1, "x")})
    with pytest.raises(NotFound, match="missing"):
        db.get("a")


def test_same_content_on_same_parent_has_the_same_revision(db: Database) -> None:
    one, two = db.put({"_id": "a", "x": 1, "y": "é"}), db.put({"_id": "b", "x": 1, "y": "é"})
    assert one == two
    changed = db.put({"_id": "a", "_rev": one, "x": 2}), db.put({"_id": "b", "_rev": one, "x": 3})
    assert changed[0] != changed[1]


def test_a_deleted_document_is_missing_but_its_revisions_are_there(db: Database) -> None:
    first = db.put({"_id": "a", "n": 1})
    gone = db.delete("a", first)
    assert gone.startswith("2-")
    with pytest.raises(NotFound, match="deleted"):
        db.get("a")
    assert db.get("a", rev=gone) == {"_id": "a", "_rev": gone, "_deleted": True}
    assert db.get("a", rev=first)["n"] == 1
    with pytest.raises(NotFound):
        db.delete("a", gone)
    with pytest.raises(NotFound, match="missing"):
        db.delete("never", first)


def test_deleting_needs_the_current_revision(db: Database) -> None:
    first = db.put({"_id": "a"})
    second = db.put({"_id": "a", "_rev": first, "n": 2})
    with pytest.raises(Conflict):
        db.delete("a", first)
    assert db.get("a")["_rev"] == second


def test_a_tombstone_keeps_the_items_it_was_given(db: Database) -> None:
    first = db.put({"_id": "a", "form": "deal", "name": "x"})
    gone = db.put({"_id": "a", "_rev": first, "_deleted": True, "form": "deal"})
    found = {"_id": "a", "_rev": gone, "_deleted": True, "form": "deal"}
    assert db.get("a", rev=gone) == found


def test_a_deleted_document_can_be_made_anew_without_a_revision(db: Database) -> None:
    gone = db.delete("a", db.put({"_id": "a", "n": 1}))
    again = db.put({"_id": "a", "n": 1})
    assert again.startswith("3-")
    ids = db.get("a", revs=True)["_revisions"]["ids"]
    assert ids[:2] == [again[2:], gone[2:]] and len(ids) == 3


def test_revs_and_revs_info_tell_the_history(db: Database) -> None:
    first = db.put({"_id": "a", "n": 1})
    second = db.put({"_id": "a", "_rev": first, "n": 2})
    found = db.get("a", revs=True, revs_info=True)
    assert found["_revisions"] == {"start": 2, "ids": [second[2:], first[2:]]}
    assert found["_revs_info"] == [
        {"rev": second, "status": "available"},
        {"rev": first, "status": "available"},
    ]
    older = db.get("a", rev=first, revs=True)
    assert older["_revisions"] == {"start": 1, "ids": [first[2:]]}
    assert db.get("a", rev=first, latest=True)["n"] == 2


def test_what_is_not_there_is_missing(db: Database) -> None:
    first = db.put({"_id": "a"})
    for docid, asked in (("b", None), ("b", first), ("a", rev(7, "x")), ("_design/none", None)):
        with pytest.raises(NotFound, match="missing"):
            db.get(docid, rev=asked)


@pytest.mark.parametrize("bad", ["1", "x-1", "-1", ""])
def test_a_malformed_revision_is_refused(db: Database, bad: str) -> None:
    db.put({"_id": "a"})
    with pytest.raises(BadRequest):
        db.get("a", rev=bad)


@pytest.mark.parametrize(
    "bad",
    [
        {"_id": "_secret"},
        {"_id": "a", "_unknown": 1},
        {"_id": "a", "_rev": "nonsense"},
        {"_id": "a", "_attachments": {"f": {"data": "%%%"}}},
        {"_id": "a", "_attachments": "text"},
    ],
    ids=["reserved id", "reserved item", "revision", "base64", "attachments"],
)
def test_a_bad_document_is_refused_and_leaves_nothing(db: Database, bad: Doc) -> None:
    with pytest.raises(BadRequest):
        db.put(bad)
    assert db.info()["doc_count"] == 0


def test_info_counts_live_and_deleted_documents(db: Database) -> None:
    before = db.info()
    db.put({"_id": "a"})
    db.delete("b", db.put({"_id": "b"}))
    info = db.info()
    assert info["db_name"] == db.name
    assert (info["doc_count"], info["doc_del_count"]) == (1, 1)
    assert info["update_seq"] != before["update_seq"]
    assert info["sizes"]["file"] > 0


def test_what_is_deleted_is_not_deleted_again(db: Database) -> None:
    gone = db.delete("a", db.put({"_id": "a"}))
    deletion = {"_id": "a", "_deleted": True}
    with pytest.raises(Conflict):
        db.put(deletion)
    (row,) = db.bulk_docs([deletion])
    assert row["error"] == "conflict"
    assert db.get("a", rev=gone)["_deleted"] is True
    assert db.put({"_id": "a"}).startswith("3-")
