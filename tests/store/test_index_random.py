"""Every answer of an index equals the one that is worked out by hand, after random edits.

The seed is printed; hypothesis would shrink better, but the history of edits matters here.
"""

import json
import random
from collections.abc import Iterator
from contextlib import closing
from functools import cmp_to_key
from pathlib import Path
from typing import Any

import pytest

from store.api import Database
from store.collation import raw_key, sort_key
from store.lite import LiteServer, pieces, reduce, tree
from store.types import Row, ViewOptions

SEEDS = (1, 20, 300)
FIRST = ("*", "c:1", "Ab", "ab", "中")
SECOND = (None, 1, 2.5, "lost", "won", ["x"])
MAP = "function (doc) { (doc.keys || []).forEach(function (row) { emit(row[0], row[1]); }); }"
VIEWS = {
    "sum": {"map": MAP, "reduce": "_sum"},
    "count": {"map": MAP, "reduce": "_count"},
    "own": {"map": MAP, "reduce": "function (k, v, again) { return again ? sum(v) : v.length; }"},
    "stats": {"map": MAP, "reduce": "_stats"},
    "first": {"map": MAP, "reduce": "_first"},
    "last": {"map": MAP, "reduce": "_last"},
    "distinct": {"map": MAP, "reduce": "_approx_count_distinct"},
}


