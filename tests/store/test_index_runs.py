"""A first build in many runs of many blocks gives what a sort of all rows gives."""

import random
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest

from store.api import Database
from store.collation import sort_key
from store.errors import StoreError
from store.lite import LiteServer, build, feed, runs, tree
from store.types import ViewOptions

VIEWS = {
    "pairs": {
        "map": "function (doc) { doc.keys.forEach(function (k, n) { emit(k, doc.n + n); }); }",
        "reduce": "_sum",
    },
    "some": {"map": "function (doc) { if (doc.n % 3 === 0) emit(doc.n % 5, doc.text); }"},
}
WORDS = ("abc", "Abc", "ä", "客户", "\x00", "", None, True, 1, -2.5, 10**20, [], ["abc"], {"a": 1})
SEEDS = (7, 70, 700)
SIZES = {
    "blocks of a row": (2000, 1, 3),
    "blocks of some rows": (20_000, 2000, 2),
    "one block a run": (5000, 10**6, 1),
    "all in memory": (10**9, 10**6, 1),
}

Docs = dict[str, dict[str, Any]]


@pytest.fixture
def db(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """Each index of it is gathered and merged, in batches of seven, and has a tree of some
    levels."""
    monkeypatch.setattr(tree, "SIZE", 6)
    monkeypatch.setattr(tree, "LEAST", 2)
    monkeypatch.setattr(tree, "MOST", 12)
    monkeypatch.setattr(build, "LARGE", 0)
    monkeypatch.setattr(feed, "BATCH", 7)
    with closing(LiteServer(tmp_path)) as server:
        server.create("test")
        yield server.database("test")


def random_docs(rng: random.Random, numbers: range) -> Docs:
    return {
        f"d{n * 7919 % 1000:03}": {
            "keys": [[rng.choice(WORDS), rng.choice(WORDS)] for _ in range(rng.randrange(4))],
            "n": n,
            "text": "x" * rng.randrange(300),
        }
        for n in numbers
    }


def check(db: Database, docs: Mapping[str, Mapping[str, Any]]) -> None:
    pairs = [
        (sort_key(key), docid, at, key, doc["n"] + at)
        for docid, doc in docs.items()
        for at, key in enumerate(doc["keys"])
    ]
    wanted = [{"id": row[1], "key": row[3], "value": row[4]} for row in sorted(pairs, key=_place)]
    assert db.view("d", "pairs", ViewOptions(reduce=False))["rows"] == wanted
    groups = {key: sum(row[4] for row in of_key)
              for key, of_key in groupby(sorted(pairs, key=_place), itemgetter(0))}  # fmt: skip
    grouped = db.view("d", "pairs", ViewOptions(group=True))["rows"]
    assert [(sort_key(row["key"]), row["value"]) for row in grouped] == list(groups.items())
    assert db.view("d", "pairs")["rows"][0]["value"] == sum(groups.values())
    some = sorted((doc["n"] % 5, docid, doc["text"]) for docid, doc in docs.items()
                  if doc["n"] % 3 == 0)  # fmt: skip
    assert db.view("d", "some")["rows"] == [
        {"id": docid, "key": key, "value": text} for key, docid, text in some
    ]


def _place(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return row[:3]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES)
def test_a_build_of_many_runs(
    db: Database, monkeypatch: pytest.MonkeyPatch, sizes: tuple[int, int, int], seed: int
) -> None:
    monkeypatch.setattr(build, "STEP_BYTES", sizes[0])
    monkeypatch.setattr(runs, "BLOCK", sizes[1])
    monkeypatch.setattr(runs, "BLOCKS", sizes[2])
    rng = random.Random(seed)
    docs = random_docs(rng, range(300))
    db.bulk_docs([{"_id": docid, **doc} for docid, doc in docs.items()])
    db.put({"_id": "_design/d", "views": VIEWS})
    check(db, docs)
    # Afterwards each document finds the rows that it had.
    fresh = random_docs(rng, range(250, 350))
    old = {docid: db.get(docid)["_rev"] for docid in fresh if docid in docs}
    db.bulk_docs([{"_id": docid, **doc, **({"_rev": old[docid]} if docid in old else {})}
                  for docid, doc in fresh.items()])  # fmt: skip
    docs |= fresh
    check(db, docs)
    gone = rng.sample(sorted(docs), 50)
    db.bulk_docs([{"_id": docid, "_rev": db.get(docid)["_rev"], "_deleted": True}
                  for docid in gone])  # fmt: skip
    check(db, {docid: doc for docid, doc in docs.items() if docid not in gone})


@pytest.mark.parametrize("damage", [b"", b"no rows", b"\x5b\xff\xff\xff\x7f"])
def test_damaged_runs_are_gathered_anew(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: bytes
) -> None:
    monkeypatch.setattr(build, "STEP_BYTES", 0)
    docs = random_docs(random.Random(1), range(100))
    db.bulk_docs([{"_id": docid, **doc} for docid, doc in docs.items()])
    db.put({"_id": "_design/d", "views": VIEWS})

    def fail(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patched, pytest.raises(StoreError):
        patched.setattr(tree.Tree, "plant", fail)
        db.view("d", "pairs")
    (path,) = (tmp_path / "test.indexes").glob("*.sqlite")
    with closing(sqlite3.connect(path)) as conn, conn:
        assert conn.execute("UPDATE runs_0 SET rows = ?", (damage,)).rowcount > 10
    check(db, docs)
