"""Views: what a map function emits, in CouchDB's order, by every query option."""

from typing import Any

import pytest

from store.api import Database
from store.errors import DesignError, NotFound, QueryParseError
from store.types import Row, ViewOptions

DEALS = [
    ("d1", "east", "won", 10),
    ("d2", "east", "lost", 20),
    ("d3", "west", "won", 30),
    ("d4", "west", "won", 40),
    ("d5", "west", "open", 50.5),
]
VIEWS = {
    "by_region": {"map": "function (doc) { if (doc.region) emit(doc.region, doc.amount); }"},
    "by_stage": {
        "map": """// A deal under its region and stage, with a count and the amount.
            function (doc) {
                if (doc.region) emit([doc.region, doc.stage, doc._id], [1, doc.amount]);
            }""",
        "reduce": "_sum",
    },
    "amounts": {
        "map": "(doc) => { if (doc.amount) emit(doc.region, doc.amount); }",
        "reduce": "_stats",
    },
    "count": {"map": "function (doc) { emit(doc.region); }", "reduce": "_count"},
    "own": {
        "map": "function (doc) { if (doc.region) emit([doc.region, doc.stage], doc.amount); }",
        "reduce": "function (keys, values, rereduce) { return Math.max.apply(null, values); }",
    },
    "keys": {"map": "function (doc) { if ('k' in doc) emit(doc.k); }"},
    "links": {"map": "function (doc) { if (doc.to) emit(doc._id, {_id: doc.to}); }"},
    "lib": {"words": "exports.upper = function (text) { return text.toUpperCase(); };"},
    "by_word": {
        "map": """function (doc) {
            var words = require('views/lib/words');
            if (doc.stage) emit(words.upper(doc.stage), null);
        }"""
    },
}


@pytest.fixture
def deals(db: Database) -> Database:
    put_design(db, VIEWS)
    db.bulk_docs([{"_id": i, "region": r, "stage": s, "amount": a} for i, r, s, a in DEALS])
    return db


def put_design(db: Database, views: dict[str, Any]) -> None:
    db.put({"_id": "_design/deals", "views": views})


def rows(db: Database, view: str, **options: Any) -> list[Row]:
    found: list[Row] = db.view("deals", view, ViewOptions(**options))["rows"]
    return found


def ids(db: Database, view: str, **options: Any) -> list[str]:
    return [row["id"] for row in rows(db, view, **options)]


def test_rows_in_order_of_keys_and_then_of_ids(deals: Database) -> None:
    answer = deals.view("deals", "by_region")
    assert answer["total_rows"] == 5
    assert answer["offset"] == 0
    assert answer["rows"][0] == {"id": "d1", "key": "east", "value": 10}
    assert [row["id"] for row in answer["rows"]] == ["d1", "d2", "d3", "d4", "d5"]
    assert answer["rows"][4]["value"] == 50.5


def test_descending(deals: Database) -> None:
    assert ids(deals, "by_region", descending=True) == ["d5", "d4", "d3", "d2", "d1"]
    assert ids(deals, "by_region", descending=True, startkey="east") == ["d2", "d1"]
    assert ids(deals, "by_region", descending=True, startkey="west", endkey="west") == [
        "d5", "d4", "d3",
    ]  # fmt: skip


def test_key_and_ranges(deals: Database) -> None:
    assert ids(deals, "by_region", key="west") == ["d3", "d4", "d5"]
    assert ids(deals, "by_region", key="north") == []
    assert ids(deals, "by_region", startkey="f") == ["d3", "d4", "d5"]
    assert ids(deals, "by_region", endkey="f") == ["d1", "d2"]
    assert ids(deals, "by_region", startkey="east", endkey="west", inclusive_end=False) == [
        "d1", "d2",
    ]  # fmt: skip
    assert ids(
        deals, "by_region", startkey="west", endkey="east", inclusive_end=False, descending=True
    ) == ["d5", "d4", "d3"]


def test_a_range_of_an_array_key(deals: Database) -> None:
    found = ids(deals, "by_stage", reduce=False, startkey=["west", "won"],
                endkey=["west", "won", {}])  # fmt: skip
    assert found == ["d3", "d4"]
    high = ids(deals, "by_stage", reduce=False, startkey=["w"], endkey=["w\ufff0"])
    assert high == ["d5", "d3", "d4"]


