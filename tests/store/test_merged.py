"""What reductions of several ranges remember: always as if all were reduced anew, and no more is
reduced than what changed."""

import random
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from store.api import Database
from store.lite import LiteServer
from store.lite import merged as merging
from store.lite import remembered as remembering
from store.lite.ranges import Range
from store.lite.reduce import Partial, Reduction
from store.types import Row, ViewOptions
from tests.conformance.helpers import put_design

TEAMS = [f"team {number}" for number in range(30)]
VIEW = {
    "map": "function (doc) { if (doc.team) { emit([doc.team, doc.stage], [1, doc.n]); } }",
    "reduce": "_sum",
}


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Database, Database]]:
    """One database as two processes see it."""
    with closing(LiteServer(tmp_path)) as one, closing(LiteServer(tmp_path)) as other:
        one.create("db")
        put_design(one.database("db"), {"v": VIEW})
        yield one.database("db"), other.database("db")


@pytest.fixture
def reduced(monkeypatch: pytest.MonkeyPatch) -> list[Range]:
    """The ranges that are reduced from the index."""
    asked: list[Range] = []
    reduce = Reduction.partials

    def noted(self: Reduction, wanted: Range, level: int) -> Iterator[list[Partial]]:
        asked.append(wanted)
        return reduce(self, wanted, level)

    monkeypatch.setattr(Reduction, "partials", noted)
    return asked


def fill(db: Database, count: int) -> None:
    db.bulk_docs(
        [
            {"_id": f"d{n}", "team": TEAMS[n % len(TEAMS)], "stage": n % 3, "n": n}
            for n in range(count)
        ]
    )


def total(db: Database) -> list[Row]:
    return db.merged("deals", "v", TEAMS, ViewOptions())


def anew(db: Database, teams: list[str], options: ViewOptions) -> dict[str, list[float]]:
    """The sums by the rest of the key, from the rows."""
    sums: dict[str, list[float]] = {}
    for row in db.view("deals", "v", ViewOptions(reduce=False))["rows"]:
        if row["key"][0] in teams:
            rest = row["key"][1 : 1 + (options.group_level or 0)]
            found = sums.setdefault(str(rest or None), [0, 0])
            found[0], found[1] = found[0] + row["value"][0], found[1] + row["value"][1]
    return sums


def rows(db: Database, teams: list[str], descending: bool) -> list[Row]:
    """All rows of these teams in one order."""
    found = db.view("deals", "v", ViewOptions(reduce=False))["rows"]
    mine = [{**row, "key": row["key"][1:]} for row in found if row["key"][0] in teams]
    return sorted(mine, key=lambda row: (row["key"], row["id"]), reverse=descending)


