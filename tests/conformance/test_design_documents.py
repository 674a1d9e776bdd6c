"""Design documents: what may be written, and what is refused in which words."""

from typing import Any

import pytest

from store.api import Database
from store.errors import DesignError, NotFound, StoreError

MAP = "function (doc) { emit(doc._id, 1); }"


@pytest.mark.parametrize(
    ("ddoc", "error", "reason"),
    [
        ({"views": {"v": {"map": "function (doc) { emit("}}}, "compilation_error", "'v' view"),
        ({"views": {"v": {"map": "42"}}}, "compilation_error", "does not eval to a function"),
        ({"views": {"v": {"map": MAP, "reduce": "function ("}}}, "compilation_error", "reduce"),
        ({"views": {"v": {"map": 7}}}, "invalid_design_doc", "`views.v.map` field must have"),
        ({"views": {"v": {"map": None}}}, "invalid_design_doc", "`views.v.map` field must have"),
        ({"views": {"v": {}}}, "invalid_design_doc", "View `v` must contain map function"),
        ({"views": {"v": "x"}}, "invalid_design_doc", "`views.v` field must have object type"),
        ({"views": 7}, "invalid_design_doc", "`views` field must have object type"),
        ({"views": {"lib": 7}}, "invalid_design_doc", "`views.lib` field must have object type"),
        ({"views": {"v": {"map": MAP, "reduce": 7}}}, "invalid_design_doc", "`views.v.reduce`"),
        ({"views": {"v": {"map": MAP, "reduce": "_no"}}}, "invalid_design_doc", "`_no` is not"),
        ({"views": {"v": {"map": MAP, "reduce": "_top_0"}}}, "invalid_design_doc", "rank value"),
        ({"views": {"v": {"map": MAP, "reduce": "_top_Foo"}}}, "invalid_design_doc",
         "invalid rank reducer"),
        ({"views": {"v": {"map": MAP, "reduce": "_bottom_"}}}, "invalid_design_doc",
         "invalid rank reducer"),
        ({"language": 7}, "invalid_design_doc", "`language` field must have string type"),
        ({"language": "query", "views": {"v": {"map": "x"}}}, "invalid_design_doc", "object type"),
        ({"options": {"include_design": 1}}, "invalid_design_doc", "must have boolean type"),
        ({"options": {"partitioned": True}, "views": {"v": {"map": MAP}}}, "invalid_design_doc",
         "partitioned option cannot be true"),
        ({"validate_doc_update": 7}, "invalid_design_doc", "`validate_doc_update` field must"),
        ({"filters": {"f": 7}}, "invalid_design_doc", "string or object type"),
    ],
)  # fmt: skip
def test_what_is_no_design_document(
    db: Database, ddoc: dict[str, Any], error: str, reason: str
) -> None:
    with pytest.raises(DesignError) as refused:
        db.put({"_id": "_design/d", **ddoc})
    assert (refused.value.status, refused.value.error) == (400, error)
    assert reason in refused.value.reason
    rows = db.bulk_docs([{"_id": "_design/d", **ddoc}, {"_id": "a"}])
    assert [row.get("error") for row in rows] == [error, None]


@pytest.mark.parametrize("view", [{"map": ""}, {"map": MAP, "reduce": ""}])
def test_a_function_without_words(db: Database, view: dict[str, str]) -> None:
    with pytest.raises(NotFound, match="missing function"):
        db.put({"_id": "_design/d", "views": {"v": view}})


@pytest.mark.parametrize(
    "ddoc",
    [
        {},
        {"views": {}},
        {"views": {"": {"map": MAP}}},
        {"views": {"v": {"map": MAP}, "lib": {"a": "exports.x = 1;"}}, "anything": [1]},
        {"filters": {"f": "function (", "g": {}}, "shows": {"s": "x"}, "rewrites": []},
        {"language": "erlang", "views": {"v": {"map": "fun(Doc) -> ok end."}}},
    ],
)
def test_what_is_let_through(db: Database, ddoc: dict[str, Any]) -> None:
    rev = db.put({"_id": "_design/d", **ddoc})
    db.delete("_design/d", rev)


def test_another_language_is_refused_when_it_is_asked(db: Database) -> None:
    db.put({"_id": "_design/d", "language": "erlang", "views": {"v": {"map": "x"}}})
    with pytest.raises(StoreError) as refused:
        db.view("d", "v")
    assert (refused.value.error, refused.value.reason) == ("unknown_query_language", "erlang")


def test_a_deleted_design_document_has_no_views(db: Database) -> None:
    rev = db.put({"_id": "_design/d", "views": {"v": {"map": MAP}}})
    db.put({"_id": "a"})
    assert len(db.view("d", "v")["rows"]) == 1
    db.delete("_design/d", rev)
    with pytest.raises(NotFound, match="deleted"):
        db.view("d", "v")


def test_a_changed_view_is_built_anew(db: Database) -> None:
    rev = db.put({"_id": "_design/d", "views": {"v": {"map": MAP}}})
    db.put({"_id": "a", "k": "x"})
    assert db.view("d", "v")["rows"][0]["key"] == "a"
    source = "function (doc) { emit(doc.k, 1); }"
    db.put({"_id": "_design/d", "_rev": rev, "views": {"v": {"map": source}}})
    assert db.view("d", "v")["rows"][0]["key"] == "x"
