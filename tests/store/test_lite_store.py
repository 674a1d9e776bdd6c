"""What is the embedded store's own: reading for indexes, limits, compaction, odd texts."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from store.errors import (
    BadRequest,
    NameTooLong,
    NotFound,
    PreconditionFailed,
    StoreError,
    TooLarge,
    Unavailable,
)
from store.lite import LiteServer
from store.lite.database import LiteDatabase
from store.types import ChangesOptions, ViewOptions
from tests.conformance.helpers import graft

LOW, HIGH = "2-" + "1" * 32, "2-" + "f" * 32


@pytest.fixture
def db(tmp_path: Path) -> Iterator[LiteDatabase]:
    server = LiteServer(tmp_path)
    server.create("a")
    yield server.database("a")
    server.close()


def test_a_closed_store_makes_and_opens_nothing(tmp_path: Path) -> None:
    server = LiteServer(tmp_path)
    server.create("a")
    server.close()
    for ask in (server.create, server.database, server.delete):
        with pytest.raises(Unavailable, match="closed"):
            ask("b")
    with pytest.raises(Unavailable, match="closed"):
        server.restore("b", tmp_path / "a.sqlite", lambda done, pages: None)
    assert [path.name for path in tmp_path.glob("*.sqlite")] == ["a.sqlite"]


@pytest.mark.parametrize("name", ["a" * 300, "a/" * 120, "a" * 5000], ids=len)
def test_no_database_has_a_name_longer_than_a_file(tmp_path: Path, name: str) -> None:
    with closing(LiteServer(tmp_path)) as server:
        assert not server.exists(name)
        with pytest.raises(NameTooLong):
            server.create(name)
        for ask in (server.database, server.delete):
            with pytest.raises(NotFound):
                ask(name)


def test_the_longest_name_is_served(tmp_path: Path) -> None:
    name = "a" * 140 + "/" * 20
    with closing(LiteServer(tmp_path)) as server:
        server.create(name)
        db = server.database(name)
        db.put({"_id": "_design/d", "views": {"v": {"map": "function (doc) { emit(1, 1); }"}}})
        assert db.view("d", "v")["rows"] == []
        assert server.all_dbs() == [name]


def test_documents_since_gives_winners_as_text(db: LiteDatabase) -> None:
    db.put({"_id": 'quoted "1"', "n": {"x": [1]}})
    db.put({"_id": "empty", "_attachments": {"f": {"data": "aGk="}}})
    graft(db, "both", "1-a", LOW, n=1)
    graft(db, "both", "1-a", HIGH, n=2)
    db.delete("gone", db.put({"_id": "gone"}))
    rows = db.documents_since(0, 100)
    assert [(docid, deleted) for _, docid, deleted, _ in rows] == [
        ('quoted "1"', False), ("empty", False), ("both", False), ("gone", True),
    ]  # fmt: skip
    assert rows[3][3] is None
    for _, docid, _, text in rows[:3]:
        assert text is not None
        assert json.loads(text) == db.get(docid, conflicts=True)
    assert json.loads(rows[2][3] or "")["_conflicts"] == [LOW]
    seqs = [row[0] for row in rows]
    assert seqs == sorted(seqs)
    assert [row[0] for row in db.documents_since(seqs[0], 2)] == seqs[1:3]
    assert db.documents_since(seqs[-1], 10) == []


@pytest.mark.parametrize("numbers", [{"limit": -1}, {"seq_interval": 0}, {"seq_interval": -1}])
def test_changes_refuse_numbers_that_mean_nothing(
    db: LiteDatabase, numbers: dict[str, int]
) -> None:
    db.put({"_id": "a"})
    for read in (db.changes, lambda options: next(db.changes_pages(options))):
        with pytest.raises(StoreError) as refused:
            read(ChangesOptions(**numbers))
        assert refused.value.status == 400


def test_documents_since_tells_of_purged_documents(db: LiteDatabase) -> None:
    rev = db.put({"_id": "a"})
    ((before, *_),) = db.documents_since(0, 10)
    db.purge({"a": [rev]})
    ((after, docid, deleted, text),) = db.documents_since(before, 10)
    assert (docid, deleted, text) == ("a", True, None) and after > before
    assert db.changes()["results"] == []


def test_compaction_frees_what_only_old_revisions_had(db: LiteDatabase) -> None:
    rev = db.put({"_id": "a", "_attachments": {"old": {"data": "b2xk"}, "kept": {"data": "aw=="}}})
    first = rev
    for at in range(30):
        doc = {**db.get("a"), "text": str(at) * 20_000}
        doc["_attachments"].pop("old", None)
        rev = db.put(doc)
    before = db.info()["sizes"]["file"]
    db.compact()
    assert db.info()["sizes"]["file"] < before / 5
    with pytest.raises(NotFound):
        db.get("a", rev=first)
    assert db.get_attachment("a", "kept").data == b"k"
    info = db.get("a", revs_info=True)["_revs_info"]
    assert [at["status"] for at in info] == ["available"] + ["missing"] * 30
    with pytest.raises(PreconditionFailed):
        db.put({"_id": "a", "_rev": rev, "_attachments": {"old": {"stub": True}}})
    db.compact()
    assert db.put({"_id": "a", "_rev": rev}).startswith("32-")


def test_half_a_surrogate_in_a_text_is_kept_and_in_an_id_refused(db: LiteDatabase) -> None:
    db.put({"_id": "a", "text": "half \ud800 nul \u0000"})
    assert db.get("a")["text"] == "half \ud800 nul \u0000"
    with pytest.raises(BadRequest):
        db.put({"_id": "\ud800"})
    with pytest.raises(NotFound):
        db.get("\ud800")
    asked = db.all_docs(ViewOptions(keys=("\ud800", 7, "a")))["rows"]
    assert [row.get("error") for row in asked] == ["not_found", "not_found", None]
    assert [row["id"] for row in db.all_docs(ViewOptions(endkey="\ud800"))["rows"]] == ["a"]


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), {1, 2}, b"bytes", {1: {"a": object()}}]
)
def test_what_is_no_json_is_refused(db: LiteDatabase, value: object) -> None:
    with pytest.raises(BadRequest, match="not JSON"):
        db.put({"_id": "a", "value": value})


def test_too_deep_and_too_large_documents_are_refused(db: LiteDatabase) -> None:
    def nested(depth: int) -> list[object]:
        value: list[object] = []
        for _ in range(depth):
            value = [value]
        return value

    with pytest.raises(BadRequest):
        db.put({"_id": "a", "value": nested(5000)})
    with pytest.raises(BadRequest, match="nested more than"):
        db.put({"_id": "a", "value": nested(250)})
    with pytest.raises(TooLarge):
        db.put({"_id": "a", "value": "x" * 8_000_001})
    assert db.put({"_id": "a", "value": nested(100), "wide": [[]] * 1000}).startswith("1-")


def test_all_docs_with_keys_that_are_no_text(db: LiteDatabase) -> None:
    db.bulk_docs([{"_id": "a"}, {"_id": "b"}])

    def ids(options: ViewOptions) -> list[str]:
        return [row["id"] for row in db.all_docs(options)["rows"]]

    assert ids(ViewOptions(startkey=None, endkey={})) == ["a", "b"]
    assert ids(ViewOptions(startkey={}, endkey=None, descending=True)) == ["b", "a"]
    assert ids(ViewOptions(startkey=[])) == [] == ids(ViewOptions(endkey=7))
    assert ids(ViewOptions(key=7)) == []


def test_a_document_edited_past_the_limit_keeps_its_newest_revisions(db: LiteDatabase) -> None:
    db.set_revs_limit(100)
    rev = db.put({"_id": "a", "n": 0})
    for at in range(1, 110):
        rev = db.put({"_id": "a", "_rev": rev, "n": at})
    found = db.get("a", revs=True)
    assert found["_revisions"]["start"] == 110 and len(found["_revisions"]["ids"]) == 100
    oldest = f"11-{found['_revisions']['ids'][-1]}"
    assert db.get("a", rev=oldest)["n"] == 10
    gone = "10-" + "0" * 32
    with pytest.raises(NotFound):
        db.get("a", rev=gone)


def test_local_documents_in_a_batch(db: LiteDatabase) -> None:
    rows = db.bulk_docs([{"_id": "_local/x", "n": 1}, {"_id": "a"}])
    assert [row["rev"][:2] for row in rows] == ["0-", "1-"]
    assert db.get("_local/x")["n"] == 1
