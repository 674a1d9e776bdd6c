"""Index files: when they are built, made anew, and dropped."""

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from store.errors import DesignError, StoreError
from store.lite import LiteServer
from store.lite.database import LiteDatabase
from store.types import ViewOptions

BY_NAME = {"map": "function (doc) { emit(doc.name, 1); }", "reduce": "_sum"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiteServer]:
    with closing(LiteServer(tmp_path)) as opened:
        yield opened


@pytest.fixture
def db(server: LiteServer) -> LiteDatabase:
    server.create("test")
    database = server.database("test")
    put_design(database, by_name=BY_NAME)
    database.bulk_docs([{"_id": f"d{n:03}", "name": f"n{n % 10}"} for n in range(100)])
    return database


def put_design(db: LiteDatabase, **views: Any) -> None:
    found = [r for r in db.all_docs(ViewOptions(key="_design/d"))["rows"] if "value" in r]
    parent = {"_rev": found[0]["value"]["rev"]} if found else {}
    db.put({"_id": "_design/d", "views": views, **parent})


def total(db: LiteDatabase, **options: Any) -> int:
    rows = db.view("d", "by_name", ViewOptions(**options))["rows"]
    return int(rows[0]["value"]) if rows else 0


def files(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "test.indexes").glob("*.sqlite"))


def test_without_an_update_the_index_stays_as_it_was(db: LiteDatabase) -> None:
    assert total(db, update="false") == 0
    assert total(db) == 100
    db.put({"_id": "new", "name": "n"})
    assert total(db, update="false") == 100
    assert total(db) == 101


def test_a_lazy_query_updates_afterwards(db: LiteDatabase, server: LiteServer) -> None:
    assert total(db) == 100
    db.put({"_id": "new", "name": "n"})
    assert total(db, update="lazy") == 100
    server.close()
    with closing(LiteServer(server._directory)) as again:
        assert total(again.database("test"), update="false") == 101


def test_the_sequence_of_the_index(db: LiteDatabase) -> None:
    seq = db.info()["update_seq"]
    assert db.view("d", "by_name", ViewOptions(update_seq=True))["update_seq"] == seq
    db.put({"_id": "new"})
    answer = db.view("d", "by_name", ViewOptions(update_seq=True, update="false"))
    assert answer["update_seq"] == seq


def test_purged_documents_leave(db: LiteDatabase) -> None:
    assert total(db) == 100
    db.purge({"d001": [db.get("d001")["_rev"]]})
    assert total(db) == 99


def test_the_index_survives_the_server(db: LiteDatabase, server: LiteServer) -> None:
    assert total(db) == 100
    server.close()
    with closing(LiteServer(server._directory)) as again:
        assert total(again.database("test"), update="false") == 100


def test_a_database_made_anew_has_none_of_the_old_rows(
    db: LiteDatabase, server: LiteServer, tmp_path: Path
) -> None:
    assert total(db) == 100
    server.close()
    kept = {path.name: path.read_bytes() for path in files(tmp_path)}
    with closing(LiteServer(tmp_path)) as again:
        again.delete("test")
        again.create("test")
        (tmp_path / "test.indexes").mkdir(exist_ok=True)
        for name, data in kept.items():  # as if the removal had been cut short
            (tmp_path / "test.indexes" / name).write_bytes(data)
        database = again.database("test")
        put_design(database, by_name=BY_NAME)
        assert total(database) == 0


def test_a_broken_file_is_made_anew(db: LiteDatabase, server: LiteServer, tmp_path: Path) -> None:
    assert total(db) == 100
    server.close()
    (path,) = files(tmp_path)
    path.write_bytes(b"this is no SQLite file" * 1000)
    with closing(LiteServer(tmp_path)) as again:
        assert total(again.database("test")) == 100


def test_a_file_that_vanishes_is_made_anew(db: LiteDatabase, tmp_path: Path) -> None:
    assert total(db) == 100
    for path in (tmp_path / "test.indexes").iterdir():
        path.unlink()
    assert total(db) == 100


