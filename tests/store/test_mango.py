"""Mango's pure parts: normal forms, paths, ranges and which index is of use."""

from typing import Any

import pytest

from store.collation import sort_key
from store.errors import BadQuery, SearchUnavailable
from store.mango import bookmark, options, paths, ranges
from store.mango.choice import choose
from store.mango.indexes import ALL_DOCS, Index, new_index, of_design, with_index
from store.mango.selector import DEEPEST, fields, normalize
from store.types import ABSENT


@pytest.mark.parametrize(
    ("selector", "normal"),
    [
        ({}, {}),
        ({"a": 1}, {"a": {"$eq": 1}}),
        ({"a": {"b": 1}}, {"a.b": {"$eq": 1}}),
        ({"a": {}}, {"a": {"$eq": {}}}),
        ({"a": 1, "b": 2}, {"$and": [{"a": {"$eq": 1}}, {"b": {"$eq": 2}}]}),
        ({"a": {"$gt": 1, "$lt": 3}}, {"$and": [{"a": {"$gt": 1}}, {"a": {"$lt": 3}}]}),
        ({"a": {"b": {"$or": [1, {"$gt": 2}]}}},
         {"$or": [{"a.b": {"$eq": 1}}, {"a.b": {"$gt": 2}}]}),
        ({"$not": {"a": {"$gt": 1}}}, {"a": {"$lte": 1}}),
        ({"$not": {"a": 1, "b": 2}}, {"$or": [{"a": {"$ne": 1}}, {"b": {"$ne": 2}}]}),
        ({"$nor": [{"a": 1}, {"b": {"$in": [1]}}]},
         {"$and": [{"a": {"$ne": 1}}, {"b": {"$nin": [1]}}]}),
        ({"$not": {"$not": {"a": 1}}}, {"a": {"$eq": 1}}),
        ({"$not": {"$nor": [{"a": 1}]}}, {"$or": [{"a": {"$eq": 1}}]}),
        ({"a": {"$not": {"$regex": "x"}}}, {"a": {"$not": {"$regex": "x"}}}),
        ({"a": {"$not": {"$exists": True}}}, {"a": {"$exists": False}}),
        ({"a": {"$elemMatch": {"$gt": 1}}}, {"a": {"$elemMatch": {"": {"$gt": 1}}}}),
        ({"a": {"$elemMatch": {"b": {"c": 1}}}}, {"a": {"$elemMatch": {"b.c": {"$eq": 1}}}}),
    ],
)  # fmt: skip
def test_normal_forms(selector: dict[str, Any], normal: dict[str, Any]) -> None:
    assert normalize(selector) == normal
    assert normalize(normal) == normal


def test_text_search_is_refused_where_it_makes_sense_at_all() -> None:
    with pytest.raises(SearchUnavailable):
        normalize({"a": 1, "$text": "x"})
    with pytest.raises(BadQuery):
        normalize({"$text": []})


def test_a_selector_that_is_too_deep_is_refused() -> None:
    deep: dict[str, Any] = {"a": 1}
    for _ in range(DEEPEST * 10):
        deep = {"$not": deep}
    with pytest.raises(BadQuery):
        normalize(deep)


def test_field_names_are_paths() -> None:
    doc = {"a": {"b.c": [5, {"d": None}]}}
    assert paths.parse("a.b\\.c.1.d") == ("a", "b.c", "1", "d")
    assert paths.get(doc, paths.parse("a.b\\.c.1.d")) is None
    assert paths.get(doc, paths.parse("a.x")) is ABSENT
    for blocked in ("a.b\\.c.2", "a.b\\.c.x", "a.b\\.c.-1", "a.b\\.c.0.x"):
        assert paths.get(doc, paths.parse(blocked)) is paths.BLOCKED
    assert paths.extract(doc, ("a.b\\.c.0", "none")) == {"a": {"b.c": {"0": 5}}}
    for bad in ("", "a.", ".a", "a..b"):
        with pytest.raises(BadQuery):
            paths.parse(bad)


def bounds(selector: dict[str, Any], *columns: str) -> tuple[Any, Any]:
    found = [ranges.of_field(normalize(selector), column) for column in columns]
    return ranges.start_key(found), ranges.end_key(found)


def test_conditions_on_a_field_are_one_range() -> None:
    assert bounds({"a": {"$gt": 1, "$lte": 5}}, "a") == ([1], [5])
    assert bounds({"a": {"$gt": 1, "$gte": 3, "$lt": 9, "$lte": 9}}, "a") == ([3], [9])
    assert bounds({"a": 1, "b": {"$gt": 2}}, "a", "b") == ([1, 2], [1])
    assert bounds({"a": {"$gt": 1}, "b": 2}, "a", "b") == ([1, 2], [])
    assert bounds({"a": {"$beginsWith": "x"}}, "a") == (["x"], ["x\uffff"])
    assert bounds({"a": {"$in": [1]}}, "a") == ([], [])
    assert bounds({"_id": {"$gt": "B"}}, "_id") == ([], [])
    assert bounds({"_id": "B"}, "_id") == (["B"], ["B"])


@pytest.mark.parametrize(
    "selector", [{"$gt": 5, "$lt": 5}, {"$gt": 5, "$lte": 5}, {"$eq": 1, "$gt": 2}, {"$lt": None,
                 "$gte": None}]
)  # fmt: skip
def test_ranges_that_are_empty(selector: dict[str, Any]) -> None:
    assert ranges.of_field(normalize({"a": selector}), "a").empty
    assert not ranges.of_field(normalize({"a": {"$gte": 5, "$lte": 5}}), "a").empty


