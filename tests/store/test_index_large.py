"""Indexes of documents that are too large, or take too long, to be mapped many at once."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from store.lite import LiteServer, build, changes, feed, mapping
from store.lite.database import LiteDatabase
from store.lite.js.pool import JsPool, Program, TimedOut
from store.lite.mapping import JsMapper
from store.types import ViewOptions

LIMIT = 2.0
ROWS = "function (doc) { emit(doc.n % 5, doc.n); emit('twice', doc.n); }"
HANGS = "function (doc) { while (doc.hangs); emit(doc.n, 1); }"


@pytest.fixture
def db(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LiteDatabase]:
    monkeypatch.setattr(feed, "BATCH", 7)
    with closing(JsPool(timeout=LIMIT)) as pool, closing(LiteServer(tmp_path, pool)) as server:
        server.create("test")
        yield server.database("test")


def put_design(db: LiteDatabase, source: str) -> None:
    db.put({"_id": "_design/d", "views": {"v": {"map": source, "reduce": "_count"}}})


def test_a_worker_whose_turn_is_over_answers_with_what_it_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts = [(f"d{n}", f'{{"_id":"d{n}","n":{n}}}') for n in range(3)]
    with closing(JsPool()) as pool:
        tree = {"v": {"map": ROWS}, "w": {"map": HANGS}}
        program = Program.of({"names": ["v", "w"], "views": tree}, "views")
        mapper = JsMapper(pool, program, [False, False])
        monkeypatch.setattr(mapping, "TURN", 60.0)
        assert mapper.rows(texts).done == 3
        monkeypatch.setattr(mapping, "TURN", 0.0)
        done, (rows, others) = mapper.rows(texts)
        assert (done, rows.documents, rows.vs) == (1, [("d0", 2)], ["0", "0"])
        assert (others.documents, others.ks) == ([("d0", 1)], ["0"])


@pytest.mark.parametrize("large", [0, 10**6], ids=["gathered", "followed"])
def test_nothing_is_lost_or_repeated_where_each_turn_does_one_document(
    db: LiteDatabase, monkeypatch: pytest.MonkeyPatch, large: int
) -> None:
    monkeypatch.setattr(mapping, "TURN", 0.0)
    monkeypatch.setattr(build, "LARGE", large)
    revs = [db.put({"_id": f"d{n:02}", "n": n}) for n in range(60)]
    put_design(db, ROWS)
    db.put({"_id": "_design/other"})
    for n in range(0, 60, 4):
        db.delete(f"d{n:02}", revs[n])
    kept = [n for n in range(60) if n % 4]
    rows = db.view("d", "v", ViewOptions(reduce=False))["rows"]
    assert [(row["key"], row["value"]) for row in rows] == [
        *sorted((n % 5, n) for n in kept), *(("twice", n) for n in kept),
    ]  # fmt: skip


@pytest.mark.parametrize("large", [0, 10**6], ids=["gathered", "followed"])
def test_one_document_that_takes_too_long_is_at_fault_until_it_is_gone(
    db: LiteDatabase, monkeypatch: pytest.MonkeyPatch, large: int
) -> None:
    monkeypatch.setattr(build, "LARGE", large)
    put_design(db, HANGS)
    db.bulk_docs([{"_id": f"d{n:02}", "n": n, "hangs": n == 30} for n in range(60)])
    with pytest.raises(TimedOut):
        db.view("d", "v")
    db.put({**db.get("d30"), "hangs": False})
    assert db.view("d", "v")["rows"][0]["value"] == 60


def test_more_output_than_one_call_may_give(
    db: LiteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred million characters of rows from small documents, where a call may give 64."""
    monkeypatch.setattr(feed, "BATCH", 500)
    put_design(db, "function (doc) { emit(doc._id, 'x'.repeat(1e6)); }")
    db.bulk_docs([{"_id": f"d{n:02}"} for n in range(100)])
    assert db.view("d", "v")["rows"][0]["value"] == 100


def test_large_documents_are_read_a_few_at_a_time(
    db: LiteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    seqs = []
    for n, size in enumerate([10, 10, 900, 10, 2000, 10]):
        db.put({"_id": f"d{n}", "text": "x" * size})
        seqs.append(db.info()["update_seq"])
    assert len(db.documents_since(0, 100)) == 6
    monkeypatch.setattr(changes, "TEXTS", 1000)
    read, seq = [], 0
    while found := db.documents_since(seq, 100):
        read.append([docid for _, docid, _, _ in found])
        seq = found[-1][0]
    assert read == [["d0", "d1", "d2"], ["d3", "d4"], ["d5"]]
