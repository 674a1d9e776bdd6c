"""The workers that run design documents' JavaScript: what they answer, and what they survive."""

import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from store.errors import DesignError, StoreError, Unavailable
from store.lite.js.pool import JsPool, Program, TimedOut
from store.lite.mapping import JsMapper, docid_of

DOC = '{"_id":"x","name":"Anna","tags":["a","b"]}'
LIMIT = 3.0


@pytest.fixture
def pool() -> Iterator[JsPool]:
    with closing(JsPool(timeout=LIMIT)) as opened:
        yield opened


def views(*maps: str, **more: Any) -> Program:
    tree = {**{f"v{n}": {"map": source} for n, source in enumerate(maps)}, **more}
    return Program.of({"names": sorted(tree.keys() - {"lib"}), "views": tree}, "views")


def mapped(pool: JsPool, program: Program, *docs: str) -> list[list[Any]]:
    """For each view the ids, keys and values that its map function emits for documents."""
    texts = [(json.loads(doc)["_id"], doc) for doc in docs]
    count = len(json.loads(program.source)["views"].keys() - {"lib"})
    return [
        [[docid_of(tail), json.loads(k), json.loads(v)]
         for _, tail, k, v in rows.each()]
        for rows in JsMapper(pool, program, [False] * count).rows(texts).rows
    ]  # fmt: skip


def emitted(pool: JsPool, source: str, doc: str = DOC) -> list[Any]:
    """Keys and values that one map function emits for one document."""
    (rows,) = mapped(pool, views(source), doc)
    return [member for row in rows for member in row[1:]]


def test_map_functions_share_a_pass(pool: JsPool) -> None:
    program = views("function (doc) { emit(doc.name, 1); }",
                    "doc => doc.tags.forEach(tag => emit([tag], null))")  # fmt: skip
    assert mapped(pool, program, DOC, '{"_id":"y","name":"Bo","tags":[]}') == [
        [["x", "Anna", 1], ["y", "Bo", 1]],
        [["x", ["a"], None], ["x", ["b"], None]],
    ]


@pytest.mark.parametrize(
    ("source", "rows"),
    [
        ("function (doc) { emit(doc._id); }", ["x", None]),
        ("function named(doc) { emit(1, 2); };\n", [1, 2]),
        ("// What it does.\nfunction (doc) { emit(1, 2); } // end", [1, 2]),
        ("function (doc) { emit(sum([1, 2]), isArray(doc.tags)); }", [3, True]),
        ("function (doc) { emit(toJSON({a: 1}), undefined); }", ['{"a":1}', None]),
        ("function (doc) { emit(NaN, 1 / 0); }", [None, None]),
        ("function (doc) { emit(new Date(0), Date.UTC(2026, 0)); }",
         ["1970-01-01T00:00:00.000Z", 1767225600000]),
        ("function (doc) { emit(new Date('2026-01-01T10:00:00').getHours(), 0); }", [10, 0]),
        ("function (doc) { doc.name = 'changed'; emit(doc.name, 0); }", ["Anna", 0]),
        ("function (doc) { emit('a\\nb\\u0000\\ud800', '客户\\u2028'); }",
         ["a\nb\0\ud800", "客户\u2028"]),
        ("function (doc) { emit(typeof fetch + typeof process + typeof std + typeof os, 0); }",
         ["undefined" * 4, 0]),
    ],
)  # fmt: skip
def test_what_functions_see(pool: JsPool, source: str, rows: list[Any]) -> None:
    assert emitted(pool, source) == rows


