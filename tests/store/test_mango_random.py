"""Random selectors on random documents: matching, normal forms and indexes against a model."""

import itertools
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.api import Database
from store.lite import LiteServer
from store.mango.matching import matcher
from store.mango.selector import normalize
from tests.store.selectors import MISSING, NOWHERE, documents, look_up, meets, order, selectors

INDEXES = (["a"], ["a", "b"], ["b", "a"], ["a.b"], ["c", "_id"], ["b.0"], ["c.a.b", "a"])
NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiteServer]:
    path: Path = tmp_path_factory.mktemp("mango")
    with closing(LiteServer(path)) as opened:
        yield opened


@settings(max_examples=500, deadline=None)
@given(documents, selectors)
def test_a_selector_means_what_the_model_says(
    docs: list[dict[str, Any]], selector: dict[str, Any]
) -> None:
    normal = normalize(selector)
    assert normalize(normal) == normal
    matches = matcher(normal)
    assert [matches(doc) for doc in docs] == [meets(doc, selector) for doc in docs]


@settings(max_examples=30, deadline=None)
@given(documents, st.lists(selectors, min_size=5, max_size=10))
def test_every_index_finds_what_the_model_says(
    server: LiteServer, docs: list[dict[str, Any]], asked: list[dict[str, Any]]
) -> None:
    name = f"db{next(NUMBERS)}"
    server.create(name)
    db = server.database(name)
    db.bulk_docs(docs)
    for fields in INDEXES:
        db.create_index({"index": {"fields": fields}, "ddoc": "-".join(fields), "name": "i"})
    for selector in asked:
        expected = {doc["_id"] for doc in docs if meets(doc, selector)}
        if normalize(selector) in ({"$and": []}, {"$or": []}):
            expected = set()
        for use_index in (None, *("-".join(fields) for fields in INDEXES)):
            query = {"selector": selector, "use_index": use_index, "fields": ["_id"]}
            assert set(pages(db, query)) == expected, query
        for fields in (["a"], ["b", "a"]):
            _check_sorted(db, docs, selector, fields, expected)
    server.delete(name)


def pages(db: Database, query: dict[str, Any]) -> list[str]:
    """All ids, asked for in pages of three; each stands there once."""
    found: list[str] = []
    bookmark = None
    while True:
        page = db.find({**query, "limit": 3, "bookmark": bookmark})
        if not page["docs"]:
            assert len(set(found)) == len(found)
            return found
        found += [doc["_id"] for doc in page["docs"]]
        bookmark = page["bookmark"]


def _check_sorted(
    db: Database,
    docs: list[dict[str, Any]],
    selector: dict[str, Any],
    fields: list[str],
    expected: set[str],
) -> None:
    keys = {
        doc["_id"]: [look_up(doc, field) for field in fields]
        for doc in docs
        if doc["_id"] in expected
    }
    there = {
        docid: order(key)
        for docid, key in keys.items()
        if not any(value is MISSING or value is NOWHERE for value in key)
    }
    inorder = sorted(there, key=lambda docid: (there[docid], docid))
    for way, wanted in (("asc", inorder), ("desc", inorder[::-1])):
        sort = [{field: way} for field in fields]
        assert pages(db, {"selector": selector, "sort": sort, "fields": ["_id"]}) == wanted
