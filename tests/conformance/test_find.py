"""`_find` without an index: what selectors mean, and what is refused."""

from typing import Any

import pytest

from store.api import Database
from store.errors import BadQuery, QueryParseError, SearchUnavailable, StoreError
from tests.conformance.helpers import rev

PEOPLE: list[dict[str, Any]] = [
    {"_id": "anna", "age": 31, "name": "Anna", "tags": ["a", "b"], "home": {"city": "Bern"}},
    {"_id": "bob", "age": 40.5, "name": "bob", "tags": [], "home": {"city": "Basel", "a.b": 1}},
    {"_id": "cleo", "age": 40, "name": "Cléo", "tags": ["b", 3, ["x"]], "home": "Bern"},
    {"_id": "dan", "age": None, "tags": "a", "scores": [{"n": 1, "of": 2}, {"n": 5, "of": 5}]},
    {"_id": "eve", "age": True, "name": "e\u0301ve", "tags": [[1, 2]], "scores": [{"n": 1}, 7]},
]

MATCHES: list[tuple[dict[str, Any], str]] = [
    ({}, "anna bob cleo dan eve"),
    ({"age": 40}, "cleo"),
    ({"age": {"$eq": 40.0}}, "cleo"),
    ({"age": {"$ne": 40}}, "anna bob dan eve"),
    ({"age": {"$gt": 40}}, "bob"),
    ({"age": {"$gte": 40}}, "bob cleo"),
    ({"age": {"$lt": 40}}, "anna dan eve"),
    ({"age": {"$lte": None}}, "dan"),
    ({"age": {"$gt": None, "$lt": "a"}}, "anna bob cleo eve"),
    ({"name": {"$gte": "b", "$lt": "d"}}, "bob cleo"),
    ({"name": {"$lt": "ANNA"}}, "anna"),
    ({"name": {"$ne": "x"}}, "anna bob cleo eve"),
    ({"name": {"$exists": False}}, "dan"),
    ({"name": {"$exists": True}}, "anna bob cleo eve"),
    ({"home.city": {"$exists": False}}, "dan eve"),
    ({"name": "\u00e9ve"}, "eve"),
    ({"age": {"$type": "number"}}, "anna bob cleo"),
    ({"age": {"$type": "boolean"}}, "eve"),
    ({"age": {"$type": "null"}}, "dan"),
    ({"home": {"$type": "object"}}, "anna bob"),
    ({"tags": {"$type": "array"}}, "anna bob cleo eve"),
    ({"home": {"$type": "string"}}, "cleo"),
    ({"age": {"$in": [31, 40.5]}}, "anna bob"),
    ({"tags": {"$in": ["a"]}}, "anna dan"),
    ({"tags": {"$in": []}}, ""),
    ({"tags": {"$in": [["x"]]}}, "cleo"),
    ({"tags": {"$nin": ["a", 3]}}, "bob eve"),
    ({"name": {"$nin": []}}, "anna bob cleo eve"),
    ({"tags": {"$size": 2}}, "anna"),
    ({"tags": {"$size": 0}}, "bob"),
    ({"age": {"$mod": [3, 1]}}, "anna cleo"),
    ({"name": {"$regex": "^[A-C]"}}, "anna cleo"),
    ({"name": {"$regex": "(?i)B$"}}, "bob"),
    ({"name": {"$regex": "l..o"}}, "cleo"),
    ({"name": {"$regex": "^(?!A)"}}, "bob cleo eve"),
    ({"name": {"$beginsWith": "Cl"}}, "cleo"),
    ({"name": {"$beginsWith": "e"}}, ""),
    ({"name": {"$beginsWith": "e\u0301"}}, "eve"),
    ({"tags": {"$all": ["b", "a"]}}, "anna"),
    ({"tags": {"$all": []}}, ""),
    ({"tags": {"$all": [3.0]}}, ""),
    ({"tags": {"$all": [["a", "b"]]}}, "anna"),
    ({"scores": {"$elemMatch": {"n": 5, "of": 5}}}, "dan"),
    ({"scores": {"$elemMatch": {"$eq": 7}}}, "eve"),
    ({"tags": {"$elemMatch": {"$gt": "a", "$lt": "c"}}}, "anna cleo"),
    ({"scores": {"$allMatch": {"n": {"$gt": 0}}}}, "dan"),
    ({"tags": {"$allMatch": {"$type": "string"}}}, "anna"),
    ({"home": {"$keyMapMatch": {"$eq": "city"}}}, "anna bob"),
    ({"home": {"$keyMapMatch": {"$regex": "\\."}}}, "bob"),
    ({"$and": [{"age": {"$gt": 30}}, {"age": {"$lt": 40}}]}, "anna"),
    ({"$or": [{"age": 31}, {"name": "bob"}]}, "anna bob"),
    ({"$nor": [{"age": 31}, {"name": "bob"}]}, "cleo eve"),
    ({"$not": {"age": {"$gte": 40}}}, "anna dan eve"),
    ({"name": {"$not": {"$regex": "^[A-C]"}}}, "bob eve"),
    ({"age": {"$or": [{"$lt": None}, {"$gt": 40}]}}, "bob"),
    ({"$and": []}, ""),
    ({"$or": []}, ""),
    ({"age": 31, "$or": []}, "anna"),
    ({"home": {"city": "Bern"}}, "anna"),
    ({"home.city": "Bern"}, "anna"),
    ({"home.a\\.b": 1}, "bob"),
    ({"home.a.b": 1}, ""),
    ({"home": {"$eq": {"city": "Bern"}}}, "anna"),
    ({"tags.0": "b"}, "cleo"),
    ({"tags.2.0": "x"}, "cleo"),
    ({"tags.9": {"$exists": False}}, ""),
    ({"scores.1.of": 5}, "dan"),
    ({"_id": {"$gt": "anna", "$lte": "cleo"}}, "bob cleo"),
    ({"_id": {"$in": ["eve", "none"]}}, "eve"),
    ({"_id": {"$gt": None}}, "anna bob cleo dan eve"),
    ({"_id": {"$lt": {}}}, ""),
    ({"_id": "bob"}, "bob"),
]

