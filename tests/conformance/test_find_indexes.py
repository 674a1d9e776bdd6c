"""Mango indexes: made, listed, deleted, chosen and used."""

from typing import Any

import pytest

from store.api import Database
from store.errors import BadQuery, NotFound, SearchUnavailable
from store.types import ViewOptions

VIEW = {
    "map": {"fields": {"a": "asc", "b": "asc"}, "partial_filter_selector": {}},
    "reduce": "_count",
    "options": {"def": {"fields": ["a", "b"]}},
}


@pytest.fixture
def numbers(db: Database) -> Database:
    """a: 0 to 29, b: a modulo 3, c: a modulo 4, but in the last no b."""
    docs: list[dict[str, Any]] = [
        {"_id": f"d{at:02}", "a": at, "b": at % 3, "c": at % 4} for at in range(30)
    ]
    del docs[29]["b"]
    db.bulk_docs([{"_id": "_design/x", "a": 1, "b": 1}, *docs])
    return db


def index(db: Database, *fields: Any, ddoc: str, name: str = "i", **options: Any) -> None:
    definition = {"fields": list(fields), **options}
    answer = db.create_index({"index": definition, "ddoc": ddoc, "name": name})
    assert answer == {"result": "created", "id": f"_design/{ddoc}", "name": name}


def found(db: Database, selector: dict[str, Any], **options: Any) -> list[int]:
    query = {"selector": selector, "fields": ["a"], "limit": 100, **options}
    return [doc["a"] for doc in db.find(query)["docs"]]


def chosen(db: Database, selector: dict[str, Any], **options: Any) -> str | None:
    used = db.explain({"selector": selector, **options})["index"]
    return None if used is None else str(used["ddoc"] or used["name"]).removeprefix("_design/")


def test_an_index_is_a_view_of_a_design_document(db: Database) -> None:
    index(db, "a", "b", ddoc="ab")
    doc = db.get("_design/ab")
    assert doc == {
        "_id": "_design/ab", "_rev": doc["_rev"], "language": "query", "views": {"i": VIEW},
    }  # fmt: skip


def test_asking_twice_makes_one_index(db: Database) -> None:
    question = {"index": {"fields": ["a"]}}
    first = db.create_index(question)
    assert first["result"] == "created"
    assert db.create_index(question) == {**first, "result": "exists"}
    assert first["id"] == f"_design/{first['name']}"
    other = db.create_index({"index": {"fields": ["b"]}})
    assert other["id"] != first["id"]


def test_indexes_are_listed(db: Database) -> None:
    index(db, {"b": "desc"}, ddoc="two", name="z")
    index(db, "a", ddoc="two", name="y", partial_filter_selector={"b": 1, "c": {"$gt": 2}})
    index(db, "a", ddoc="one")
    assert db.indexes() == {
        "total_rows": 4,
        "indexes": [
            {"ddoc": None, "name": "_all_docs", "type": "special",
             "def": {"fields": [{"_id": "asc"}]}},
            {"ddoc": "_design/one", "name": "i", "type": "json", "partitioned": False,
             "def": {"fields": [{"a": "asc"}]}},
            {"ddoc": "_design/two", "name": "y", "type": "json", "partitioned": False,
             "def": {"fields": [{"a": "asc"}], "partial_filter_selector":
                     {"$and": [{"b": {"$eq": 1}}, {"c": {"$gt": 2}}]}}},
            {"ddoc": "_design/two", "name": "z", "type": "json", "partitioned": False,
             "def": {"fields": [{"b": "desc"}]}},
        ],
    }  # fmt: skip


def test_the_design_document_goes_with_its_last_index(db: Database) -> None:
    index(db, "a", ddoc="two", name="y")
    index(db, "b", ddoc="two", name="z")
    db.delete_index("_design/two", "y")
    assert list(db.get("_design/two")["views"]) == ["z"]
    with pytest.raises(NotFound):
        db.delete_index("two", "y")
    with pytest.raises(NotFound):
        db.delete_index("two", "z", "text")
    db.delete_index("two", "z")
    with pytest.raises(NotFound):
        db.get("_design/two")
    index(db, "a", ddoc="two", name="y")


def test_many_are_deleted_at_once(db: Database) -> None:
    index(db, "a", ddoc="one")
    index(db, "b", ddoc="two")
    answer = db.delete_indexes(["_design/one", "none", "two"])
    assert answer == {
        "success": [{"id": "_design/two", "ok": True}, {"id": "_design/one", "ok": True}],
        "fail": [{"id": "_design/none", "error": "not_found"}],
    }
    assert db.indexes()["total_rows"] == 1


