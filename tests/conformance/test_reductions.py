"""Built-in reductions, and how functions of ones own may fail."""

import pytest

from store.api import Database
from store.errors import DesignError, StoreError
from tests.conformance.helpers import put_design, rows

BUILTINS = {
    "_sum": 6, "_count": 4, "_first": 1, "_last": 2, "_top_2": [2, 1], "_bottom_2": [1, 2],
    "_approx_count_distinct": 3,
    "_stats": {"sum": 6, "count": 4, "min": 1, "max": 2, "sumsqr": 10},
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(BUILTINS))
def test_built_in_reductions(db: Database, name: str) -> None:
    put_design(db, {"v": {"map": "function (doc) { emit(doc.k, doc.v); }", "reduce": name}})
    db.bulk_docs([{"_id": str(n), "k": k, "v": v} for n, (k, v) in enumerate(
        [("a", 1), ("b", 2), ("b", 1), ("c", 2)])])  # fmt: skip
    assert rows(db, "v") == [{"key": None, "value": BUILTINS[name]}]
    assert [row["key"] for row in rows(db, "v", group=True)] == ["a", "b", "c"]


def test_sums_of_objects_and_of_arrays_of_unequal_length(db: Database) -> None:
    views = {
        kind: {
            "map": f"function (doc) {{ if (doc.{kind}) emit(1, doc.{kind}); }}",
            "reduce": "_sum",
        }
        for kind in ("objects", "lists")
    }
    put_design(db, views)
    objects = [{"a": 1, "b": {"c": 1}}, {"a": 2, "b": {"d": 5}}]
    db.bulk_docs([{"objects": one} for one in objects])
    db.bulk_docs([{"lists": one} for one in (1, [1, 2], [4])])
    assert rows(db, "objects")[0]["value"] == {"a": 3, "b": {"c": 1, "d": 5}}
    assert rows(db, "lists")[0]["value"] == [6, 2]


def test_what_cannot_be_summed_is_an_error_of_its_group(db: Database) -> None:
    put_design(db, {"v": {"map": "function (doc) { emit(doc.v, doc.v); }", "reduce": "_sum"}})
    db.bulk_docs([{"v": 1}, {"v": "x"}])
    one, other = rows(db, "v", group=True)
    assert one["value"] == 1
    assert (other["value"]["error"], other["value"]["caused_by"]) == ("builtin_reduce_error", "x")


def test_statistics_of_what_is_no_number_fail(db: Database) -> None:
    put_design(db, {"v": {"map": "function (doc) { emit(1, 'x'); }", "reduce": "_stats"}})
    db.put({"_id": "a"})
    with pytest.raises(DesignError) as failed:
        db.view("deals", "v")
    assert failed.value.error == "invalid_value"


def test_a_reduce_function_must_shrink_what_it_gets(db: Database) -> None:
    source = "function (keys, values) { return new Array(6000).join('x'); }"
    put_design(db, {"v": {"map": "function (doc) { emit(1, 1); }", "reduce": source}})
    db.put({"_id": "a"})
    (row,) = rows(db, "v")
    assert (row["key"], row["error"]) == (None, "reduce_overflow_error")


@pytest.mark.parametrize(
    ("thrown", "error", "reason"),
    [
        ("'fatal_error'", "map_runtime_error", "function raised 'fatal_error'"),
        ("['fatal', 'my_error', 'my reason']", "my_error", "my reason"),
    ],
)
def test_a_function_may_end_the_whole_query(
    db: Database, thrown: str, error: str, reason: str
) -> None:
    put_design(db, {"v": {"map": f"function (doc) {{ throw({thrown}); }}"}})
    db.put({"_id": "a"})
    with pytest.raises(StoreError) as failed:
        db.view("deals", "v")
    assert failed.value.status == 500
    assert failed.value.reason == reason
