"""`_revs_limit`, `_compact`, `_purge`."""

import pytest

from store.api import Database
from store.errors import BadRequest, NotFound
from tests.conformance.helpers import changed_ids, graft, rev

ONE, LOW, HIGH = rev(1, "one"), "2-" + "1" * 32, "2-" + "f" * 32


def edited(db: Database, docid: str, times: int) -> list[str]:
    revs: list[str] = []
    for at in range(times):
        doc = {"_id": docid, "n": at}
        revs.append(db.put({**doc, "_rev": revs[-1]} if revs else doc))
    return revs


def test_the_history_is_stemmed_to_the_limit(db: Database) -> None:
    assert db.revs_limit() == 1000
    db.set_revs_limit(3)
    revs = edited(db, "a", 6)
    found = db.get("a", revs=True)
    assert found["_revisions"] == {"start": 6, "ids": [at[2:] for at in revs[:2:-1]]}
    with pytest.raises(NotFound):
        db.get("a", rev=revs[0])
    assert db.get("a", rev=revs[3])["n"] == 3
    assert list(db.revs_diff({"a": revs})) == ["a"]


def test_a_bad_limit_is_refused(db: Database) -> None:
    with pytest.raises(BadRequest):
        db.set_revs_limit(0)


def test_compaction_keeps_leaves_and_forgets_older_bodies(db: Database) -> None:
    revs = edited(db, "a", 3)
    graft(db, "b", ONE, LOW, n=1)
    graft(db, "b", ONE, HIGH, n=2)
    assert db.get("a", rev=revs[0])["n"] == 0
    db.compact()
    assert db.get("a", revs=True)["_revisions"]["start"] == 3
    assert {entry["ok"]["n"] for entry in db.open_revs("b", "all")} == {1, 2}


@pytest.mark.needs("purge")
def test_a_purged_document_never_was(db: Database) -> None:
    revs = edited(db, "a", 2)
    db.put({"_id": "b"})
    assert db.purge({"a": [revs[0]], "never": [ONE]})["purged"].get("a", []) == []
    assert db.purge({"a": [revs[1]]})["purged"] == {"a": [revs[1]]}
    with pytest.raises(NotFound, match="missing"):
        db.get("a")
    with pytest.raises(NotFound, match="missing"):
        db.open_revs("a", "all")
    assert changed_ids(db) == ["b"]
    assert (db.info()["doc_count"], db.info()["doc_del_count"]) == (1, 0)
    assert db.revs_diff({"a": [revs[0]]}) == {"a": {"missing": [revs[0]]}}
    again = db.put({"_id": "a", "n": 0})
    assert again == revs[0] and db.info()["doc_count"] == 2


@pytest.mark.needs("purge")
def test_purging_one_branch_leaves_the_other(db: Database) -> None:
    graft(db, "a", ONE, LOW, n="low")
    graft(db, "a", ONE, HIGH, n="high")
    assert db.purge({"a": [HIGH]})["purged"] == {"a": [HIGH]}
    found = db.get("a", conflicts=True, revs=True)
    assert found["n"] == "low" and "_conflicts" not in found
    assert found["_revisions"]["ids"] == [LOW[2:], ONE[2:]]


@pytest.mark.needs("purge")
def test_the_last_purges_are_told(db: Database) -> None:
    assert (db.purged_infos(), db.purged_infos_limit()) == ([], 1000)
    revs = edited(db, "a", 2)
    db.purge({"a": [revs[1]]})
    assert db.purged_infos() == [{"id": "a", "revs": [revs[1]]}]
    db.set_purged_infos_limit(5)
    assert db.purged_infos_limit() == 5
    with pytest.raises(BadRequest):
        db.set_purged_infos_limit(0)


def test_the_index_of_a_design_document_can_be_compacted(db: Database) -> None:
    with pytest.raises(NotFound):
        db.compact("none")
    db.put({"_id": "_design/d", "views": {"v": {"map": "function (doc) { emit(doc.n, 1); }"}}})
    edited(db, "a", 3)
    assert len(db.view("d", "v")["rows"]) == 1
    db.compact("d")
    assert len(db.view("d", "v")["rows"]) == 1


def test_info_has_couchdbs_members(db: Database) -> None:
    db.put({"_id": "a", "_attachments": {"f": {"data": "YWJj"}}})
    info = db.info()
    assert {
        "db_name",
        "doc_count",
        "doc_del_count",
        "update_seq",
        "purge_seq",
        "sizes",
        "props",
        "cluster",
        "disk_format_version",
        "compact_running",
        "instance_start_time",
    } <= set(info)
    assert set(info["sizes"]) == {"file", "active", "external"}
    assert set(info["cluster"]) == {"q", "n", "w", "r"}
    assert info["compact_running"] is False and info["doc_count"] == 1