@pytest.mark.parametrize(
    ("definition", "error"),
    [
        ({}, "missing_required_key"),
        ({"index": 5}, "invalid_index"),
        ({"index": {}}, "missing_required_key"),
        ({"index": {"fields": "a"}}, "invalid_sort_json"),
        ({"index": {"fields": [{"a": "up"}]}}, "invalid_sort_field"),
        ({"index": {"fields": [{"a": "asc"}, {"b": "desc"}]}}, "unsupported_mixed_sort"),
        ({"index": {"fields": ["a"], "what": 1}}, "invalid_key"),
        ({"index": {"fields": ["a"]}, "what": 1}, "invalid_key"),
        ({"index": {"fields": ["a"]}, "type": "geo"}, "invalid_index"),
        ({"index": {"fields": ["a"]}, "name": ""}, "invalid_empty_string"),
        ({"index": {"fields": ["a"]}, "ddoc": 5}, "invalid_string"),
        ({"index": {"fields": ["a"]}, "w": 0}, "invalid_pos_integer"),
        ({"index": {"fields": ["a"], "partial_filter_selector": 5}}, "invalid_selector_json"),
        ({"index": {"fields": ["a"]}, "ddoc": "js"}, "invalid_ddoc_lang"),
    ],
)
def test_indexes_that_are_none(db: Database, definition: dict[str, Any], error: str) -> None:
    db.put({"_id": "_design/js", "views": {"v": {"map": "function (doc) { emit(1); }"}}})
    with pytest.raises(BadQuery) as refused:
        db.create_index(definition)
    assert (refused.value.status, refused.value.error) == (400, error)


def test_text_indexes_are_not_there(db: Database) -> None:
    with pytest.raises(SearchUnavailable) as refused:
        db.create_index({"index": {}, "type": "text"})
    assert refused.value.status == 503


def test_an_index_is_used_and_follows_changes(numbers: Database) -> None:
    index(numbers, "a", ddoc="a")
    selector = {"a": {"$gte": 3, "$lt": 6}}
    answer = numbers.find({"selector": selector, "execution_stats": True})
    assert [doc["a"] for doc in answer["docs"]] == [3, 4, 5]
    assert answer["execution_stats"]["total_docs_examined"] <= 4
    assert "warning" not in answer
    numbers.put({**numbers.get("d04"), "a": 100})
    numbers.delete("d05", numbers.get("d05")["_rev"])
    numbers.put({"_id": "new", "a": 4.5})
    assert found(numbers, selector) == [3, 4.5]


def test_the_index_serves_the_sort(numbers: Database) -> None:
    index(numbers, "a", ddoc="a")
    index(numbers, "b", "a", ddoc="ba")
    assert found(numbers, {}, sort=["a"]) == [*range(30)]
    assert found(numbers, {"a": {"$gt": 26}}, sort=[{"a": "desc"}]) == [29, 28, 27]
    assert found(numbers, {"b": 1}, sort=["a"]) == [*range(1, 29, 3)]
    assert found(numbers, {"a": {"$lt": 3}}, sort=["b", "a"]) == [0, 1, 2]
    with pytest.raises(BadQuery) as refused:
        found(numbers, {"a": 1}, sort=["c"])
    assert refused.value.error == "no_usable_index"
    with pytest.raises(BadQuery):
        found(numbers, {"b": {"$gt": 1}}, sort=["b", "c"])


def test_documents_without_a_field_of_the_sort_are_left_out(numbers: Database) -> None:
    index(numbers, "b", ddoc="b")
    assert 29 not in found(numbers, {}, sort=["b"])
    assert 29 in found(numbers, {})


def test_which_index_is_chosen(numbers: Database) -> None:
    for fields in (["a"], ["a", "b"], ["b", "a"], ["c"], ["c", "zz"]):
        index(numbers, *fields, ddoc="-".join(fields))
    index(numbers, "c", ddoc="again")
    assert chosen(numbers, {"a": 1}) == "a"
    assert chosen(numbers, {"a": 1, "b": 1}) == "a-b"
    assert chosen(numbers, {"a": 1, "b": {"$in": [1]}}) == "a"
    assert chosen(numbers, {"c": {"$gt": 1}}) == "again"
    assert chosen(numbers, {"c": 1}, use_index="c") == "c"
    assert chosen(numbers, {"c": 1}, use_index=["_design/c", "i"]) == "c"
    assert chosen(numbers, {"c": 1}, use_index="c-zz") == "again"
    assert chosen(numbers, {"$or": [{"a": 1}, {"b": 1}]}) == "_all_docs"
    assert chosen(numbers, {"a": {"$exists": False}}) == "_all_docs"
    assert chosen(numbers, {"b": {"$gt": 0}}, sort=["b", "a"]) == "b-a"
    assert chosen(numbers, {"_id": {"$gt": "d"}}, sort=["_id"]) == "_all_docs"
    assert chosen(numbers, {}, sort=["zz"]) is None


def test_an_index_that_cannot_serve_is_warned_of(numbers: Database) -> None:
    index(numbers, "a", ddoc="a")
    index(numbers, "c", ddoc="c")
    query = {"selector": {"a": 1}, "use_index": ["c", "i"]}
    assert numbers.find(query)["warning"] == (
        "_design/c, i was not used because it is not a valid index for this query."
    )
    with pytest.raises(BadQuery) as refused:
        numbers.find({**query, "allow_fallback": False})
    assert refused.value.reason == (
        "_design/c, i specified by `use_index` could not be found or it is not suitable."
    )