@pytest.mark.parametrize(
    "source",
    [
        "function (doc) { emit(1, 1); doc.missing.item; }",
        "function (doc) { throw 'no'; }",
        "function (doc) { emit(Date.now(), 1); }",
        "function (doc) { emit(new Date(), 1); }",
        "function (doc) { emit(Date(), 1); }",
        "function (doc) { emit(Math.random(), 1); }",
        "function (doc) { emit(require('views/lib/nothing'), 1); }",
        "function (doc) { 'use strict'; doc.name = 'changed'; emit(1, 1); }",
        "function (doc) { emit(10n, 1); }",
    ],
)
def test_a_throwing_map_function_leaves_the_document_out(
    pool: JsPool, source: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "store.design"):
        assert emitted(pool, source) == []
    assert "function raised exception" in caplog.text
    assert "with doc._id x in v0" in caplog.text


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("function (doc) { while (true); }", "longer than"),
        ("function (doc) { for (;;) { try { while (true); } catch (e) {} } }", "longer than"),
        ("function (doc) { /(a+)+$/.test('a'.repeat(50) + 'b'); }", "longer than"),
        (
            "function (doc) { var a = []; for (;;) a.push('x'.repeat(1e6) + a.length); }",
            "memory|longer than",
        ),
        ("function (doc) { new Array(1e9).fill(0).map(String); }", "memory|longer than"),
        ("function (doc) { (function deep() { deep(); })(); }", "stack overflow"),
        ("function (doc) { for (;;) emit('x'.repeat(1e6), 1); }", "out of memory|longer than"),
        (
            "function (doc) { var x = 'x'.repeat(1e6); for (var i = 0; i < 99; i++) emit(x); }",
            "too much|longer than",
        ),
        ("function (doc) { for (var i = 0; ; i++) emit(i, i); }", "out of memory|longer than"),
        ("function (doc) { emit(; }", "Compilation of the map function in the 'v0' view"),
        ("42", "does not eval to a function"),
        ("while (true);", "Compilation"),
    ],
)
def test_hostile_functions_end_and_others_are_served(
    pool: JsPool, source: str, reason: str
) -> None:
    begin = time.monotonic()
    with pytest.raises(DesignError, match=reason):  # on a busy machine the clock comes first
        emitted(pool, source)
    assert time.monotonic() - begin < 5
    assert emitted(pool, "function (doc) { emit(doc.name, 1); }") == ["Anna", 1]


def test_patched_built_ins_harm_only_their_own_program(pool: JsPool) -> None:
    evil = """function (doc) {
        JSON.stringify = function () { return '1\\n["ok"]\\n2'; };
        Array.prototype.toJSON = function () { return 'x\\ny'; };
        String.prototype.slice = function () { return 'z\\n'; };
        log('words');
        emit(1, 1);
    }"""
    mapped(pool, views(evil), *[DOC] * 3)
    assert emitted(pool, "function (doc) { emit([1], [2]); }") == [[1], [2]]


def test_a_document_too_deep_is_left_out(pool: JsPool) -> None:
    deep = '{"_id":"deep","a":' + "[" * 200_000 + "]" * 200_000 + "}"
    mapper = JsMapper(pool, views("function (doc) { emit(doc._id, 1); }"), [False])
    done, (rows,) = mapper.rows([("deep", deep), ("x", DOC)])
    assert done == 2
    assert [(docid_of(tail), k, v) for _, tail, k, v in rows.each()] == [("x", '"x"', "1")]


def test_libraries_and_cycles(pool: JsPool) -> None:
    lib = {
        "a": "exports.name = 'a'; exports.b = require('./b').name;",
        "b": "exports.name = 'b' + typeof require('./a').b;",
        "deep": {"c": "module.exports = require('../a').b + module.id;"},
    }
    program = views("function (doc) { emit(require('views/lib/deep/c'), 0); }", lib=lib)
    assert mapped(pool, program, DOC) == [[["x", "bundefinedviews/lib/deep/c", 0]]]


def test_reduce_functions(pool: JsPool) -> None:
    source = "function (keys, values, again) { return [again, keys && keys[0], sum(values)]; }"
    program = views(n={"map": "function (doc) {}", "reduce": source})
    assert pool.run(program, "reduce", ['[[["k","x"]],[1,2]]'], "n") == ['[false,["k","x"],3]']
    assert pool.run(program, "rereduce", ["[1,2,3]"], "n") == ["[true,null,6]"]