def test_an_open_end_leaves_out_its_own_rows() -> None:
    low, high = ranges.bounds([ranges.of_field(normalize({"a": {"$gt": 1, "$lt": 3}}), "a")])
    assert [low <= sort_key([n]) < high for n in (0, 1, 2, 3, 4)] == [False] * 2 + [True] + [
        False
    ] * 2
    low, high = ranges.bounds([ranges.of_field(normalize({"a": {"$gte": 1, "$lte": 3}}), "a")])
    assert [low <= sort_key([n]) < high for n in (0, 1, 2, 3, 4)] == [False, *[True] * 3, False]


def test_ids_are_bounded_by_their_bytes() -> None:
    low, high = ranges.id_bounds(normalize({"_id": {"$beginsWith": "a"}}))
    ids = ["Z", "a", "aé", "a\U0001f600", "b"]
    assert [low <= docid.encode() < high for docid in ids] == [False, True, True, True, False]
    low, high = ranges.id_bounds(normalize({"_id": {"$gt": "a", "$lte": "b"}}))
    assert [low <= docid.encode() < high for docid in ids] == [False, False, True, True, True]
    assert ranges.id_bounds(normalize({"_id": {"$lt": 5}})) == (b"", b"")
    assert ranges.id_bounds(normalize({"_id": {"$gt": 5}})) == (b"", b"\xff")


def usable(selector: dict[str, Any], *columns: str, sort: tuple[str, ...] = ()) -> bool:
    index = Index("_design/d", "i", "json", tuple((column, "asc") for column in columns), {})
    query = options.query({"selector": selector, "sort": list(sort)})
    best = choose([ALL_DOCS, index], query, explain=True).best
    return best is not None and best.index == index


def test_an_index_must_hold_every_document_that_matches() -> None:
    assert usable({"a": 1}, "a")
    assert usable({"a": {"$ne": 1}}, "a")
    assert usable({"a": 1, "b": {"$regex": "x"}}, "a", "b")
    assert usable({"$or": [{"a": 1}, {"a": 2, "b": 1}]}, "a")
    assert usable({"a": 1}, "a", "_id")
    assert not usable({"a": 1}, "a", "b")
    assert not usable({"a": {"$exists": False}}, "a")
    assert not usable({"$or": [{"a": 1}, {"b": 2}]}, "a")
    assert not usable({"a": 1, "$or": []}, "b")
    assert usable({"a": {"$in": []}}, "b")


def test_an_index_must_have_the_order_of_the_sort() -> None:
    assert usable({}, "a", sort=("a",))
    assert usable({"b": 1}, "a", "b", sort=("a",))
    assert usable({"a": 1}, "a", "b", sort=("b",))
    assert not usable({"a": {"$gt": 1}}, "a", "b", sort=("b",))
    assert not usable({}, "a", "b", sort=("b", "a"))
    assert not usable({}, "a", sort=("a", "b"))


def test_what_is_no_index_is_left_out() -> None:
    views: dict[str, Any] = {
        "good": {"map": {"fields": {"a": "asc"}}, "options": {}},
        "text": {"map": "function (doc) {}", "options": {}},
        "no fields": {"map": {}, "options": {}},
        "no names": {"map": {"fields": {"a..b": "asc"}}, "options": {}},
        "no way": {"map": {"fields": {"a": "up"}}, "options": {}},
        "no filter": {
            "map": {"fields": {"a": "asc"}, "partial_filter_selector": {"a": {"$what": 1}}},
            "options": {},
        },
        "nothing": None,
        "unseen by CouchDB": {"map": {"fields": {"a": "asc"}}},
    }
    found = of_design({"_id": "_design/d", "language": "query", "views": views})
    assert [index.name for index in found] == ["good"]
    assert of_design({"_id": "_design/d", "views": views}) == []
    assert of_design({"_id": "_design/d", "language": "query", "views": []}) == []


def test_an_index_is_added_to_whatever_stands_there() -> None:
    new = new_index({"index": {"fields": ["a"]}, "ddoc": "d", "name": "i"})
    ddoc = {"_id": "_design/d", "language": "query"}
    for there in ({"options": [], "views": 5}, {"options": "x", "views": {"other": None}}):
        made = with_index({**ddoc, **there}, new)
        assert made is not None
        assert [index.name for index in of_design(made)] == ["i"]
        assert with_index(made, new) is None
    with pytest.raises(BadQuery, match="partitioned option"):
        with_index({**ddoc, "options": {"partitioned": False}}, new)


def test_a_bookmark_is_one_of_ours() -> None:
    assert bookmark.decoded(bookmark.encoded('[1,"a"]', "é")) == (sort_key([1, "a"]), "é")
    deep = bookmark.encoded("[" * 5000 + "]" * 5000, "a")
    for bad in ("nil", "x", "W10=", "WzEsMl0=", "é", bookmark.encoded("1", "\ud800"), deep):
        with pytest.raises(BadQuery):
            bookmark.decoded(bad)


def test_the_fields_of_a_selector() -> None:
    assert fields(normalize({"a": 1, "$or": [{"b": 1}, {"c.d": 2}]})) == ["a", "b", "c.d"]