def test_a_partial_index_is_used_when_asked_for(numbers: Database) -> None:
    index(numbers, "c", ddoc="part", partial_filter_selector={"a": {"$gt": 20}})
    assert found(numbers, {"c": 1}) == [*range(1, 30, 4)]
    assert found(numbers, {"c": 1}, use_index="part") == [21, 25, 29]


def test_pages_by_an_index(numbers: Database) -> None:
    index(numbers, "c", ddoc="c")
    for sort in ([{"c": "asc"}], [{"c": "desc"}]):
        query = {"selector": {"c": {"$gt": 0}}, "sort": sort, "limit": 4, "fields": ["a"]}
        whole = found(numbers, {"c": {"$gt": 0}}, sort=sort)
        seen: list[int] = []
        while (page := numbers.find(query))["docs"]:
            seen += [doc["a"] for doc in page["docs"]]
            query["bookmark"] = page["bookmark"]
        assert seen == whole
        assert len(seen) == 22


def test_an_index_may_hold_all_that_is_wanted(numbers: Database) -> None:
    index(numbers, "a", "b", ddoc="ab")
    query = {"selector": {"a": {"$lt": 3}, "b": {"$gte": 0}}, "fields": ["_id", "b"]}
    assert numbers.explain(query)["covering"] is True
    answer = numbers.find({**query, "execution_stats": True})
    assert answer["docs"] == [{"_id": f"d0{at}", "b": at} for at in range(3)]
    assert answer["execution_stats"]["total_docs_examined"] == 0


def test_conditions_that_exclude_each_other_read_nothing(numbers: Database) -> None:
    index(numbers, "a", ddoc="a")
    assert numbers.find({"selector": {"a": {"$gt": 5, "$lt": 3}}}) == {"docs": []}


def test_nested_fields_and_places_are_indexed(db: Database) -> None:
    db.bulk_docs([{"_id": "a", "x": {"y.z": 1}, "t": [5, 6]}, {"_id": "b", "x": {"y.z": 2}}])
    index(db, "x.y\\.z", "t.1", ddoc="deep")
    query = {"selector": {"x.y\\.z": {"$gt": 0}, "t.1": 6}}
    assert db.explain(query)["index"]["ddoc"] == "_design/deep"
    assert [doc["_id"] for doc in db.find(query)["docs"]] == ["a"]


def test_without_update_the_index_stays_as_it_is(numbers: Database) -> None:
    index(numbers, "a", ddoc="a")
    assert len(found(numbers, {"a": {"$gt": 26}})) == 3
    numbers.put({"_id": "late", "a": 50})
    assert len(found(numbers, {"a": {"$gt": 26}})) == 4
    stale = found(numbers, {"a": {"$gt": 26}}, update=False, stable=True)
    assert set(stale) >= {27, 28, 29}


def test_an_index_is_a_view_as_well(numbers: Database) -> None:
    index(numbers, "b", "a", ddoc="ba")
    assert numbers.view("ba", "i")["rows"] == [{"key": None, "value": 29}]
    rows = numbers.view("ba", "i", ViewOptions(reduce=False, limit=2))["rows"]
    assert [(row["id"], row["key"], row["value"]) for row in rows] == [
        ("d00", [0, 0], None), ("d03", [0, 3], None),
    ]  # fmt: skip


def test_explain_says_how_and_why(numbers: Database) -> None:
    index(numbers, "a", ddoc="a")
    index(numbers, "a", "b", ddoc="ab")
    index(numbers, "c", ddoc="part", partial_filter_selector={"a": {"$gt": 20}})
    selector = {"a": 3, "b": {"$in": [0]}, "c": {"$regex": "x"}}
    told = numbers.explain({"selector": selector, "sort": [{"a": "desc"}], "limit": 3})
    assert told["index"]["name"] == "i" and told["index"]["ddoc"] == "_design/a"
    assert told["selector"] == {
        "$and": [{"a": {"$eq": 3}}, {"b": {"$in": [0]}}, {"c": {"$regex": "x"}}]
    }
    assert told["opts"] == {
        "use_index": [], "bookmark": "nil", "limit": 3, "skip": 0, "sort": {"a": "desc"},
        "fields": [], "partition": "", "r": 1, "conflicts": False, "stale": False, "update": True,
        "stable": False, "execution_stats": False, "allow_fallback": True,
    }  # fmt: skip
    assert told["mrargs"] == {
        "include_docs": True, "view_type": "map", "reduce": False, "partition": None,
        "start_key": [3, "<MAX>"], "end_key": [3], "direction": "rev", "stable": False,
        "update": True, "conflicts": "undefined",
    }  # fmt: skip
    assert told["selector_hints"] == [
        {"type": "json", "indexable_fields": ["a"], "unindexable_fields": ["b", "c"]}
    ]
    reasons = [
        (at["index"]["ddoc"], at["analysis"]["reasons"][0]["name"], at["analysis"]["ranking"])
        for at in told["index_candidates"]
    ]
    assert reasons == [
        ("_design/part", "is_partial", 3),
        ("_design/ab", "too_many_fields", 1),
        (None, "field_mismatch", 2),
    ]