def test_programs_keep_apart_and_are_loaded_again_when_forgotten(pool: JsPool) -> None:
    for _ in range(2):
        for n in range(40):
            source = f"function (doc) {{ globalThis.n = (globalThis.n || 0) + 1; emit({n}, 0); }}"
            assert emitted(pool, source) == [n, 0]


def test_threads_share_the_pool(pool: JsPool) -> None:
    found: list[list[Any]] = []

    def work(n: int) -> None:
        for _ in range(20):
            found.append([n, *emitted(pool, f"function (doc) {{ emit({n}, doc.name); }}")])

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 120
    assert all(row == [row[0], row[0], "Anna"] for row in found)


def test_a_hostile_function_does_not_hold_up_the_other_worker(pool: JsPool) -> None:
    failed: list[DesignError] = []

    def hang() -> None:
        try:
            emitted(pool, "function (doc) { while (true); }")
        except DesignError as error:
            failed.append(error)

    thread = threading.Thread(target=hang)
    thread.start()
    done = 0
    while thread.is_alive():
        assert emitted(pool, "function (doc) { emit(1, 1); }") == [1, 1]
        done += 1
    thread.join()
    assert isinstance(failed[0], TimedOut)
    assert done > 10


def test_however_many_hang_each_call_ends_in_time(pool: JsPool) -> None:
    """More than there may be workers: those beyond are told that all are busy."""
    outcomes: list[tuple[type[StoreError], float]] = []

    def hang(n: int) -> None:
        begin = time.monotonic()
        try:
            emitted(pool, f"function (doc) {{ for (;;) {n}; }}")
        except StoreError as error:
            outcomes.append((type(error), time.monotonic() - begin))

    threads = [threading.Thread(target=hang, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kinds = Counter(kind for kind, _ in outcomes)
    assert kinds[TimedOut] + kinds[Unavailable] == 12 and kinds[Unavailable]
    assert max(seconds for _, seconds in outcomes) < 5
    assert emitted(pool, "function (doc) { emit(1, 1); }") == [1, 1]


needs_proc = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs Linux's /proc")


@needs_proc
def test_a_worker_that_was_killed_is_replaced() -> None:
    with closing(JsPool(size=1, timeout=LIMIT)) as pool:
        assert emitted(pool, "function (doc) { emit(1, 1); }") == [1, 1]
        for worker in workers_of(os.getpid()):
            os.kill(worker, 9)
        with pytest.raises(DesignError, match="ended"):
            emitted(pool, "function (doc) { emit(1, 1); }")
        assert emitted(pool, "function (doc) { emit(1, 1); }") == [1, 1]


@needs_proc
def test_closing_ends_the_workers() -> None:
    pool = JsPool()
    assert emitted(pool, "function (doc) { emit(1, 1); }") == [1, 1]
    assert workers_of(os.getpid())
    pool.close()
    assert not workers_of(os.getpid())
    with pytest.raises(Unavailable):
        emitted(pool, "function (doc) {}")


def workers_of(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task").glob("*/children")
    found = [int(child) for file in children for child in file.read_text().split()]
    return [pid for pid in found if "worker.py" in Path(f"/proc/{pid}/cmdline").read_text()]


SCRIPT = """
import json, os, sys
from store.lite.js.pool import JsPool, Program

program = Program.of({"filters": {"all": "function (doc) { return doc._id === 'x'; }"}}, "design")

def passes(pool):
    head = json.dumps([json.dumps(["all", {}]), 1.0])
    return pool.run(program, "filter", ['{"_id":"x"}'], head) == ["true"]

pool = JsPool()
assert passes(pool)
pid = os.fork()
if pid == 0:
    assert passes(pool)
    pool.close()
    sys.exit(0)
assert os.waitpid(pid, 0)[1] == 0
assert passes(pool)
if "leave" not in sys.argv:
    pool.close()
print("done")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("ending", ["close", "leave"])
def test_forks_and_the_end_of_the_process(ending: str) -> None:
    """Parent and child each have their workers; none is left, with or without `close`."""
    command = [sys.executable, "-X", "dev", "-W", "error", "-c", SCRIPT, ending]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")
