"""An index that is damaged or was cut short is built anew or completed, and answers right."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from store.lite import LiteServer
from store.types import ViewOptions

VIEWS = {
    "by_k": {"map": "function (doc) { emit([doc.k, doc.n], doc.n); }", "reduce": "_sum"},
    "own": {
        "map": "function (doc) { emit(doc.k, 1); }",
        "reduce": "function (keys, values) { return sum(values); }",
    },
}
DOCS = 3000


def fill(directory: Path, count: int = DOCS) -> None:
    with closing(LiteServer(directory)) as server:
        server.create("test")
        db = server.database("test")
        db.put({"_id": "_design/d", "views": VIEWS})
        for at in range(0, count, 1000):
            db.bulk_docs([{"_id": f"d{n:05}", "k": n % 7, "n": n} for n in range(at, at + 1000)])


def check(directory: Path, count: int = DOCS) -> None:
    """All answers are those of `count` documents."""
    groups = [{"key": k, "value": len(range(k, count, 7))} for k in range(7)]
    sums = [{"key": [k], "value": sum(range(k, count, 7))} for k in range(7)]
    with closing(LiteServer(directory)) as server:
        db = server.database("test")
        assert db.view("d", "own", ViewOptions(group=True))["rows"] == groups
        assert db.view("d", "by_k", ViewOptions(group_level=1))["rows"] == sums
        rows = db.view("d", "by_k", ViewOptions(reduce=False))["rows"]
        assert len(rows) == count
        assert [row["key"] for row in rows] == sorted(row["key"] for row in rows)
        middle = ViewOptions(reduce=False, startkey=[3], endkey=[3, {}], limit=1)
        assert db.view("d", "by_k", middle)["offset"] == sum(
            len(range(k, count, 7)) for k in (0, 1, 2)
        )


def index_of(directory: Path) -> Path:
    (path,) = (directory / "test.indexes").glob("*.sqlite")
    return path


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def cut_to_nothing(path: Path) -> None:
    os.truncate(path, 0)


def scribble(path: Path) -> None:
    rng = random.Random(4)
    data = bytearray(path.read_bytes())
    for at in range(0, len(data), 8192):
        data[at + 100 : at + 1100] = rng.randbytes(min(1000, max(0, len(data) - at - 100)))
    path.write_bytes(data)


def replace_by_another_format(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as conn:
        conn.executescript("CREATE TABLE state (version); INSERT INTO state VALUES (1)")


def replace_by_no_database(path: Path) -> None:
    path.write_bytes(b"this is no SQLite file" * 1000)


def remove(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize(
    "damage",
    [truncate, cut_to_nothing, scribble, replace_by_another_format, replace_by_no_database, remove],
    ids=lambda damage: damage.__name__,
)
def test_a_damaged_index_is_built_anew(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    fill(tmp_path)
    check(tmp_path)
    damage(index_of(tmp_path))
    check(tmp_path)


BUILD = """
import sys
from store.lite import LiteServer, build

build.STEP_SECONDS = 0.01  # so that a build is many transactions

def reporting(step):
    def reported(*given):
        over = step(*given)
        print("step", flush=True)
        sys.stdin.readline()
        return over
    return reported

build._gather = reporting(build._gather)
build._follow = reporting(build._follow)
LiteServer(sys.argv[1]).database("test").view("d", "own")
print("end", flush=True)
"""


def kill_during_build(directory: Path, steps: int) -> bool:
    """Kill a build in its next step after this many. Whether it was cut, not over before."""
    command = [sys.executable, "-c", BUILD, str(directory)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        for _ in range(steps):
            if process.stdout.readline() != "step\n":
                break
            process.stdin.write("\n")
            process.stdin.flush()
        else:
            process.send_signal(signal.SIGKILL)
        return process.wait() == -signal.SIGKILL


def test_builds_that_are_killed_go_on_and_answer_right(tmp_path: Path) -> None:
    """Killed again and again after random steps of a first build and of an update, with and
    without the write-ahead log that a crash leaves."""
    seed = int(time.time())
    print(f"seed {seed}")
    rng = random.Random(seed)
    fill(tmp_path, 12000)
    cut = 0
    for round_ in range(6):
        cut += kill_during_build(tmp_path, rng.randint(0, 4))
        if round_ == 3:
            log = index_of(tmp_path).with_suffix(".sqlite-wal")
            log.unlink(missing_ok=True)
    assert cut
    check(tmp_path, 12000)


def test_an_update_that_is_killed_is_made_again(tmp_path: Path) -> None:
    fill(tmp_path, 4000)
    check(tmp_path, 4000)
    with closing(LiteServer(tmp_path)) as server:
        db = server.database("test")
        found: list[dict[str, Any]] = db.all_docs(
            ViewOptions(startkey="d", endkey="e", include_docs=True)
        )["rows"]
        db.bulk_docs([{**row["doc"], "again": json.dumps(row["key"])} for row in found])
    assert kill_during_build(tmp_path, 0)
    for steps in (1, 2):
        kill_during_build(tmp_path, steps)
    check(tmp_path, 4000)