@pytest.mark.parametrize("seed", range(4))
def test_two_processes_always_see_the_sums_of_now(
    two: tuple[Database, Database], seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    print("seed", seed)
    random_ = random.Random(seed)
    monkeypatch.setattr(remembering, "LOGGED", random_.choice((3, 1000)))
    monkeypatch.setattr(remembering, "KEPT", random_.choice((1, 64)))
    monkeypatch.setattr(remembering, "MOST", random_.choice((5, 50, 1000)))
    monkeypatch.setattr(merging, "DENSE", random_.choice((0, 20)))
    fill(two[0], 200)
    for _ in range(40):
        writer, reader = random_.choice(two), random_.choice(two)
        for _ in range(random_.randrange(5)):
            doc = writer.get(f"d{random_.randrange(200)}")
            changed = {"team": random_.choice([*TEAMS, None]), "n": random_.randrange(100)}
            writer.put({**doc, **changed})
        teams = random_.sample(TEAMS, random_.randrange(1, len(TEAMS)))
        for options in (ViewOptions(), ViewOptions(group_level=1)):
            found = reader.merged("deals", "v", teams, options)
            shown = {str(row["key"]): row["value"] for row in found}
            assert shown == anew(reader, teams, options)
        limit = random_.choice((1, 5))
        for descending in (False, True):
            options = ViewOptions(reduce=False, limit=limit, descending=descending)
            found = reader.merged("deals", "v", teams, options)
            assert found == rows(reader, teams, descending)[:limit]


def test_after_a_write_only_what_it_touched_is_reduced(
    two: tuple[Database, Database], reduced: list[Range], monkeypatch: pytest.MonkeyPatch
) -> None:
    writer, reader = two
    fill(writer, 300)
    total(writer)
    assert len(reduced) == 1  # they lie close together
    monkeypatch.setattr(merging, "DENSE", 0)
    reduced.clear()
    total(reader)
    assert len(reduced) == len(TEAMS)
    reduced.clear()
    total(reader)
    assert reduced == []
    doc = writer.get("d7")
    writer.put({**doc, "team": TEAMS[25]})
    before = total(reader)
    assert len(reduced) == 2  # the one it left, and the one it came to
    assert before == total(writer)


def test_an_index_made_anew_forgets_what_was_remembered(
    two: tuple[Database, Database], tmp_path: Path
) -> None:
    writer, reader = two
    fill(writer, 60)
    assert total(reader)[0]["value"][0] == 60
    for file in (tmp_path / "db.indexes").iterdir():
        file.unlink()
    rev = writer.get("d1")["_rev"]
    writer.delete("d1", rev)
    assert total(writer)[0]["value"][0] == total(reader)[0]["value"][0] == 59


def test_ranges_without_rows_are_not_reduced(
    two: tuple[Database, Database], reduced: list[Range]
) -> None:
    writer, _ = two
    writer.put({"_id": "one", "team": TEAMS[3], "stage": "open", "n": 5})
    assert total(writer) == [{"key": None, "value": [1, 5]}]
    assert len(reduced) == 1


@pytest.mark.parametrize("options", [ViewOptions(), ViewOptions(reduce=False, limit=1)])
def test_what_is_found_in_an_older_state_is_not_taken_for_what_is_now(
    two: tuple[Database, Database], options: ViewOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, writer = two
    monkeypatch.setattr(merging, "DENSE", 0)
    fill(writer, 60)
    total(reader)
    asked, held = list[list[bytes]](), list[bool]()
    heads = merging.Merged._heads

    def held_up(self: Any, beginnings: Any, *more: Any) -> Any:
        """While the first question is answered, a document comes to its team, and somebody sees
        that state of the index."""
        asked.append(list(beginnings))
        if not held:
            held.append(True)
            writer.put({"_id": "new", "team": TEAMS[1], "stage": -1, "n": 100})
            reader.merged("deals", "v", TEAMS[8:9], ViewOptions())
        return heads(self, beginnings, *more)

    monkeypatch.setattr(merging.Merged, "_heads", held_up)
    span = replace(options, startkey=[-5])
    before = reader.merged("deals", "v", TEAMS[:3], span)
    asked.clear()
    after = reader.merged("deals", "v", TEAMS[:3], span)
    assert after == writer.merged("deals", "v", TEAMS[:3], span) != before
    assert len(asked[0]) == 1  # what did not change meanwhile is known


def test_no_more_is_remembered_than_there_is_room_for(
    two: tuple[Database, Database], reduced: list[Range], monkeypatch: pytest.MonkeyPatch
) -> None:
    db, _ = two
    db.bulk_docs([{"_id": f"d{n}", "team": TEAMS[n % 30], "stage": n, "n": n} for n in range(300)])
    monkeypatch.setattr(merging, "DENSE", 0)
    monkeypatch.setattr(remembering, "MOST", 3 * len(TEAMS))

    def looked(options: ViewOptions, teams: list[str] = TEAMS) -> int:
        reduced.clear()
        db.merged("deals", "v", teams, options)
        return len(reduced)

    one, many = ViewOptions(), ViewOptions(group_level=1)
    assert (looked(one), looked(one)) == (len(TEAMS), 0)
    assert (looked(many), looked(many)) == (len(TEAMS), len(TEAMS))
    assert looked(one) == 0  # too much of one thing takes no room
    others = ViewOptions(startkey=[30])
    assert (looked(others), looked(others)) == (len(TEAMS), 0)
    assert looked(one) == len(TEAMS)
