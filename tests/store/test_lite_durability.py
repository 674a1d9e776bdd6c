"""What was acknowledged is on disk; what was not leaves no half; a full disk is told."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from store.errors import DatabaseExists, NotFound, Unavailable, UnsupportedFormat
from store.lite import LiteServer

WRITER = """
import sys
from store.lite import LiteServer
server = LiteServer(sys.argv[1])
db = server.database("a")
for batch in range(100_000):
    rows = db.bulk_docs([{"_id": f"{batch}-{at}", "text": "x" * 200} for at in range(7)])
    db.put_local({"_id": f"_local/{batch}"})
    print(batch, flush=True)
"""

FILLER = """
import resource, sys
from store.errors import Unavailable
from store.lite import LiteServer
server = LiteServer(sys.argv[1])
db = server.database("a")
db.put({"_id": "before"})
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
try:
    db.put({"_id": "large", "text": "x" * 1_000_000})
except Unavailable as error:
    print(error.status, error.reason)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    server = LiteServer(tmp_path)
    server.create("a")
    server.close()
    return tmp_path


def test_acknowledged_writes_survive_a_killed_process(directory: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(directory)], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        acknowledged = [int(writer.stdout.readline()) for _ in range(20)]
        writer.send_signal(signal.SIGKILL)
        acknowledged += [int(line) for line in writer.stdout if line.endswith("\n")]
    server = LiteServer(directory)
    db = server.database("a")
    try:
        for batch in acknowledged:
            assert len(db.get(f"{batch}-6")["text"]) == 200
            assert db.get_local(f"_local/{batch}")["_rev"] == "0-1"
        info = db.info()
        rows = db.all_docs()["rows"]
        assert info["doc_count"] == len(rows) == info["update_seq"]
        assert len(rows) % 7 == 0, "a batch is there whole or not at all"
    finally:
        server.close()


@pytest.mark.skipif(os.name != "posix", reason="limits the size of files by setrlimit")
def test_a_full_disk_is_told_and_changes_nothing(directory: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "-c", FILLER, str(directory)], capture_output=True, text=True, check=True
    )
    assert answer.stdout.startswith("503 ") and "a.sqlite" in answer.stdout
    server = LiteServer(directory)
    db = server.database("a")
    try:
        assert db.get("before")["_id"] == "before"
        with pytest.raises(NotFound):
            db.get("large")
        db.put({"_id": "after"})
        assert db.info()["doc_count"] == 2
    finally:
        server.close()


def test_no_room_in_the_file_is_a_full_disk(directory: Path) -> None:
    server = LiteServer(directory)
    db = server.database("a")
    db.put({"_id": "before"})
    with db._storage.connection() as conn:  # the limit holds for this one connection
        conn.execute("PRAGMA max_page_count = 1")
    try:
        with pytest.raises(Unavailable, match="disk is full"):
            db.put({"_id": "large", "text": "x" * 500_000})
        assert db.get("before")["_id"] == "before"
    finally:
        server.close()


def test_a_file_of_another_version_is_left_alone(directory: Path) -> None:
    conn = sqlite3.connect(directory / "a.sqlite")
    conn.execute("PRAGMA user_version = 99")
    conn.close()
    server = LiteServer(directory)
    try:
        with pytest.raises(UnsupportedFormat, match="format 99"):
            server.database("a").info()
        with pytest.raises(UnsupportedFormat):
            server.database("a").put({"_id": "x"})
    finally:
        server.close()


@pytest.mark.parametrize("content", [b"no database at all " * 100, b""])
def test_a_foreign_file_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.sqlite").write_bytes(content)
    server = LiteServer(tmp_path)
    try:
        with pytest.raises(UnsupportedFormat, match=r"a\.sqlite"):
            server.database("a").info()
    finally:
        server.close()


def test_a_closed_server_is_of_no_use_and_leaves_no_open_files(directory: Path) -> None:
    server = LiteServer(directory)
    db = server.database("a")
    db.put({"_id": "x"})
    server.close()
    with pytest.raises(Unavailable):
        db.get("x")
    with pytest.raises(Unavailable):
        server.database("a")
    assert sorted(path.name for path in directory.iterdir()) == ["a.sqlite"]


def test_a_file_system_without_links_will_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_link(source: Path, target: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_link)
    server = LiteServer(tmp_path)
    try:
        server.create("a")
        with pytest.raises(DatabaseExists):
            server.create("a")
        assert server.database("a").put({"_id": "x"}).startswith("1-")
        assert server.all_dbs() == ["a"]
    finally:
        server.close()


def test_compaction_drops_indexes_that_no_design_document_has(directory: Path) -> None:
    server = LiteServer(directory)
    db = server.database("a")
    try:
        for n in (1, 2):
            views = {"v": {"map": f"function (doc) {{ emit(doc._id, {n}); }}"}}
            old = db.get("_design/d") if n == 2 else {"_id": "_design/d"}
            db.put({**old, "views": views})
            db.view("d", "v")
        assert len(list((directory / "a.indexes").glob("*.sqlite"))) == 2
        db.compact()
        assert len(list((directory / "a.indexes").glob("*.sqlite"))) == 1
        db.put({"_id": "x"})
        assert [row["value"] for row in db.view("d", "v")["rows"]] == [2]
        server.delete("a")
        assert list(directory.iterdir()) == []
    finally:
        server.close()
