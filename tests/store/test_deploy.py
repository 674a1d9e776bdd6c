"""Design documents come into use staged, built and swapped."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from store.deploy import deploy
from store.errors import DesignError, Unavailable
from store.lite import LiteServer
from store.lite.database import LiteDatabase
from store.types import Doc, ViewOptions


@pytest.fixture
def db(tmp_path: Path) -> Iterator[LiteDatabase]:
    with closing(LiteServer(tmp_path)) as server:
        server.create("test")
        database = server.database("test")
        database.bulk_docs([{"_id": f"d{n}", "n": n} for n in range(5)])
        yield database


def design(key: str) -> Doc:
    source = f"function (doc) {{ emit(doc.{key}, null); }}"
    return {"_id": "_design/app", "language": "javascript", "views": {"all": {"map": source}}}


def design_ids(db: LiteDatabase) -> list[str]:
    rows = db.all_docs(ViewOptions(startkey="_design/", endkey="_design0"))["rows"]
    return [row["id"] for row in rows]


def keys(db: LiteDatabase, **options: Any) -> list[Any]:
    return [row["key"] for row in db.view("app", "all", ViewOptions(**options))["rows"]]


def test_first_deployment_and_again(db: LiteDatabase) -> None:
    assert deploy(db, design("n")) is True
    assert keys(db) == [0, 1, 2, 3, 4]
    before = db.info()["update_seq"]
    assert deploy(db, design("n")) is False
    assert db.info()["update_seq"] == before
    assert design_ids(db) == ["_design/app"]


def test_the_index_is_built_before_the_swap(db: LiteDatabase) -> None:
    deploy(db, design("n"))
    assert deploy(db, design("_id")) is True
    assert keys(db, update="false") == ["d0", "d1", "d2", "d3", "d4"]
    assert design_ids(db) == ["_design/app"]


def test_one_that_does_not_compile_changes_nothing(db: LiteDatabase) -> None:
    deploy(db, design("n"))
    with pytest.raises(DesignError):
        deploy(db, design("n +"))
    assert keys(db) == [0, 1, 2, 3, 4]


class Interrupted:
    """A database whose connection breaks at the nth write."""

    def __init__(self, db: LiteDatabase, writes: int) -> None:
        self._db = db
        self._left = writes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)

    def put(self, doc: Doc) -> str:
        self._spend()
        return self._db.put(doc)

    def delete(self, docid: str, rev: str) -> str:
        self._spend()
        return self._db.delete(docid, rev)

    def _spend(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise Unavailable("gone")


@pytest.mark.parametrize("writes", [0, 1, 2])
def test_an_interrupted_deployment_is_finished_by_the_next(db: LiteDatabase, writes: int) -> None:
    deploy(db, design("n"))
    with pytest.raises(Unavailable):
        deploy(Interrupted(db, writes), design("_id"))
    assert keys(db)[0] in (0, "d0")
    assert deploy(db, design("_id")) is (writes < 2)
    assert keys(db)[0] == "d0"
    assert design_ids(db) == ["_design/app"]


def test_design_documents_without_views(db: LiteDatabase) -> None:
    rules: Doc = {"_id": "_design/rules", "validate_doc_update": "function () {}"}
    assert deploy(db, rules) is True
    assert deploy(db, {**rules, "_rev": "1-abc"}) is False


def test_only_design_documents(db: LiteDatabase) -> None:
    with pytest.raises(ValueError, match="not the id of a design document"):
        deploy(db, {"_id": "app"})