def test_document_ids_narrow_the_ends(deals: Database) -> None:
    west = {"startkey": "west", "endkey": "west"}
    assert ids(deals, "by_region", **west, startkey_docid="d4") == ["d4", "d5"]
    assert ids(deals, "by_region", **west, endkey_docid="d4") == ["d3", "d4"]
    assert ids(deals, "by_region", **west, endkey_docid="d4", inclusive_end=False) == ["d3"]
    assert ids(deals, "by_region", **west, startkey_docid="d4", descending=True) == ["d4", "d3"]
    assert ids(deals, "by_region", startkey_docid="d4") == ["d1", "d2", "d3", "d4", "d5"]


def test_skip_limit_and_offset(deals: Database) -> None:
    assert ids(deals, "by_region", limit=2) == ["d1", "d2"]
    assert ids(deals, "by_region", skip=1, limit=2) == ["d2", "d3"]
    assert ids(deals, "by_region", limit=0) == []
    assert deals.view("deals", "by_region", ViewOptions(startkey="west", skip=1))["offset"] == 3


def test_keys(deals: Database) -> None:
    assert ids(deals, "by_region", keys=("west", "east", "west")) == [
        "d3", "d4", "d5", "d1", "d2", "d3", "d4", "d5",
    ]  # fmt: skip
    assert ids(deals, "by_region", keys=("nowhere",)) == []
    assert ids(deals, "by_region", keys=("west", "east"), skip=2, limit=2) == ["d5", "d1"]


def test_include_docs(deals: Database) -> None:
    row = rows(deals, "by_region", limit=1, include_docs=True)[0]
    assert row["doc"]["_id"] == "d1"
    assert row["doc"]["stage"] == "won"
    assert row["doc"]["_rev"] == deals.get("d1")["_rev"]


def test_include_docs_of_linked_documents(deals: Database) -> None:
    deals.bulk_docs([{"_id": "l1", "to": "d2"}, {"_id": "l2", "to": "none"}])
    found = rows(deals, "links", include_docs=True)
    assert [row["id"] for row in found] == ["l1", "l2"]
    assert found[0]["doc"]["_id"] == "d2"
    assert found[1]["doc"] is None


def test_sum_of_arrays_by_group_level(deals: Database) -> None:
    assert rows(deals, "by_stage") == [{"key": None, "value": [5, 150.5]}]
    assert rows(deals, "by_stage", group_level=1) == [
        {"key": ["east"], "value": [2, 30]},
        {"key": ["west"], "value": [3, 120.5]},
    ]
    assert rows(deals, "by_stage", group_level=2, startkey=["west"]) == [
        {"key": ["west", "open"], "value": [1, 50.5]},
        {"key": ["west", "won"], "value": [2, 70]},
    ]
    assert len(rows(deals, "by_stage", group=True)) == 5
    assert rows(deals, "by_stage", group_level=1, descending=True, limit=1)[0]["key"] == ["west"]
    assert rows(deals, "by_stage", group_level=1, skip=1)[0]["key"] == ["west"]


def test_reduce_over_a_range_that_cuts_a_group(deals: Database) -> None:
    found = rows(deals, "by_stage", group_level=1, startkey=["east", "n"], endkey=["west", "p"])
    assert found == [
        {"key": ["east"], "value": [1, 10]},
        {"key": ["west"], "value": [1, 50.5]},
    ]
    assert rows(deals, "by_stage", startkey=["west"], endkey=["west", {}]) == [
        {"key": None, "value": [3, 120.5]}
    ]
    assert rows(deals, "by_stage", startkey=["x"]) == []


def test_count_and_stats(deals: Database) -> None:
    assert rows(deals, "count", group=True) == [
        {"key": "east", "value": 2},
        {"key": "west", "value": 3},
    ]
    stats = rows(deals, "amounts", key="east")[0]["value"]
    assert stats == {"sum": 30, "count": 2, "min": 10, "max": 20, "sumsqr": 500}


def test_a_reduce_function_of_ones_own(deals: Database) -> None:
    assert rows(deals, "own") == [{"key": None, "value": 50.5}]
    assert rows(deals, "own", group_level=1) == [
        {"key": ["east"], "value": 20},
        {"key": ["west"], "value": 50.5},
    ]
    assert rows(deals, "own", group=True, keys=(["west", "won"], ["east", "lost"])) == [
        {"key": ["west", "won"], "value": 40},
        {"key": ["east", "lost"], "value": 20},
    ]