@pytest.fixture
def db(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """With small nodes, so that few rows make a tree of several levels."""
    for name, size in ((tree, 3), (pieces, 3)):
        monkeypatch.setattr(name, "SIZE", size)
    monkeypatch.setattr(tree, "LEAST", 2)
    monkeypatch.setattr(tree, "MOST", 6)
    monkeypatch.setattr(reduce, "READ", 5)
    monkeypatch.setattr(pieces, "WORTH", 6)
    with closing(LiteServer(tmp_path)) as server:
        server.create("test")
        database = server.database("test")
        database.put({"_id": "_design/d", "views": VIEWS})
        yield database


def random_rows(rng: random.Random, ragged: bool) -> list[Any]:
    """Keys that share beginnings; where `ragged`, of all lengths and types."""
    rows = []
    for _ in range(rng.choice((0, 1, 1, 2))):
        key: Any = [rng.choice(FIRST), rng.choice(SECOND), rng.randrange(4)]
        if ragged:
            key = rng.choice((key, key[:1], key[:2], key[0], [], None))
        rows.append([key, [1, rng.choice((0.1, 0.2, 3, -7.75))]])
    return rows


def edit(rng: random.Random, db: Database, model: dict[str, Any], ragged: bool) -> None:
    docs = []
    for docid in rng.sample([f"d{n:02}" for n in range(60)], 12):
        doc: dict[str, Any] = {"_id": docid, "keys": random_rows(rng, ragged)}
        if docid in model:
            doc["_rev"] = db.get(docid)["_rev"]
            doc["_deleted"] = rng.random() < 0.3
        docs.append(doc)
        model[docid] = doc["keys"]
        if doc.get("_deleted"):
            del model[docid]
    assert all("ok" in row for row in db.bulk_docs(docs))


def emitted(model: dict[str, Any]) -> list[tuple[bytes, str, Any, Any]]:
    rows = [(sort_key(k), docid, k, v) for docid, keys in model.items() for k, v in keys]
    return sorted(rows, key=lambda row: (*row[:2], raw_key(row[3])))


def random_end(rng: random.Random) -> Any:
    return rng.choice((
        [rng.choice(FIRST)], [rng.choice(FIRST), {}], [rng.choice(FIRST), rng.choice(SECOND)],
        [rng.choice(FIRST), rng.choice(SECOND), rng.randrange(4)], [], {}, rng.choice(FIRST), None,
    ))  # fmt: skip


def grouped(rows: list[Any], level: int | None) -> list[tuple[Any, list[Any]]]:
    groups: list[tuple[Any, list[Any]]] = []
    for _, _, key, value in rows:
        group = None if level == 0 else key
        if level and isinstance(key, list):
            group = key[:level]
        if not groups or sort_key(groups[-1][0]) != sort_key(group):
            groups.append((group, []))
        groups[-1][1].append(value)
    return groups


def options_and_rows(
    rng: random.Random, model: dict[str, Any]
) -> tuple[dict[str, Any], list[tuple[bytes, str, Any, Any]]]:
    """A random range and the rows that lie in it, in the order asked for."""
    low, high = sorted((random_end(rng), random_end(rng)), key=cmp_to_key(_compare))
    inclusive = rng.random() < 0.7
    options: dict[str, Any] = {"startkey": low, "endkey": high, "inclusive_end": inclusive}
    end = sort_key(high)
    rows = [
        row for row in emitted(model)
        if sort_key(low) <= row[0] and (row[0] < end or (inclusive and row[0] == end))
    ]  # fmt: skip
    if rng.random() < 0.2 and inclusive:
        options = {"startkey": high, "endkey": low, "inclusive_end": True, "descending": True}
        rows.reverse()
    return options, rows


def _compare(one: Any, other: Any) -> int:
    a, b = sort_key(one), sort_key(other)
    return (a > b) - (a < b)


def check_rows(db: Database, options: dict[str, Any], rows: list[Any]) -> None:
    answer = db.view("d", "sum", ViewOptions(**options, reduce=False))
    found = [
        (row["id"], json.dumps(row["key"]), json.dumps(row["value"])) for row in answer["rows"]
    ]
    expected = [(row[1], json.dumps(row[2]), json.dumps(row[3])) for row in rows]
    assert sorted(found) == sorted(expected)
    assert [row["id"] for row in answer["rows"]] == [row[1] for row in rows]


def check_reduced(
    db: Database, options: dict[str, Any], rows: list[Any], level: int | None
) -> None:
    more: dict[str, Any] = {"group": True} if level is None else {"group_level": level}
    groups = grouped(rows, level)
    counts: list[Row] = [{"key": key, "value": len(values)} for key, values in groups]
    for view in ("count", "own"):
        answer = db.view("d", view, ViewOptions(**options, **more))
        assert answer["rows"] == counts, view
    _check_other_builtins(db, ViewOptions(**options, **more), groups)
    sums = db.view("d", "sum", ViewOptions(**options, **more))["rows"]
    assert [row["key"] for row in sums] == [key for key, _ in groups]
    for row, (_, values) in zip(sums, groups, strict=True):
        assert row["value"][0] == len(values)
        assert row["value"][1] == pytest.approx(sum(value[1] for value in values), abs=1e-9)


def _check_other_builtins(
    db: Database, options: ViewOptions, groups: list[tuple[Any, list[Any]]]
) -> None:
    ends = (-1, 0) if options.descending else (0, -1)
    for view, place in zip(("first", "last"), ends, strict=True):
        found = db.view("d", view, options)["rows"]
        assert [row["value"] for row in found] == [values[place] for _, values in groups]
    for row, (_, values) in zip(db.view("d", "stats", options)["rows"], groups, strict=True):
        numbers = [value[1] for value in values]
        assert row["value"][0]["count"] == row["value"][1]["count"] == len(values)
        assert (row["value"][1]["min"], row["value"][1]["max"]) == (min(numbers), max(numbers))
        squares = sum(number * number for number in numbers)
        assert row["value"][1]["sumsqr"] == pytest.approx(squares)


@pytest.mark.parametrize("ragged", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_answers_after_random_edits(db: Database, seed: int, ragged: bool) -> None:
    print(f"seed {seed}")
    rng = random.Random(seed)
    model: dict[str, Any] = {}
    for _ in range(8):
        edit(rng, db, model, ragged)
        for _ in range(6):
            options, rows = options_and_rows(rng, model)
            check_rows(db, options, rows)
            check_reduced(db, options, rows, rng.choice((None, 0, 1, 2, 3)))
        total = db.view("d", "sum", ViewOptions(reduce=False, limit=0))["total_rows"]
        assert total == len(emitted(model))
        different = len({row[0] for row in emitted(model)})
        assert db.view("d", "distinct")["rows"][0]["value"] == pytest.approx(different, abs=2)


def test_offsets_are_the_places_of_rows(db: Database) -> None:
    rng = random.Random(5)
    model: dict[str, Any] = {}
    for _ in range(5):
        edit(rng, db, model, ragged=False)
    all_rows = db.view("d", "sum", ViewOptions(reduce=False))["rows"]
    for _ in range(40):
        start = random_end(rng)
        descending = rng.random() < 0.5
        options = ViewOptions(startkey=start, descending=descending, reduce=False, skip=1)
        answer = db.view("d", "sum", options)
        if answer["rows"]:
            order = all_rows[::-1] if descending else all_rows
            assert order[answer["offset"]] == answer["rows"][0]


def test_offsets_of_many_queries_are_those_of_each(db: Database) -> None:
    rng = random.Random(6)
    model: dict[str, Any] = {}
    for _ in range(5):
        edit(rng, db, model, ragged=False)
    options = [
        ViewOptions(startkey=random_end(rng), descending=rng.random() < 0.5, reduce=False, limit=1)
        for _ in range(60)
    ]
    assert db.queries("d", "sum", options) == [db.view("d", "sum", one) for one in options]
