"""Several ranges of a view as if they were one: what `merged` gives is what sorting gives."""

import random
from typing import Any

import pytest

from store.api import Database
from store.collation import sort_key
from store.errors import QueryParseError
from store.types import Row, ViewOptions
from tests.conformance.helpers import put_design

TEXTS = ("a", "A", "b", "é", "张", "10", "a b")


@pytest.fixture
def filled(db: Database) -> Database:
    """Documents of some teams; names and sums repeat, and one document has equal keys."""
    put_design(
        db,
        {
            "by_team": {
                "map": "function (doc) { emit([doc.team, doc.stage, doc.name], [1, doc.n]);"
                " if (doc.twice) { emit([doc.team, doc.stage, doc.name], [1, 0]); } }",
                "reduce": "_sum",
            },
            "by_number": {"map": "function (doc) { emit([doc.team, doc.n], 1); }"},
            "counted": {"map": "function (doc) { emit([doc.team], 1); }", "reduce": "_count"},
        },
    )
    random_ = random.Random(20)
    db.bulk_docs(
        [
            {
                "_id": f"d{number:03}",
                "team": f"team {random_.randrange(8)}",
                "stage": random_.choice(("open", "won")),
                "name": random_.choice(TEXTS),
                "n": number,
                "twice": number % 7 == 0,
            }
            for number in range(120)
        ]
    )
    return db


TEAMS = [f"team {number}" for number in (6, 1, 2, 5)]


def expected(db: Database, view: str = "by_team", teams: list[str] = TEAMS) -> list[Row]:
    found = db.view("deals", view, ViewOptions(reduce=False))["rows"]
    mine = [{**row, "key": row["key"][1:]} for row in found if row["key"][0] in teams]
    return sorted(mine, key=place)


def place(row: Row) -> Any:
    return sort_key(row["key"]), row["id"]


def merged(db: Database, view: str = "by_team", **options: Any) -> list[Row]:
    return db.merged("deals", view, TEAMS, ViewOptions(**options))


@pytest.mark.parametrize("limit", [1, 2, 5, 20, 1000, None])
@pytest.mark.parametrize("descending", [False, True])
def test_rows_come_in_one_order(filled: Database, limit: int | None, descending: bool) -> None:
    found = merged(filled, reduce=False, descending=descending, limit=limit)
    whole = expected(filled)
    assert [place(row) for row in found] == sorted(map(place, whole), reverse=descending)[:limit]
    assert len(whole) > 50


@pytest.mark.parametrize("descending", [False, True])
def test_a_range_begins_at_a_document(filled: Database, descending: bool) -> None:
    whole = expected(filled)
    for start in (whole[0], whole[20], whole[-1]):
        wanted = [
            row for row in whole if (place(row) <= place(start)) is descending or row == start
        ]
        found = merged(
            filled,
            reduce=False,
            limit=10,
            startkey=start["key"],
            startkey_docid=start["id"],
            descending=descending,
        )
        places = [place(row) for row in wanted if _from(row, start, descending)]
        assert [place(row) for row in found] == sorted(places, reverse=descending)[:10]


def _from(row: Row, start: Row, descending: bool) -> bool:
    return place(row) <= place(start) if descending else place(row) >= place(start)


def test_reductions_are_added(filled: Database) -> None:
    rows = expected(filled)
    (whole,) = merged(filled)
    assert whole == {"key": None, "value": _sums(rows)}
    stages = {stage: [row for row in rows if row["key"][0] == stage] for stage in ("open", "won")}
    by_stage = [{"key": [stage], "value": _sums(those)} for stage, those in stages.items()]
    assert merged(filled, group_level=1) == by_stage
    assert merged(filled, group_level=1, descending=True) == by_stage[::-1]
    assert merged(filled, startkey=["won"], endkey=["won", {}]) == [
        {"key": None, "value": _sums(stages["won"])}
    ]
    (counted,) = merged(filled, "counted")
    assert counted["value"] == len(expected(filled, "counted"))
    by_name = merged(filled, group=True)
    assert sum(row["value"][0] for row in by_name) == len(rows)
    assert [row["key"] for row in by_name] == sorted([row["key"] for row in by_name], key=sort_key)


def _sums(rows: list[Row]) -> list[int]:
    return [sum(row["value"][0] for row in rows), sum(row["value"][1] for row in rows)]


def test_changes_show_at_once(filled: Database) -> None:
    before = merged(filled, "counted")[0]["value"]
    rev = filled.put({"_id": "new", "team": "team 1"})
    assert merged(filled, "counted")[0]["value"] == before + 1
    rev = filled.put({"_id": "new", "_rev": rev, "team": "team 5"})
    assert merged(filled, "counted")[0]["value"] == before + 1
    filled.put({"_id": "new", "_rev": rev, "team": "nobody's"})
    assert merged(filled, "counted")[0]["value"] == before


def test_nothing_is_there_of_nobody(filled: Database) -> None:
    assert filled.merged("deals", "by_team", [], ViewOptions(reduce=False)) == []
    assert filled.merged("deals", "by_team", ["nobody's"], ViewOptions(reduce=False)) == []
    assert filled.merged("deals", "by_team", ["nobody's"], ViewOptions()) == []
    assert merged(filled, "by_number", reduce=False, startkey=[1000]) == []
    assert merged(filled, reduce=False, limit=0) == []


@pytest.mark.parametrize("descending", [False, True])
def test_objects_in_keys_are_below_their_first_member(db: Database, descending: bool) -> None:
    view = {"map": "function (doc) { emit(doc.key, 1); }", "reduce": "_count"}
    put_design(db, {"v": view})
    rests = [
        [],
        ["x"],
        [["x"]],
        [{}],
        [{}, 1],
        [{"o": 1}],
        [{"\uffff": {"\uffff": [{}]}}, "x"],
    ]
    others = [["0"], ["AA"], ["B", {}], {}, "A"]
    keys = [["A", *rest] for rest in rests] + others
    db.bulk_docs([{"_id": f"d{n}", "key": key} for n, key in enumerate(keys)])
    found = db.merged("deals", "v", ["A"], ViewOptions(reduce=False, descending=descending))
    assert [row["key"] for row in found] == rests[:: -1 if descending else 1]
    (counted,) = db.merged("deals", "v", ["A"], ViewOptions(descending=descending))
    assert counted["value"] == len(rests)


@pytest.mark.parametrize("limit", [1, 5, None])
def test_a_first_member_counts_once(filled: Database, limit: int | None) -> None:
    def asked(firsts: list[str], **options: Any) -> list[Row]:
        return filled.merged("deals", "by_team", firsts, ViewOptions(**options))

    assert asked([*TEAMS, *TEAMS]) == asked(TEAMS)
    assert asked(TEAMS * 2, group_level=1) == asked(TEAMS, group_level=1)
    rows = asked(TEAMS * 2, reduce=False, limit=limit)
    assert rows == asked(TEAMS, reduce=False, limit=limit)


@pytest.mark.parametrize("options", [{"group_level": -1}, {"limit": -1}])
def test_negative_numbers_are_refused(filled: Database, options: dict[str, Any]) -> None:
    with pytest.raises(QueryParseError, match="must not be negative"):
        merged(filled, **options)


@pytest.mark.parametrize(
    "options",
    [{"key": ["a"]}, {"keys": (["a"],)}, {"skip": 1}, {"include_docs": True}, {"startkey": "a"}],
)
def test_what_cannot_be_merged_is_refused(filled: Database, options: dict[str, Any]) -> None:
    with pytest.raises(QueryParseError):
        merged(filled, reduce=False, **options)
