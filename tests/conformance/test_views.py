"""Views: what a map function emits, in CouchDB's order, by every query option."""

import json
from typing import Any

import pytest

from store.api import Database
from store.errors import DesignError, NotFound, QueryParseError
from store.types import ViewOptions
from tests.conformance.helpers import put_design, rows

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
    assert ids(deals, "by_region", keys=("west", "east")) == ["d3", "d4", "d5", "d1", "d2"]
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
        ("by_region", {"group_level": 1}),
        ("by_stage", {"include_docs": True}),
        ("by_stage", {"conflicts": True}),
        ("by_stage", {"keys": ("a", "b")}),
        ("by_stage", {"keys": ()}),
        ("by_stage", {"keys": ("a", "b"), "group": True, "group_level": 1}),
        ("by_stage", {"reduce": False, "group_level": 1}),
    ],
)
def test_options_that_contradict_one_another(
    deals: Database, view: str, options: dict[str, Any]
) -> None:
    with pytest.raises(QueryParseError):
        deals.view("deals", view, ViewOptions(**options))


def test_one_of_keys_is_a_key_and_the_ends_win_over_both(deals: Database) -> None:
    assert ids(deals, "by_region", keys=("west",), limit=1) == ["d3"]
    assert deals.view("deals", "by_region", ViewOptions(keys=("west",)))["offset"] == 2
    assert rows(deals, "count", keys=("west",)) == [{"key": None, "value": 3}]
    assert ids(deals, "by_region", key="east", endkey="west") == ["d1", "d2", "d3", "d4", "d5"]
    assert ids(deals, "by_region", keys=()) == []


def test_a_group_level_counts_more_than_group(deals: Database) -> None:
    assert rows(deals, "count", group=True, group_level=0) == [{"key": None, "value": 5}]
    assert ids(deals, "by_region", group=True, group_level=0, limit=1) == ["d1"]


def test_rows_of_one_document_with_one_key_are_ordered_by_value(db: Database) -> None:
    source = (
        "function (doc) { [3, 'a', null, 1, [2], {b: 1}].forEach(function (v) { emit(1, v); }); }"
    )
    put_design(db, {"v": {"map": source}})
    db.put({"_id": "a"})
    assert [row["value"] for row in rows(db, "v")] == [1, 3, None, {"b": 1}, [2], "a"]


@pytest.mark.parametrize(
    ("emitted", "key", "value"),
    [
        ("emit(1.0, 2.50)", 1, 2.5),
        ("emit(-0, -0)", 0, 0),
        ("emit(9007199254740993, 1e21)", 9007199254740992, 1e21),
        ("emit(doc.big, doc.big)", 12345678901234567000, 12345678901234567000),
        ("emit(undefined, undefined)", None, None),
        ("emit(NaN, 1 / 0)", None, None),
        ("emit(function () {}, function () {})", None, None),
        ("emit()", None, None),
        ("emit([undefined, NaN], {a: undefined, b: NaN})", [None, None], {"b": None}),
        ("emit(new Date(0), {toJSON: function () { return 'own'; }})",
         "1970-01-01T00:00:00.000Z", "own"),
        ("var o = {n: 1}; emit(o, o); o.n = 2", {"n": 2}, {"n": 2}),
        ("emit(1, new TypeError('no'))", 1, {"error": "TypeError", "message": "no"}),
        ("doc.k = 7; emit(typeof doc.k, 0)", "undefined", 0),
    ],
)  # fmt: skip
def test_what_becomes_of_odd_keys_and_values(
    db: Database, emitted: str, key: Any, value: Any
) -> None:
    put_design(db, {"v": {"map": f"function (doc) {{ {emitted}; }}"}})
    db.put({"_id": "a", "big": 12345678901234567890})
    (row,) = rows(db, "v")
    assert (row["key"], row["value"]) == (key, value)
    assert type(row["key"]) is type(key)


def test_a_linked_document_of_a_certain_revision(db: Database) -> None:
    put_design(db, {"v": {"map": "function (doc) { if (doc.to) emit(1, doc.to); }"}})
    first = db.put({"_id": "a", "n": 1})
    db.put({"_id": "a", "_rev": first, "n": 2})
    db.put({"_id": "b", "to": {"_id": "a", "_rev": first}})
    (row,) = rows(db, "v", include_docs=True)
    assert (row["doc"]["_id"], row["doc"]["n"]) == ("a", 1)


def test_options_of_a_design_document(db: Database) -> None:
    source = "function (doc) { emit(doc.k, doc._local_seq); }"
    view = {"map": source, "options": {"collation": "raw"}}
    options = {"local_seq": True, "include_design": True}
    db.put({"_id": "_design/deals", "views": {"v": view}, "options": options})
    keys = [None, False, True, 1, "a", "B", [], [1], {}, {"a": 1}]
    db.bulk_docs([{"k": key} for key in keys])
    found = rows(db, "v")
    assert [row["key"] for row in found if not row["id"].startswith("_")] == [
        1, False, None, True, {}, {"a": 1}, [], [1], "B", "a",
    ]  # fmt: skip
    assert all(row["value"] is not None for row in found)
    assert "_design/deals" in [row["id"] for row in found]


def test_what_is_known_of_an_index(deals: Database) -> None:
    rows(deals, "count")
    info = deals.design_info("deals")
    assert info["name"] == "deals"
    assert info["view_index"]["language"] == "javascript"
    assert info["view_index"]["updates_pending"]["total"] == 0
    assert {"signature", "sizes", "update_seq", "updater_running"} < set(info["view_index"])
    with pytest.raises(NotFound):
        deals.design_info("nothing")


def test_indexes_in_use_survive_a_cleanup(deals: Database) -> None:
    assert len(rows(deals, "by_region")) == 5
    deals.view_cleanup()
    assert len(rows(deals, "by_region", update="false")) == 5


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


def test_views_of_any_names_give_their_own_rows(db: Database) -> None:
    names = ["2", "10", "-x", "a", "B", "lib2", "é", "😀"]
    views = {
        name: {"map": f"function (doc) {{ emit({json.dumps(name)}, null); }}"} for name in names
    }
    db.bulk_docs([{"_id": "_design/names", "views": views}, {"_id": "a"}])
    for name in names:
        assert [row["key"] for row in db.view("names", name)["rows"]] == [name]
