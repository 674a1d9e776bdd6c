"""`_changes` and waiting for a change."""

import threading
import time

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
    assert [row["id"] for row in answer["results"]] == ["b", "a"]
    assert answer["results"][1]["changes"] == [{"rev": db.get("a")["_rev"]}]
    assert answer["last_seq"] == answer["results"][-1]["seq"]
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
    assert seen == [f"d{at}" for at in range(7)]


def test_a_deletion_is_a_change(db: Database) -> None:
    gone = db.delete("a", db.put({"_id": "a", "n": 1}))
    (row,) = db.changes(ChangesOptions(include_docs=True))["results"]
    assert row["deleted"] is True
    assert row["doc"] == {"_id": "a", "_rev": gone, "_deleted": True}


def test_descending_gives_the_latest_first(db: Database) -> None:
    db.bulk_docs([{"_id": at} for at in "abc"])
    assert changed_ids(db, ChangesOptions(descending=True)) == ["c", "b", "a"]
    assert changed_ids(db, ChangesOptions(descending=True, limit=1)) == ["c"]


def test_include_docs_gives_the_winner(db: Database) -> None:
    db.put({"_id": "a", "n": 1})
    (row,) = db.changes(ChangesOptions(include_docs=True))["results"]
    assert row["doc"] == db.get("a")
    (row,) = db.changes()["results"]
    assert "doc" not in row


def test_only_some_documents_by_id(db: Database) -> None:
    db.bulk_docs([{"_id": at} for at in "abcd"])
    options = ChangesOptions(filter="_doc_ids", doc_ids=("d", "b", "none"))
    assert changed_ids(db, options) == ["b", "d"]
    assert db.changes(options)["last_seq"] == db.info()["update_seq"]


def test_a_filter_function_chooses(db: Database) -> None:
    db.put({"_id": "_design/f", "filters": {
        "kind": "function (doc, req) { return doc.kind === req.query.kind; }",
    }})  # fmt: skip
    db.bulk_docs([{"_id": f"d{at}", "kind": "ab"[at % 2]} for at in range(6)])
    options = ChangesOptions(filter="f/kind", query={"kind": "b"})
    assert changed_ids(db, options) == ["d1", "d3", "d5"]
    limited = db.changes(ChangesOptions(filter="f/kind", query={"kind": "b"}, limit=2))
    assert [row["id"] for row in limited["results"]] == ["d1", "d3"]
    rest = ChangesOptions(filter="f/kind", query={"kind": "b"}, since=limited["last_seq"])
    assert changed_ids(db, rest) == ["d5"]
    assert changed_ids(db, ChangesOptions(filter="_design")) == ["_design/f"]
    with pytest.raises((BadRequest, NotFound)):
        db.changes(ChangesOptions(filter="f/none"))


def test_a_bad_sequence_is_refused(db: Database) -> None:
    with pytest.raises(BadRequest):
        db.changes(ChangesOptions(since="nonsense"))


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