def test_equal_views_share_a_file_and_others_have_their_own(
    db: LiteDatabase, tmp_path: Path
) -> None:
    total(db)
    db.put({"_id": "_design/same", "views": {"by_name": BY_NAME}, "more": 1})
    assert db.view("same", "by_name", ViewOptions(update="false"))["rows"][0]["value"] == 100
    assert len(files(tmp_path)) == 1
    put_design(db, by_name={"map": "function (doc) { emit(doc._id, 2); }", "reduce": "_sum"})
    assert total(db) == 200
    assert len(files(tmp_path)) == 2


def test_stale_files_are_dropped(db: LiteDatabase, tmp_path: Path) -> None:
    total(db)
    first = files(tmp_path)
    put_design(db, by_name={"map": "function (doc) { emit(doc._id, 2); }", "reduce": "_sum"})
    total(db)
    db._shelf.indexes.drop_stale([db.get("_design/d"), {"_id": "_design/x", "views": 7}])
    assert len(files(tmp_path)) == 1
    assert files(tmp_path) != first
    assert total(db) == 200


def test_a_hostile_view_leaves_the_others_alone(db: LiteDatabase) -> None:
    db.put({"_id": "_design/evil", "views": {"v": {"map": "function () { while (1); }"}}})
    failed: list[StoreError] = []

    def ask() -> None:
        try:
            db.view("evil", "v")
        except StoreError as error:
            failed.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    answers = 0
    while thread.is_alive():
        assert total(db) == 100
        answers += 1
    thread.join()
    assert isinstance(failed[0], DesignError)
    assert answers > 10


@pytest.mark.parametrize(
    "views",
    [
        {"v": {"map": "function (doc) {}", "reduce": "_unknown"}},
        {"v": {"map": 7}},
        {"v": "function (doc) {}"},
        {"v": {"map": "function (doc) {}", "reduce": "function (k, v"}},
        {"v": {"map": "function (doc) {}"}, "w": {"map": "function (doc"}},
    ],
)
def test_views_that_are_none(db: LiteDatabase, views: dict[str, Any]) -> None:
    with pytest.raises(DesignError):
        put_design(db, **views)
    assert total(db) == 100


def test_values_that_do_not_add_up(db: LiteDatabase) -> None:
    put_design(db, by_name={"map": "function (doc) { emit([doc.name], 'x'); }", "reduce": "_sum"})
    (row,) = db.view("d", "by_name")["rows"]
    assert (row["value"]["error"], row["value"]["caused_by"]) == ("builtin_reduce_error", "x")
    put_design(db, by_name={"map": "function (doc) { emit([doc.name], doc.n); }", "reduce": "_sum"})
    for docid in ("d001", "d002"):
        db.put({**db.get(docid), "n": [1, 2]})
    rows = db.all_docs(ViewOptions(include_docs=True, startkey="d", endkey="e"))["rows"]
    others = [row["doc"] for row in rows if "n" not in row["doc"]]
    db.bulk_docs([{**doc, "_deleted": True} for doc in others])
    db.put({**db.get("d002"), "n": 5})
    assert db.view("d", "by_name")["rows"] == [{"key": None, "value": [6, 2]}]


def test_sums_do_not_drift(db: LiteDatabase) -> None:
    source = "function (doc) { if (doc.n) emit(['k', doc._id], doc.n); }"
    put_design(db, by_name={"map": source, "reduce": "_sum"})
    for n in range(30):
        db.put({"_id": f"x{n}", "n": 0.1 * (n + 1)})
        assert db.view("d", "by_name")["rows"]
    for n in range(1, 30):
        db.delete(f"x{n}", db.get(f"x{n}")["_rev"])
    assert db.view("d", "by_name")["rows"] == [{"key": None, "value": 0.1}]


