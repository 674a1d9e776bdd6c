"""`_changes` and waiting for a change."""

import threading
import time
from base64 import b64decode, b64encode
from typing import Any

import pytest

from store.api import Database, Server
from store.cancel import Cancel
from store.errors import BadRequest, NotFound
from store.types import ChangesOptions
from tests.conformance.helpers import changed_ids


def test_each_document_stands_once_at_its_latest_change(db: Database) -> None:
    first = db.put({"_id": "a"})
    db.put({"_id": "b"})
    db.put({"_id": "a", "_rev": first, "n": 2})
    answer = db.changes()
    told = {row["id"]: row["changes"] for row in answer["results"]}
    assert told == {docid: [{"rev": db.get(docid)["_rev"]}] for docid in "ab"}
    assert len(answer["results"]) == 2
    assert db.changes(ChangesOptions(since=answer["last_seq"]))["results"] == []
    assert answer["pending"] == 0


def test_since_gives_what_came_after(db: Database) -> None:
    db.put({"_id": "a"})
    seq = db.info()["update_seq"]
    db.put({"_id": "b"})
    assert changed_ids(db, ChangesOptions(since=seq)) == ["b"]
    answer = db.changes(ChangesOptions(since="now"))
    assert answer["results"] == []
    assert changed_ids(db, ChangesOptions(since=answer["last_seq"])) == []


def test_a_feed_can_be_read_in_pieces(db: Database) -> None:
    db.bulk_docs([{"_id": f"d{at}"} for at in range(7)])
    seen, since = [], db.changes(ChangesOptions(limit=1, descending=True))["results"]
    assert len(since) == 1
    at: int | str = 0
    while True:
        answer = db.changes(ChangesOptions(since=at, limit=3))
        if not answer["results"]:
            break
        seen += [row["id"] for row in answer["results"]]
        assert answer["pending"] == 7 - len(seen)
        at = answer["last_seq"]
    assert sorted(seen) == [f"d{at}" for at in range(7)]


def test_a_deletion_is_a_change(db: Database) -> None:
    gone = db.delete("a", db.put({"_id": "a", "n": 1}))
    (row,) = db.changes(ChangesOptions(include_docs=True))["results"]
    assert row["deleted"] is True
    assert row["doc"] == {"_id": "a", "_rev": gone, "_deleted": True}


def test_include_docs_gives_the_winner(db: Database) -> None:
    db.put({"_id": "a", "n": 1})
    (row,) = db.changes(ChangesOptions(include_docs=True))["results"]
    assert row["doc"] == db.get("a")
    (row,) = db.changes()["results"]
    assert "doc" not in row


def test_only_some_documents_by_id(db: Database) -> None:
    db.bulk_docs([{"_id": at} for at in "abcd"])
    options = ChangesOptions(filter="_doc_ids", doc_ids=("d", "b", "none"))
    assert sorted(changed_ids(db, options)) == ["b", "d"]
    rest = ChangesOptions(since=db.changes(options)["last_seq"])
    assert db.changes(rest)["results"] == [], "the feed came past what was not wanted"


def test_a_filter_function_chooses(db: Database) -> None:
    db.put({"_id": "_design/f", "filters": {
        "kind": "function (doc, req) { return doc.kind === req.query.kind; }",
    }})  # fmt: skip
    db.bulk_docs([{"_id": f"d{at}", "kind": "ab"[at % 2]} for at in range(6)])
    options = ChangesOptions(filter="f/kind", query={"kind": "b"})
    assert sorted(changed_ids(db, options)) == ["d1", "d3", "d5"]
    limited = db.changes(ChangesOptions(filter="f/kind", query={"kind": "b"}, limit=2))
    first = [row["id"] for row in limited["results"]]
    assert len(first) == 2
    rest = ChangesOptions(filter="f/kind", query={"kind": "b"}, since=limited["last_seq"])
    assert sorted(first + changed_ids(db, rest)) == ["d1", "d3", "d5"]
    assert changed_ids(db, ChangesOptions(filter="_design")) == ["_design/f"]
    with pytest.raises((BadRequest, NotFound)):
        db.changes(ChangesOptions(filter="f/none"))


def test_a_bad_sequence_is_refused(db: Database) -> None:
    with pytest.raises(BadRequest):
        db.changes(ChangesOptions(since="nonsense"))


def test_descending_ignores_since(db: Database) -> None:
    db.bulk_docs([{"_id": at} for at in "abc"])
    seq = db.info()["update_seq"]
    answer = db.changes(ChangesOptions(descending=True, since=seq))
    assert sorted(row["id"] for row in answer["results"]) == ["a", "b", "c"]
    assert answer["pending"] == 0
    assert db.changes(ChangesOptions(descending=True, limit=1))["pending"] == 2