REFUSED: list[tuple[dict[str, Any], str]] = [
    ({}, "missing_required_key"),
    ({"selector": []}, "invalid_selector_json"),
    ({"selector": {}, "what": 1}, "invalid_key"),
    ({"selector": {"": 1}}, "invalid_selector"),
    ({"selector": {"$eq": 1}}, "invalid_selector"),
    ({"selector": {"a": {"$what": 1}}}, "invalid_operator"),
    ({"selector": {"a": {"$where": "1"}}}, "not_supported"),
    ({"selector": {"a..b": 1}}, "invalid_field_name"),
    ({"selector": {"a": {"": 1}}}, "invalid_field_name"),
    ({"selector": {"a": {"$in": 1}}}, "bad_arg"),
    ({"selector": {"a": {"$mod": [2.0, 1]}}}, "bad_arg"),
    ({"selector": {"a": {"$regex": "("}}}, "bad_arg"),
    ({"selector": {"a": {"$regex": 1}}}, "invalid_operator"),
    ({"selector": {"a": {"$size": -1}}}, "bad_arg"),
    ({"selector": {"a": {"$type": 1}}}, "bad_arg"),
    ({"selector": {"a": {"$exists": 1}}}, "bad_arg"),
    ({"selector": {"a": {"$elemMatch": 1}}}, "bad_arg"),
    ({"selector": {"a": {"$not": 1}}}, "bad_arg"),
    ({"selector": {"$and": {}}}, "bad_arg"),
    ({"selector": {}, "limit": -1}, "invalid_non_neg_integer"),
    ({"selector": {}, "limit": "1"}, "invalid_non_neg_integer"),
    ({"selector": {}, "skip": 0.5}, "invalid_non_neg_integer"),
    ({"selector": {}, "r": 0}, "invalid_pos_integer"),
    ({"selector": {}, "update": "yes"}, "invalid_boolean"),
    ({"selector": {}, "fields": "a"}, "invalid_fields"),
    ({"selector": {}, "fields": [1]}, "invalid_field"),
    ({"selector": {}, "fields": ["a..b"]}, "invalid_field_name"),
    ({"selector": {}, "sort": "a"}, "invalid_sort_json"),
    ({"selector": {}, "sort": [{"a": "up"}]}, "invalid_sort_field"),
    ({"selector": {}, "sort": [{"a": "asc"}, {"b": "desc"}]}, "unsupported_mixed_sort"),
    ({"selector": {}, "sort": ["a"]}, "no_usable_index"),
    ({"selector": {}, "use_index": 1}, "invalid_index_name"),
    ({"selector": {}, "use_index": "a/b/c"}, "invalid_index_name"),
    ({"selector": {}, "use_index": "none", "allow_fallback": False}, "invalid_index"),
    ({"selector": {}, "allow_fallback": False}, "invalid_index"),
    ({"selector": {}, "bookmark": "not one"}, "invalid_bookmark"),
]


@pytest.fixture
def people(db: Database) -> Database:
    db.bulk_docs([{"_id": "_design/d", "age": 31}, *PEOPLE])
    return db


def found(db: Database, selector: dict[str, Any], **options: Any) -> list[str]:
    return [doc["_id"] for doc in db.find({"selector": selector, **options})["docs"]]