def test_a_long_first_build(db: LiteDatabase) -> None:
    """More documents than one transaction takes, edited while the index is not looked at."""
    for at in range(0, 6000, 1000):
        db.bulk_docs([{"_id": f"e{n:05}", "name": f"m{n % 7}"} for n in range(at, at + 1000)])
    db.bulk_docs([{**db.get("e00001"), "name": "other"}])
    assert total(db) == 6100
    rows = db.view("d", "by_name", ViewOptions(group=True, startkey="m"))["rows"]
    assert sum(row["value"] for row in rows) == 6100
    assert db.view("d", "by_name", ViewOptions(key="other", reduce=False))["total_rows"] == 6100


SCRIPT = """
import sys
from store.lite import LiteServer
server = LiteServer(sys.argv[1])
db = server.database("test")
for n in range(20):
    db.put({"_id": f"{sys.argv[2]}-{n}", "name": "p"})
    db.view("d", "by_name")
print(db.view("d", "by_name")["rows"][0]["value"] >= 120)
server.close()
"""


def test_several_processes_update_one_index(db: LiteDatabase, tmp_path: Path) -> None:
    command = [sys.executable, "-c", SCRIPT, str(tmp_path)]
    running = [
        subprocess.Popen([*command, name], stdout=subprocess.PIPE, text=True, env=dict(os.environ))
        for name in ("a", "b")
    ]
    outputs = [process.communicate(timeout=60)[0] for process in running]
    assert outputs == ["True\n", "True\n"]
    assert total(db) == 140


def test_threads_update_one_index(db: LiteDatabase) -> None:
    def work(name: str) -> None:
        for n in range(15):
            db.put({"_id": f"{name}-{n}", "name": "p"})
            assert total(db) > 100

    threads = [threading.Thread(target=work, args=(f"t{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert total(db) == 160


def test_values_too_deep_to_be_read_back_are_left_out(db: LiteDatabase) -> None:
    source = """function (doc) {
        var value = doc._id, depth = doc._id === 'd001' ? 5000 : 300;
        for (var i = 0; i < depth; i++) value = [value];
        emit(doc._id, value);
        emit('[', '['.repeat(1000));
    }"""
    put_design(db, by_name={"map": source})
    answer = db.view("d", "by_name", ViewOptions(endkey="d002"))
    assert answer["total_rows"] == 198
    assert [row["id"] for row in answer["rows"]][-2:] == ["d000", "d002"]


def test_a_reduce_function_whose_value_is_too_deep(db: LiteDatabase) -> None:
    reduce = """function () {
        for (var value = 1, i = 0; i < 2000; i++) value = [value];
        return value;
    }"""
    view = {"map": "function (doc) { emit(doc._id, 1); }", "reduce": reduce}
    db.put({"_id": "_design/evil", "views": {"v": view}})
    with pytest.raises(DesignError, match="too deep"):
        db.view("evil", "v")
    assert total(db) == 100


def test_patched_built_ins_spoil_no_rows(db: LiteDatabase) -> None:
    source = """function (doc) {
        Array.prototype.toJSON = function () { return 7; };
        Array.prototype.push = Array.prototype.join = function () { return 'x'; };
        emit(doc._id, {a: 1});
    }"""
    db.put({"_id": "_design/evil", "views": {"v": {"map": source}}})
    rows = db.view("evil", "v", ViewOptions(limit=1))["rows"]
    assert rows == [{"id": "d000", "key": "d000", "value": {"a": 1}}]


def test_large_groups_are_answered_without_their_rows(
    db: LiteDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "store.design")
    reduce = "function (k, v, again) { log('ran'); return again ? sum(v) : v.length; }"
    emit = "function (doc) { emit([doc.name, doc._id], 1); }"
    put_design(db, by_name={"map": emit, "reduce": reduce})
    for start in range(0, 1000, 100):
        numbers = range(start, start + 100)
        db.bulk_docs([{"_id": f"{n * 7 % 1000:03}", "name": f"n{n % 10}"} for n in numbers])
        db.view("d", "by_name", ViewOptions(limit=0))
    caplog.clear()
    rows = db.view("d", "by_name", ViewOptions(group_level=1))["rows"]
    assert [row["value"] for row in rows] == [110] * 10
    assert not caplog.messages
