"""Design documents come into use staged, built and swapped."""

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import store.deploy
from store.deploy import PATIENCE, STAGED, Outcome, Swap, clean_up, deploy
from store.errors import Forbidden, NotFound, TimedOut, Unavailable
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


def in_place_of_what_stands(db: Any, doc: Doc) -> Swap:
    try:
        return Swap(db, doc, str(db.get(doc["_id"])["_rev"]))
    except NotFound:
        return Swap(db, doc)


def deployed(db: Any, doc: Doc, **options: Any) -> Outcome:
    return deploy([in_place_of_what_stands(db, doc)], **options)


def test_first_deployment_and_the_next(db: LiteDatabase, tmp_path: Path) -> None:
    assert deployed(db, design("n")) == Outcome(set(), {})
    assert keys(db) == [0, 1, 2, 3, 4]
    deployed(db, design("_id"))
    assert keys(db, update="false") == ["d0", "d1", "d2", "d3", "d4"], "built before the swap"
    assert len(list(tmp_path.glob("*.indexes/*.sqlite"))) == 1, "the old index is gone"
    assert design_ids(db) == ["_design/app"]


class Meanwhile:
    """A database into which somebody writes while an index is built."""

    def __init__(self, db: LiteDatabase) -> None:
        self._db = db
        self.written: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)

    def view(self, ddoc: str, name: str, options: ViewOptions) -> Doc:
        self.written.append(self._db.put({"_id": f"late-{len(self.written)}", "n": 9}))
        return self._db.view(ddoc, name, options)


def test_a_check_is_in_force_from_the_swap_on(db: LiteDatabase) -> None:
    strict = {"validate_doc_update": "function (doc) { throw {forbidden: 'new rule'}; }"}
    meanwhile = Meanwhile(db)
    assert deployed(meanwhile, design("n") | strict) == Outcome(set(), {})
    assert meanwhile.written
    with pytest.raises(Forbidden, match="new rule"):
        db.put({"_id": "after"})


def test_one_that_does_not_compile_changes_nothing_in_its_database(
    db: LiteDatabase, tmp_path: Path
) -> None:
    deployed(db, design("n"))
    with closing(LiteServer(tmp_path)) as server:
        server.create("other")
        other = server.database("other")
        plain = in_place_of_what_stands(db, {"_id": "_design/plain", "forms": {}})
        broken = in_place_of_what_stands(db, design("n +"))
        outcome = deploy([plain, broken, in_place_of_what_stands(other, design("n"))])
        assert list(outcome.broken) == ["test"]
        assert keys(db) == [0, 1, 2, 3, 4] and design_ids(db) == ["_design/app"]
        assert design_ids(other) == ["_design/app"]


def test_somebody_elses_change_is_not_written_over(db: LiteDatabase) -> None:
    deployed(db, design("n"))
    swap = in_place_of_what_stands(db, design("_id"))
    theirs = {**db.get("_design/app"), "note": "a Designer's"}
    db.put(theirs)
    assert deploy([swap]).missed == {"test"}
    assert db.get("_design/app")["note"] == "a Designer's"
    assert keys(db) == [0, 1, 2, 3, 4] and design_ids(db) == ["_design/app"]


def test_one_who_did_the_same_is_no_hindrance(db: LiteDatabase) -> None:
    deployed(db, design("n"))
    first, second = (in_place_of_what_stands(db, design("_id")) for _ in range(2))
    assert deploy([first]).missed == deploy([second]).missed == set()
    assert keys(db)[0] == "d0"


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
    deployed(db, design("n"))
    with pytest.raises(Unavailable):
        deployed(Interrupted(db, writes), design("_id"))
    assert keys(db)[0] == ("d0" if writes == 2 else 0)
    deployed(db, design("_id"))
    assert keys(db)[0] == "d0"
    assert design_ids(db) == ["_design/app"]


class Slow:
    """A database whose index takes longer than a request may wait, and grows meanwhile or not."""

    def __init__(self, db: LiteDatabase, timeouts: int, *, grows: bool) -> None:
        self._db = db
        self._left = timeouts
        self._rows = 0
        self._grows = grows

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)

    def view(self, ddoc: str, name: str, options: ViewOptions) -> Doc:
        if options.update == "false" and self._left:
            self._rows += self._grows
            return {"total_rows": self._rows}
        if self._left:
            self._left -= 1
            raise TimedOut("did not answer in time")
        return self._db.view(ddoc, name, options)


def test_an_index_that_takes_long_is_waited_for(db: LiteDatabase) -> None:
    deployed(db, design("n"))
    deployed(Slow(db, 3 * PATIENCE, grows=True), design("_id"))
    assert keys(db, update="false")[0] == "d0"


def test_one_that_does_not_grow_is_given_up_and_the_old_one_serves(db: LiteDatabase) -> None:
    deployed(db, design("n"))
    with pytest.raises(TimedOut):
        deployed(Slow(db, 3 * PATIENCE, grows=False), design("_id"))
    assert keys(db) == [0, 1, 2, 3, 4]


class Rivalled:
    """A database in which another process cleans up as soon as this one has staged something."""

    def __init__(self, db: LiteDatabase) -> None:
        self._db = db
        self.cleaned = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)

    def put(self, doc: Doc) -> str:
        rev = self._db.put(doc)
        if doc["_id"].startswith(STAGED) and self.cleaned < 3:
            self.cleaned += 1
            clean_up(self._db)
        return rev


def test_another_process_that_cleans_up_is_no_hindrance(db: LiteDatabase) -> None:
    deployed(db, design("n"))
    rivalled = Rivalled(db)
    deployed(rivalled, design("_id"))
    assert rivalled.cleaned == 3
    assert keys(db, update="false")[0] == "d0" and design_ids(db) == ["_design/app"]


def test_the_progress_of_an_index_is_told(
    db: LiteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store.deploy, "REPORT_EVERY", 0.05)
    told, enough = [], threading.Event()

    class Waits(Slow):
        def view(self, ddoc: str, name: str, options: ViewOptions) -> Doc:
            if options.update != "false":
                assert enough.wait(20)
                return self._db.view(ddoc, name, options)
            return super().view(ddoc, name, options)

    def report(database: str, view: str, rows: int) -> None:
        told.append((database, view, rows))
        if len(told) == 3:
            enough.set()

    deployed(Waits(db, 1, grows=True), design("n"), report=report)
    assert told[:3] == [("test", "all", rows) for rows in (1, 2, 3)]
