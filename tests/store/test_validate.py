"""Validation under hostile functions and documents, and in batches."""

import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from store.errors import DesignError, Forbidden
from store.lite.js.patience import Patience
from store.lite.js.pool import JsPool
from store.lite.validate import Validation
from store.types import ADMIN, Doc

OWNED = "function (doc) { if (!doc.owner) throw({forbidden: {missing: 'owner'}}); }"


@pytest.fixture
def validation() -> Iterator[Validation]:
    with closing(JsPool(timeout=2.0)) as pool:
        yield Validation(pool)


def design(source: str, name: str = "rules") -> Doc:
    return {"_id": f"_design/{name}", "validate_doc_update": source}


def errors(validation: Validation, source: str, *docs: Doc, patience: float = 4.0) -> list[Any]:
    pairs = [(doc, None) for doc in docs]
    return validation.errors([design(source)], pairs, ADMIN, "db", {}, Patience(patience))


def test_a_reason_that_is_no_text(validation: Validation) -> None:
    (error,) = errors(validation, OWNED, {"_id": "a"})
    assert isinstance(error, Forbidden)
    assert error.reason == '{"missing": "owner"}'


def test_one_document_does_not_refuse_its_neighbours() -> None:
    source = """function (doc) {
        if (doc.bad === 'memory') for (var a = []; ;) a.push('x'.repeat(1e6) + a.length);
        if (doc.bad === 'stack') (function deep() { deep(); })();
        if (doc.bad === 'time') while (true);
    }"""
    docs: list[Doc] = [{"_id": str(n)} for n in range(6)]
    for n, bad in ((1, "memory"), (3, "stack"), (4, "time")):
        docs[n]["bad"] = bad
    # Patient, so that on a busy machine only the endless function runs out of time.
    with closing(JsPool(timeout=6.0)) as pool:
        found = errors(Validation(pool), source, *docs, patience=20.0)
    assert [isinstance(error, DesignError) for error in found] == [
        False, True, False, True, True, False,
    ]  # fmt: skip
    assert all(error is None for error in found if not isinstance(error, DesignError))


def test_an_endless_function_ends_soon_for_a_whole_batch(validation: Validation) -> None:
    begin = time.monotonic()
    found = errors(
        validation, "function () { while (true); }", *({"_id": str(n)} for n in range(50))
    )
    assert all(isinstance(error, DesignError) for error in found)
    assert time.monotonic() - begin < 5
    assert errors(validation, OWNED, {"_id": "a", "owner": "anna"}) == [None]


@pytest.mark.parametrize(
    "source",
    [
        "function () { for (var v = 1, i = 0; i < 5000; i++) v = [v]; throw(v); }",
        "function () { throw({forbidden: 'x'.repeat(1e9)}); }",
        "function () { Object.prototype.toJSON = function () { return 7; }; throw({a: 1}); }",
        "function () { throw(null); }",
        "function () { throw(undefined); }",
        "function () { throw(new Error('forbidden')); }",
    ],
)
def test_whatever_is_thrown_refuses(validation: Validation, source: str) -> None:
    (error,) = errors(validation, source, {"_id": "a"})
    assert isinstance(error, DesignError)


def test_documents_of_every_kind_reach_the_function(validation: Validation) -> None:
    source = """function (doc, old, user, security) {
        throw({forbidden: JSON.stringify([doc.text, old, user, security, this._id])});
    }"""
    text = "客户\n\u2028\ud800\0\\"
    (error,) = validation.errors(
        [design(source)],
        [({"_id": "a", "text": text}, {"_id": "a", "n": 1})],
        ADMIN,
        "db",
        {"x": 1},
        Patience(),
    )
    assert isinstance(error, Forbidden)
    assert error.reason == (
        '["客户\\n\u2028\\ud800\\u0000\\\\",{"_id":"a","n":1},'
        '{"db":"db","name":null,"roles":["_admin"]},{"x":1},"_design/rules"]'
    )


def test_the_clock_of_couchdb_is_there(validation: Validation) -> None:
    assert errors(validation, "function () { if (!Date.now()) throw('no'); }", {"_id": "a"}) == [
        None
    ]