def test_no_rows_are_asked_for(db: Database) -> None:
    db.bulk_docs([{"_id": at} for at in "abc"])
    answer = db.changes(ChangesOptions(limit=0))
    assert (answer["results"], answer["pending"]) == ([], 3)
    assert len(changed_ids(db, ChangesOptions(since=answer["last_seq"]))) == 3


def test_only_some_rows_tell_their_sequence(db: Database) -> None:
    db.bulk_docs([{"_id": f"d{at}"} for at in range(7)])

    def told(**options: int) -> list[int]:
        rows = db.changes(ChangesOptions(**options))["results"]
        return [at for at, row in enumerate(rows) if row["seq"] is not None]

    assert told(seq_interval=3) == [1, 4]
    assert told(seq_interval=3, limit=4) == [1]
    assert told(seq_interval=10, limit=4) == []
    assert told() == list(range(7))
    assert db.changes(ChangesOptions(seq_interval=10))["last_seq"] is not None


def test_documents_come_with_conflicts_and_attachments(db: Database) -> None:
    text = b"not much, again and again. " * 40
    attachments = {"a": {"content_type": "text/plain", "data": b64encode(text).decode()}}
    db.put({"_id": "x", "_attachments": attachments})
    losing = "1-" + "0" * 32
    db.bulk_docs([{"_id": "x", "_rev": losing}], new_edits=False)

    def doc(**options: bool) -> Any:
        (row,) = db.changes(ChangesOptions(include_docs=True, **options))["results"]
        return row["doc"]

    assert "_conflicts" not in doc()
    assert doc()["_attachments"]["a"]["stub"] is True
    assert doc(conflicts=True)["_conflicts"] == [losing]
    assert b64decode(doc(attachments=True)["_attachments"]["a"]["data"]) == text
    stub = doc(att_encoding_info=True)["_attachments"]["a"]
    assert stub["length"] == len(text)
    assert stub.get("encoding", "gzip") == "gzip"


def test_pages_are_the_whole_in_parts(db: Database) -> None:
    for start in range(0, 2400, 800):
        db.bulk_docs([{"_id": f"d{start + at:04}"} for at in range(800)])
    whole = db.changes()
    pages = list(db.changes_pages())
    assert len(pages) > 1
    assert {row["id"] for page in pages for row in page["results"]} == {
        row["id"] for row in whole["results"]
    }
    assert [page["pending"] for page in pages] == sorted(
        (page["pending"] for page in pages), reverse=True
    )
    assert pages[-1]["pending"] == 0
    limited = list(db.changes_pages(ChangesOptions(limit=1500)))
    assert sum(len(page["results"]) for page in limited) == 1500
    assert limited[-1]["pending"] == 900
    backwards = list(db.changes_pages(ChangesOptions(descending=True)))
    assert sum(len(page["results"]) for page in backwards) == 2400


def test_a_bad_option_is_told_by_the_first_page(db: Database) -> None:
    with pytest.raises(BadRequest):
        next(iter(db.changes_pages(ChangesOptions(since="nonsense"))))


def test_waiting_ends_at_once_when_something_is_there(db: Database) -> None:
    seq = db.info()["update_seq"]
    db.put({"_id": "a"})
    assert db.wait_for_change(seq, 10.0) is True


def test_waiting_ends_with_the_time(db: Database) -> None:
    began = time.monotonic()
    assert db.wait_for_change(db.info()["update_seq"], 0.1) is False
    assert 0.09 < time.monotonic() - began < 5


def test_waiting_is_woken_by_a_write(db: Database) -> None:
    seq = db.info()["update_seq"]
    woken: list[bool] = []
    waiter = threading.Thread(target=lambda: woken.append(db.wait_for_change(seq, 20.0)))
    waiter.start()
    db.put({"_id": "a"})
    waiter.join(timeout=10)
    assert woken == [True]


def test_waiting_can_be_cancelled(db: Database) -> None:
    cancel, ended = Cancel(), threading.Event()

    def wait() -> None:
        assert db.wait_for_change(db.info()["update_seq"], 60.0, cancel) is False
        ended.set()

    waiter = threading.Thread(target=wait)
    waiter.start()
    cancel.set()
    assert ended.wait(timeout=10)
    waiter.join()


def test_one_thread_waits_for_several_databases(server: Server, db: Database) -> None:
    names = [f"{db.name}_{letter}" for letter in "ab"]
    for name in names:
        server.create(name)
    try:
        since = {name: server.database(name).info()["update_seq"] for name in (db.name, *names)}
        assert server.wait_for_changes(since, 0.05) == frozenset()
        found: list[frozenset[str]] = []
        waiter = threading.Thread(target=lambda: found.append(server.wait_for_changes(since, 20.0)))
        waiter.start()
        server.database(names[1]).put({"_id": "x"})
        waiter.join(timeout=15)
        assert found == [frozenset((names[1],))]
        assert server.wait_for_changes({"gone": 0}, 20.0) == frozenset(("gone",))
    finally:
        for name in names:
            server.delete(name)
