"""Several processes, and many threads, on one data directory."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from store.errors import Conflict, NotFound, StoreError
from store.lite import LiteServer, waiting
from store.lite.connections import FILES_KEPT_OPEN
from store.lite.integrity import integrity
from store.types import ChangesOptions

ADDER = """
import sys
from store.errors import Conflict
from store.lite import LiteServer
server = LiteServer(sys.argv[1])
db = server.database("a")
done = conflicts = 0
while done < 40:
    doc = db.get("counter")
    doc["n"] += 1
    try:
        db.put(doc)
        done += 1
    except Conflict:
        conflicts += 1
server.close()
"""

MAKER = """
import sys
from store.errors import DatabaseExists, NotFound, StoreError
from store.lite import LiteServer
server = LiteServer(sys.argv[1])
made = 0
while made < 12:
    try:
        server.create("b")
        made += 1
        server.database("b").bulk_docs([{"_id": f"{at}", "text": "x" * 3000} for at in range(40)])
    except (DatabaseExists, NotFound):
        pass
    try:
        server.delete("b")
    except NotFound:
        pass
server.close()
"""

REPLACE = """
import sys
from store.lite import LiteServer
server = LiteServer(sys.argv[1])
server.delete("a")
server.create("a")
server.database("a").put({"_id": "new"})
server.close()
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiteServer]:
    opened = LiteServer(tmp_path)
    opened.create("a")
    yield opened
    opened.close()


def started(code: str, directory: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", code, str(directory)], stdin=subprocess.PIPE, text=True
    )


def test_no_update_is_lost_between_processes(server: LiteServer, tmp_path: Path) -> None:
    db = server.database("a")
    db.put({"_id": "counter", "n": 0})
    writers = [started(ADDER, tmp_path) for _ in range(3)]
    for writer in writers:
        writer.communicate(timeout=60)
        assert writer.returncode == 0
    assert db.get("counter")["n"] == 120
    assert db.info()["update_seq"] == 121


def test_writes_by_threads_wake_without_polling(
    server: LiteServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "LOOK_SECONDS", 30.0)
    db = server.database("a")
    woken = threading.Semaphore(0)

    def follow() -> None:
        for seq in range(50):
            assert db.wait_for_change(seq, 60.0)
            woken.release()

    follower = threading.Thread(target=follow)
    follower.start()
    for at in range(50):
        db.put({"_id": f"d{at}"})
        assert woken.acquire(timeout=15), "a missed wake-up would wait for the next poll"
    follower.join()


def test_a_database_replaced_by_another_process_is_seen_anew(
    server: LiteServer, tmp_path: Path
) -> None:
    db = server.database("a")
    db.put({"_id": "old"})
    with started(REPLACE, tmp_path) as other:
        assert other.wait(timeout=60) == 0
    assert db.get("new")["_id"] == "new"
    with pytest.raises(NotFound):
        db.get("old")
    db.put({"_id": "more"})
    assert server.database("a").info()["doc_count"] == 2


def test_processes_make_and_delete_the_same_database(tmp_path: Path, server: LiteServer) -> None:
    """A log that one left beside must never be taken for the next one's."""
    makers = [started(MAKER, tmp_path) for _ in range(3)]
    while any(maker.poll() is None for maker in makers):
        try:
            rows = server.database("b").all_docs()["rows"]
            assert len(rows) in (0, 40)
        except NotFound:
            continue
    for maker in makers:
        maker.communicate()
        assert maker.returncode == 0
    server.create("b")
    assert server.database("b").all_docs()["rows"] == []
    assert integrity(tmp_path, "b") == []


def test_a_waiter_learns_that_its_database_is_gone(server: LiteServer) -> None:
    db = server.database("a")
    waiting, told = threading.Event(), []

    def wait() -> None:
        waiting.set()
        try:
            db.wait_for_change(0, 20.0)
        except NotFound as error:
            told.append(error)

    waiter = threading.Thread(target=wait)
    waiter.start()
    waiting.wait()
    server.delete("a")
    waiter.join(timeout=10)
    assert len(told) == 1


def test_threads_write_and_read_together(server: LiteServer) -> None:
    db = server.database("a")
    db.put({"_id": "counter", "n": 0})
    errors: list[StoreError] = []

    def add() -> None:
        try:
            done = 0
            while done < 25:
                doc = db.get("counter")
                try:
                    db.put({**doc, "n": doc["n"] + 1})
                    done += 1
                except Conflict:
                    db.changes(ChangesOptions(include_docs=True))
        except StoreError as error:
            errors.append(error)

    threads = [threading.Thread(target=add) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert errors == []
    assert db.get("counter")["n"] == 150


def test_many_databases_keep_few_files_open(tmp_path: Path) -> None:
    server = LiteServer(tmp_path / "many")
    try:
        for at in range(FILES_KEPT_OPEN + 10):
            server.create(f"mail_{at}")
            server.database(f"mail_{at}").put({"_id": "x"})
        logs = list((tmp_path / "many").glob("*-wal"))
        assert len(logs) <= FILES_KEPT_OPEN, "idle databases are closed, which removes their log"
        assert server.database("mail_0").get("x")["_id"] == "x"
    finally:
        server.close()


def test_two_servers_cannot_both_make_a_database(server: LiteServer, tmp_path: Path) -> None:
    other = LiteServer(tmp_path)
    made: list[bool] = []

    def make(maker: LiteServer) -> None:
        try:
            maker.create("b")
            made.append(True)
        except StoreError:
            made.append(False)

    threads = [threading.Thread(target=make, args=(maker,)) for maker in (server, other) * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    assert sorted(made) == [False] * 7 + [True]
    assert [path.name for path in tmp_path.glob("*.new-*")] == []