def test_keys_of_every_type_in_order(deals: Database) -> None:
    ordered = [
        None, False, True, -10, -0.5, 0, 1, 1.5, 20, 1e10, "", "_", "-", "1", "a", "A", "aa", "b",
        "B", "ba", "é", "z", "中", [], ["a"], ["b"], ["b", "c"], ["b", {}], {}, {"a": 1},
        {"a": 2}, {"b": 1}, {"b": 1, "a": 0},
    ]  # fmt: skip
    docs = [{"_id": f"k{n:02}", "k": key} for n, key in enumerate(ordered)]
    deals.bulk_docs(list(reversed(docs)))
    assert [row["key"] for row in rows(deals, "keys")] == ordered
    for key in ordered:
        assert [row["key"] for row in rows(deals, "keys", key=key)] == [key]


def test_a_library_is_required(deals: Database) -> None:
    assert rows(deals, "by_word", limit=1)[0]["key"] == "LOST"
    with pytest.raises(NotFound):
        deals.view("deals", "lib")


def test_an_index_follows_its_documents(deals: Database) -> None:
    assert rows(deals, "by_stage", key=None) == []
    doc = deals.get("d1")
    deals.put({**doc, "region": "west", "amount": 1})
    deals.delete("d3", deals.get("d3")["_rev"])
    deals.put({"_id": "d6", "region": "east", "stage": "won", "amount": 5})
    assert ids(deals, "by_region") == ["d2", "d6", "d1", "d4", "d5"]
    assert rows(deals, "by_stage", group_level=1) == [
        {"key": ["east"], "value": [2, 25]},
        {"key": ["west"], "value": [3, 91.5]},
    ]


def test_documents_that_make_a_map_function_throw_are_left_out(db: Database) -> None:
    put_design(db, {"names": {"map": "function (doc) { emit(doc.name.length, null); }"}})
    db.bulk_docs([{"_id": "a", "name": "Anna"}, {"_id": "b"}, {"_id": "c", "name": "Cy"}])
    assert ids(db, "names") == ["c", "a"]


def test_design_documents_are_not_mapped(deals: Database) -> None:
    assert all(not row["id"].startswith("_design/") for row in rows(deals, "count", reduce=False))


def test_several_queries_at_once(deals: Database) -> None:
    options = [ViewOptions(key="east"), ViewOptions(limit=1, descending=True)]
    first, second = deals.queries("deals", "by_region", options)
    assert [row["id"] for row in first["rows"]] == ["d1", "d2"]
    assert [row["id"] for row in second["rows"]] == ["d5"]
    sums = deals.queries("deals", "by_stage", [ViewOptions(group_level=1), ViewOptions()])
    assert [len(answer["rows"]) for answer in sums] == [2, 1]


def test_what_is_not_there(deals: Database) -> None:
    with pytest.raises(NotFound):
        deals.view("deals", "nothing")
    with pytest.raises(NotFound):
        deals.view("nothing", "by_region")


@pytest.mark.parametrize(
    ("view", "options"),
    [
        ("by_region", {"startkey": "b", "endkey": "a"}),
        ("by_region", {"startkey": "a", "endkey": "b", "descending": True}),
        ("by_region", {"keys": ("a",), "startkey": "b"}),
        ("by_region", {"reduce": True}),
        ("by_region", {"group": True}),
        ("by_stage", {"include_docs": True}),
        ("by_stage", {"keys": ("a",)}),
        ("by_stage", {"reduce": False, "group_level": 1}),
    ],
)
def test_options_that_contradict_one_another(
    deals: Database, view: str, options: dict[str, Any]
) -> None:
    with pytest.raises(QueryParseError):
        deals.view("deals", view, ViewOptions(**options))


def test_a_map_function_that_does_not_compile(db: Database) -> None:
    db.put({"_id": "a"})
    try:
        put_design(db, {"broken": {"map": "function (doc) { emit(; }"}})
        with pytest.raises(DesignError):
            db.view("deals", "broken")
    except DesignError:
        return  # some stores refuse it already when it is written


def test_conflicts_are_seen_by_map_functions(db: Database) -> None:
    put_design(db, {"conflicts": {"map": "function (doc) { if (doc._conflicts) emit(doc._id); }"}})
    first, second = "1-" + "a" * 32, "1-" + "b" * 32
    docs = [{"_id": "x", "_rev": first}, {"_id": "x", "_rev": second}, {"_id": "y", "_rev": first}]
    db.bulk_docs(docs, new_edits=False)
    found = rows(db, "conflicts", include_docs=True, conflicts=True)
    assert [row["id"] for row in found] == ["x"]
    assert found[0]["doc"]["_conflicts"] == [first]
