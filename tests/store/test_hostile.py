"""Hostile design documents: each ends within five seconds with a clear error; others are served.

Every kind of harm in every kind of function, while a second database answers.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from store.api import Database
from store.errors import StoreError
from store.lite import LiteServer
from store.lite.js.pool import JsPool
from store.types import ChangesOptions, ViewOptions

LIMIT = 1.5
"""Of one call, in place of the usual four seconds: the tests are many."""

HARMS = {
    "endless loop": "for (;;) { try { for (;;); } catch (error) {} }",
    "regular expression": "/(a+)+$/.test('a'.repeat(50) + 'b');",
    "memory": "for (var a = []; ;) a.push('x'.repeat(1e6) + a.length);",
    "recursion": "(function deep() { deep(); })();",
    "giant output": """var x = 'x'.repeat(3e7);
        emit(x, x); emit(x, x); log(x); throw({forbidden: x + x});""",
}
FINE = {"map": "function (doc) { emit(doc._id, 1); }", "reduce": "_count"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiteServer]:
    with closing(JsPool(timeout=LIMIT)) as pool, closing(LiteServer(tmp_path, pool)) as opened:
        for name in ("evil", "good"):
            opened.create(name)
            opened.database(name).bulk_docs([{"_id": f"d{n}"} for n in range(20)])
        opened.database("good").put({"_id": "_design/d", "views": {"v": FINE}})
        yield opened


def by_map(db: Database, harm: str) -> object:
    db.put({"_id": "_design/d", "views": {"v": {"map": f"function (doc) {{ {harm} }}"}}})
    return db.view("d", "v")


def by_reduce(db: Database, harm: str) -> object:
    reduce = f"function (keys, values) {{ {harm.replace('emit', 'isArray')} return x; }}"
    view = {"map": "function (doc) { emit(1, 1); }", "reduce": reduce}
    db.put({"_id": "_design/d", "views": {"v": view}})
    (row,) = db.view("d", "v")["rows"]
    return row


def by_filter(db: Database, harm: str) -> object:
    db.put({"_id": "_design/d", "filters": {"f": f"function (doc) {{ {harm} }}"}})
    return db.changes(ChangesOptions(filter="d/f"))


def by_validation(db: Database, harm: str) -> object:
    db.put({"_id": "_design/d", "validate_doc_update": f"function (doc) {{ {harm} }}"})
    return db.put({"_id": "new"})


def by_validation_of_many(db: Database, harm: str) -> object:
    db.put({"_id": "_design/d", "validate_doc_update": f"function (doc) {{ {harm} }}"})
    rows = db.bulk_docs([{"_id": f"new{n}"} for n in range(300)])
    assert all("error" in row for row in rows)
    raise StoreError(str(rows[-1]["reason"]))


def by_compilation(db: Database, harm: str) -> object:
    source = f"(function () {{ {harm.replace('emit', 'isArray')} }})()"
    return db.put({"_id": "_design/d", "views": {"v": {"map": source}}})


@pytest.mark.parametrize("harm", HARMS.values(), ids=HARMS)
@pytest.mark.parametrize(
    "attempt",
    [by_map, by_reduce, by_filter, by_validation, by_validation_of_many, by_compilation],
    ids=lambda attempt: attempt.__name__,
)
def test_harm_ends_soon_and_others_are_served(
    server: LiteServer, attempt: Callable[[Database, str], object], harm: str
) -> None:
    outcome: list[Any] = []

    def do() -> None:
        begin = time.monotonic()
        try:
            outcome.append(attempt(server.database("evil"), harm))
        except StoreError as error:
            outcome.append(error)
        outcome.append(time.monotonic() - begin)

    good = server.database("good")
    thread = threading.Thread(target=do)
    thread.start()
    served = 0
    while thread.is_alive():
        good.put({"_id": f"meanwhile{served}"})
        served += 1
        assert good.view("d", "v")["rows"][0]["value"] == 20 + served
    thread.join()
    assert served
    error, seconds = outcome
    assert (
        isinstance(error, StoreError) or error == {"key": None, "value": None} or "error" in error
    )
    assert not isinstance(error, StoreError) or error.reason
    assert seconds < 5


def test_many_who_ask_for_one_hostile_view_wait_once(server: LiteServer) -> None:
    evil = server.database("evil")
    evil.put({"_id": "_design/d", "views": {"v": {"map": "function () { for (;;); }"}}})
    seconds: list[float] = []

    def ask() -> None:
        begin = time.monotonic()
        with pytest.raises(StoreError):
            evil.view("d", "v")
        seconds.append(time.monotonic() - begin)

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seconds) == 5
    assert max(seconds) < 2 * LIMIT


def test_more_hostile_views_than_workers_hold_nobody_up(tmp_path: Path) -> None:
    """As many hang as there are workers; another database is served by one that is added."""
    with closing(LiteServer(tmp_path)) as server:
        server.create("evil")
        evil = server.database("evil")
        evil.put({"_id": "a"})
        ended = threading.Event()

        def hang(n: int) -> None:
            with pytest.raises(StoreError):
                evil.view(f"d{n}", "v")
            ended.set()

        for n in range(3):
            view = {"map": f"function () {{ for (;;) {n}; }}"}
            evil.put({"_id": f"_design/d{n}", "views": {"v": view}})
        server.create("good")
        good = server.database("good")
        good.put({"_id": "_design/d", "views": {"v": FINE}})
        good.put({"_id": "a"})
        threads = [threading.Thread(target=hang, args=(n,)) for n in range(3)]
        for thread in threads:
            thread.start()
        assert good.view("d", "v")["rows"][0]["value"] == 1
        assert not ended.is_set()
        for thread in threads:
            thread.join()


def test_design_functions_reach_nothing_outside(server: LiteServer) -> None:
    names = """fetch XMLHttpRequest process std os Worker setTimeout performance
        navigator SharedArrayBuffer Atomics WebAssembly print load read readline scriptArgs bjson
        importScripts Deno Bun"""
    source = f"""function (doc) {{
        var found = '{" ".join(names.split())}'.split(' ').filter(function (name) {{
            return name in globalThis;
        }});
        emit(found, Object.keys(Object.getPrototypeOf(globalThis)).concat(Object.keys(globalThis)));
    }}"""
    db = server.database("evil")
    db.put({"_id": "_design/d", "views": {"v": {"map": source}}})
    row = db.view("d", "v", ViewOptions(limit=1))["rows"][0]
    assert row["key"] == []
    assert row["value"] == []