def test_what_selectors_match(people: Database) -> None:
    matched = [(selector, " ".join(found(people, selector))) for selector, _ in MATCHES]
    assert matched == MATCHES


def test_what_is_refused(people: Database) -> None:
    for query, error in REFUSED:
        with pytest.raises((BadQuery, QueryParseError)) as refused:
            people.find(query)
        assert (refused.value.status, refused.value.error) == (400, error), query


def test_text_search_is_not_there(people: Database) -> None:
    with pytest.raises(SearchUnavailable):
        people.find({"selector": {"$text": "anna"}})


def test_a_divisor_of_zero_is_refused(people: Database) -> None:
    with pytest.raises(BadQuery):
        people.find({"selector": {"age": {"$mod": [0, 1]}}})


def test_fields_choose_what_is_told(people: Database) -> None:
    query = {"selector": {"_id": "bob"}, "fields": ["home.city", "tags", "tags.0", "none", "_id"]}
    assert people.find(query)["docs"] == [{"home": {"city": "Basel"}, "tags": [], "_id": "bob"}]
    query = {"selector": {"_id": "anna"}, "fields": ["tags.1"]}
    assert people.find(query)["docs"] == [{"tags": {"1": "b"}}]
    assert people.find({"selector": {"_id": "bob"}})["docs"] == [people.get("bob")]


def test_the_limit_is_25(db: Database) -> None:
    db.bulk_docs([{"_id": f"d{at:02}"} for at in range(30)])
    assert len(found(db, {})) == 25
    assert found(db, {}, limit=2, skip=3) == ["d03", "d04"]
    assert found(db, {}, limit=0) == []


def test_bookmarks_lead_from_page_to_page(people: Database) -> None:
    bookmark, pages = None, []
    while True:
        page = people.find({"selector": {"age": {"$gt": None}}, "limit": 2, "bookmark": bookmark})
        bookmark = page["bookmark"]
        if not page["docs"]:
            break
        pages.append([doc["_id"] for doc in page["docs"]])
    assert pages == [["anna", "bob"], ["cleo", "eve"]]
    again = people.find({"selector": {"age": 0}, "bookmark": bookmark})
    assert again["bookmark"] == bookmark
    assert people.find({"selector": {"age": 0}})["bookmark"] == "nil"


def test_the_answer_warns_and_counts(people: Database) -> None:
    answer = people.find({"selector": {"age": 31}, "execution_stats": True})
    assert answer["warning"].startswith("No matching index found, create an index to optimize")
    stats = answer["execution_stats"]
    assert stats["results_returned"] == 1
    assert stats["total_docs_examined"] >= 5
    assert stats["total_quorum_docs_examined"] == 0
    many = people.find({"selector": {}, "use_index": "none"})
    assert many["warning"] == (
        "_design/none was not used because it does not contain a valid index for this query.\n"
        "No matching index found, create an index to optimize query time."
    )
    quorum = people.find({"selector": {"age": 31}, "r": 2, "execution_stats": True})
    assert quorum["execution_stats"]["total_quorum_docs_examined"] >= 5


def test_conflicts_can_be_found(db: Database) -> None:
    first, second = rev(1, "one"), rev(1, "two")
    db.bulk_docs([{"_id": "a", "_rev": first}, {"_id": "a", "_rev": second}], new_edits=False)
    db.put({"_id": "b"})
    selector = {"_conflicts": {"$exists": True}}
    (doc,) = db.find({"selector": selector, "conflicts": True})["docs"]
    assert doc["_conflicts"] == [min(first, second)]
    assert found(db, selector) == []


def test_deleted_documents_are_not_found(db: Database) -> None:
    db.delete("a", db.put({"_id": "a", "n": 1}))
    db.put({"_id": "b", "n": 1})
    assert found(db, {"n": 1}) == ["b"]


@pytest.mark.parametrize("pattern", ["(a|aa)+[cd]", "(a|aa){18}[cd]"])
def test_a_hostile_pattern_ends(db: Database, pattern: str) -> None:
    db.put({"_id": "a", "text": "a" * 3000})
    with pytest.raises(BadQuery, match="takes too long"):
        db.find({"selector": {"text": {"$regex": pattern}}})
    assert found(db, {"text": {"$regex": "^a"}}) == ["a"]


@pytest.mark.parametrize("pattern", ["(((a{9999}){9999}){9999}){9999}", "(" * 5000 + ")" * 5000])
def test_a_pattern_that_wants_too_much_is_refused(db: Database, pattern: str) -> None:
    with pytest.raises(StoreError):
        db.find({"selector": {"text": {"$regex": pattern}}})
