"""A function of a design document sees the documents it is given, and keeps nothing of them: what
the last call saw cannot be shown to whom the next one answers."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from store.errors import Forbidden, StoreError
from store.lite import LiteServer
from store.types import ChangesOptions, UserContext, ViewOptions

KEEPERS = {
    "a variable around the function": """(function () {
        var kept = [];
        return function (doc) { kept.push(doc._id); return kept; };
    })()""",
    "an undeclared variable": """function (doc) {
        if (typeof kept === "undefined") kept = [];
        kept.push(doc._id);
        return kept;
    }""",
    "a function of the global object": """function (doc) {
        var held = (emit.kept || []).concat(typeof sum === "string" ? sum : []);
        try { emit.kept = [doc._id]; } catch (e) { }
        sum = doc._id;
        return held;
    }""",
    "a method behind an accessor": """function (doc) {
        var method = Object.prototype.toString, held = method.kept || [];
        try { method.kept = [doc._id]; } catch (e) { }
        return held;
    }""",
    "itself": """function keeper(doc) {
        keeper.kept = (keeper.kept || []).concat(doc._id);
        return keeper.kept;
    }""",
    "this": """function (doc) {
        this.kept = (this.kept || []).concat(doc._id);
        return this.kept || [];
    }""",
    "the braces around the function": """(function () { return arguments; })(), function (doc) {
        var callee = (function () { return arguments.callee.caller; });
        try { callee().kept = doc._id; return [callee().kept]; } catch (e) { return []; }
    }""",
    "a built-in": """function (doc) {
        var held = Array.prototype.kept || Math.kept || JSON.kept || [];
        try { Array.prototype.kept = held.concat(doc._id); } catch (e) { }
        try { Math.kept = held.concat(doc._id); } catch (e) { }
        try { Object.defineProperty(JSON, "kept", {value: [doc._id]}); } catch (e) { }
        return held;
    }""",
    "a method that is patched": """function (doc) {
        var parsed = JSON.parse('["' + doc._id + '"]');
        var held = parsed.map(function (id) { return id; });
        var map = Array.prototype.map;
        function patched() { return [doc._id].concat(map.call(this, String)); }
        try { Array.prototype.map = patched; } catch (e) { }
        return held;
    }""",
    "a prototype that only syntax leads to": """function (doc) {
        var held = [];
        [Object.getPrototypeOf(function* () {}).prototype,
         Object.getPrototypeOf(async function () {}), Object.getPrototypeOf([].values()),
         Object.getPrototypeOf(async function* () {}).prototype,
         Object.getPrototypeOf("".matchAll(/x/g)), Object.getPrototypeOf(new Map().keys()),
         Object.getPrototypeOf([].values().map(String))].forEach(function (holder) {
            if (holder.kept) held.push(holder.kept);
            try { holder.kept = doc._id; } catch (e) { }
        });
        return held.concat(doc._id);
    }""",
    "the prototype of the global object": """function (doc) {
        var scope = Object.getPrototypeOf(globalThis), held = scope.kept || [];
        try { scope.kept = held.concat(doc._id); } catch (e) { }
        return held;
    }""",
    "settings of errors": """function (doc) {
        var held = Error.stackTraceLimit || Error.prepareStackTrace || [];
        try { Error.stackTraceLimit = [doc._id]; } catch (e) { }
        try { Error.prepareStackTrace = [doc._id]; } catch (e) { }
        return [].concat(held);
    }""",
    "a global symbol": """function (doc) {
        var holder = Symbol.for("kept");
        var held = holder.kept || Symbol.prototype.kept || [];
        try { Symbol.prototype.kept = [doc._id]; holder.kept = [doc._id]; } catch (e) { }
        return held;
    }""",
    "a template of a tag": """function (doc) {
        function tag(texts) { return texts; }
        var texts = tag`x`, held = texts.kept || texts.raw.kept || [];
        try { texts.kept = [doc._id]; texts.raw.kept = [doc._id]; } catch (e) { }
        return held;
    }""",
    "code that is evaluated": """function (doc) {
        (0, eval)("var held = (typeof held === 'undefined' ? [] : held)");
        (0, eval)("held.push(" + JSON.stringify(doc._id) + ")");
        new Function("id", "more = (typeof more === 'undefined' ? [] : more).concat(id)")(doc._id);
        return held.concat(more);
    }""",
    "a module": """function (doc) {
        var kept = require("views/lib/keeper");
        kept.push(doc._id);
        return kept;
    }""",
    "the exports of a module": """function (doc) {
        var keeper = require("views/lib/keeper");
        keeper.all = (keeper.all || []).concat(doc._id);
        return keeper.all;
    }""",
    "what reaches out of a module": """function (doc) {
        var keeper = require("views/lib/breaking");
        return keeper(doc._id);
    }""",
}
LIB = {
    "keeper": "module.exports = [];",
    "breaking": """}), 1 ? (function () {
        var kept = [];
        return function (module) {
            module.exports = function (id) { kept.push(id); return kept; };
        };
    })() : (function () {""",
}
LOCKERS = {
    "a property that cannot be deleted": """function (doc) {
        var held = globalThis.kept || [];
        Object.defineProperty(globalThis, "kept", {value: [doc._id]});
        return held;
    }""",
    "another prototype": """function (doc) {
        var held = globalThis.kept || [];
        Object.setPrototypeOf(globalThis, {kept: [doc._id], emit: emit});
        return held;
    }""",
    "a global object that takes nothing more": """function (doc) {
        var held = Object.isExtensible(globalThis) ? [] : [doc._id];
        Object.preventExtensions(globalThis);
        return held;
    }""",
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiteServer]:
    with closing(LiteServer(tmp_path)) as server:
        server.create("evil")
        yield server


def around(keeper: str, function: str) -> str:
    """A function that calls `keeper`, one for all calls as far as the store lets it live."""
    return f"(function () {{ var keeper = ({keeper}); return {function}; }})()"


def by_map(server: LiteServer, keeper: str) -> list[str]:
    source = around(keeper, "function (doc) { emit(doc._id, keeper.call(this, doc)); }")
    views = {"lib": LIB, "own": {"map": source}}
    db = server.database("evil")
    db.bulk_docs([{"_id": "first"}, {"_id": "second"}, {"_id": "_design/d", "views": views}])
    return [json.dumps(row["value"]) for row in db.view("d", "own")["rows"]]


def by_reduce(server: LiteServer, keeper: str) -> list[str]:
    source = around(
        keeper,
        """function (keys, values, again) {
            return again ? 0 : keeper.call(this, {_id: keys[0][1]});
        }""",
    )
    views = {"lib": LIB, "own": {"map": "function (doc) { emit(doc._id); }", "reduce": source}}
    db = server.database("evil")
    db.bulk_docs([{"_id": "first"}, {"_id": "second"}, {"_id": "_design/d", "views": views}])
    rows = db.view("d", "own", ViewOptions(group=True))["rows"]
    return [json.dumps(row["value"]) for row in rows]


def by_filter(server: LiteServer, keeper: str) -> list[str]:
    """A filter tells by its answer: here whether it knows of another document."""
    source = around(
        keeper,
        """function (doc) {
            var shown = JSON.stringify(keeper.call(this, doc));
            return shown.indexOf("first") < 0 || shown.indexOf("second") < 0;
        }""",
    )
    design = {"_id": "_design/d", "views": {"lib": LIB}, "filters": {"own": source}}
    db = server.database("evil")
    db.bulk_docs([{"_id": "first"}, {"_id": "second"}, design])
    passed = {row["id"] for row in db.changes(ChangesOptions(filter="d/own"))["results"]}
    return [docid if docid in passed else "first second" for docid in ("first", "second")]


def by_validate(server: LiteServer, keeper: str) -> list[str]:
    source = around(
        keeper,
        "function (doc) { throw {forbidden: JSON.stringify(keeper.call(this, doc))}; }",
    )
    design = {"_id": "_design/d", "views": {"lib": LIB}, "validate_doc_update": source}
    server.database("evil").put(design)
    shown = []
    for name in ("first", "second"):
        with pytest.raises(Forbidden) as caught:
            server.database("evil", UserContext(name)).put({"_id": name})
        shown.append(caught.value.reason)
    return shown


WAYS = {"map": by_map, "reduce": by_reduce, "filter": by_filter, "validate": by_validate}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("keeper", KEEPERS)
def test_nothing_of_one_call_is_shown_to_the_next(
    server: LiteServer, way: str, keeper: str
) -> None:
    shown = WAYS[way](server, KEEPERS[keeper])
    assert len(shown) == 2
    assert "second" not in shown[0]
    assert "first" not in shown[1]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("locker", LOCKERS)
def test_what_cannot_be_taken_away_ends_the_request(
    server: LiteServer, way: str, locker: str
) -> None:
    with pytest.raises(StoreError, match="locks the global object"):
        WAYS[way](server, LOCKERS[locker])


def test_functions_may_write_what_they_need_for_themselves(server: LiteServer) -> None:
    """Habits of design documents in the field that frozen built-ins must not break."""
    source = """function (doc) {
        for (i = 0, total = 0; i < 3; i++) total += i;
        sum = total;
        function Own(name) { this.name = name; }
        Own.prototype.toString = function () { return "own " + this.name; };
        Own.prototype.constructor = Own;
        var error = new TypeError("before");
        error.message = "after";
        error.name = "Mine";
        function Failure() { }
        Failure.prototype = Object.create(Error.prototype);
        Failure.prototype.name = "Failure";
        var copy = {};
        copy.hasOwnProperty = 1;
        copy.toString = 2;
        emit(doc._id, [total, sum, String(new Own("x")), String(error), new Failure().name, copy]);
    }"""
    db = server.database("evil")
    db.bulk_docs([{"_id": "a"}, {"_id": "_design/d", "views": {"own": {"map": source}}}])
    (row,) = db.view("d", "own", ViewOptions(key="a"))["rows"]
    own = {"hasOwnProperty": 1, "toString": 2}
    assert row["value"] == [3, 3, "own x", "Mine: after", "Failure", own]


def test_whatever_functions_reach_is_frozen(server: LiteServer) -> None:
    source = """function (doc) {
        var seen = new Set(), open = [];
        function walk(object, path) {
            if (Object(object) !== object || seen.has(object) || object === globalThis) return;
            seen.add(object);
            if (!Object.isFrozen(object)) open.push(path);
            walk(Object.getPrototypeOf(object), path + ".__proto__");
            Reflect.ownKeys(object).forEach(function (name) {
                var inner = path + "." + String(name);
                var property = Object.getOwnPropertyDescriptor(object, name);
                walk(property.get, inner + " get");
                walk(property.set, inner + " set");
                try { walk(object[name], inner); } catch (e) { }
            });
        }
        walk(Object.getPrototypeOf(globalThis), "globalThis");
        emit(doc._id, [seen.size, open]);
    }"""
    db = server.database("evil")
    db.bulk_docs([{"_id": "a"}, {"_id": "_design/d", "views": {"own": {"map": source}}}])
    (row,) = db.view("d", "own", ViewOptions(key="a"))["rows"]
    count, unfrozen = row["value"]
    assert unfrozen == []
    assert count > 500


SPY = """function (doc) {
    var hold = [];
    try { for (;;) hold.push(new ArrayBuffer(1 << 20)); } catch (e) { }
    var free = hold.length;
    hold = null;
    LEAVE
    throw {forbidden: String(free)};
}"""


@pytest.mark.parametrize(
    "leave",
    [
        "if (doc.big) Promise.resolve(new ArrayBuffer(16 << 20)).then(function (b) { return b; });",
        "if (doc.big) (async function () { await 1; return new ArrayBuffer(1); })();",
        "if (doc.big) { var o = {b: new ArrayBuffer(16 << 20)}; o.o = o; }",
    ],
)
def test_what_is_put_off_or_left_over_takes_no_memory_of_the_next(
    server: LiteServer, leave: str
) -> None:
    db = server.database("evil")
    db.put({"_id": "_design/d", "validate_doc_update": SPY.replace("LEAVE", leave)})
    free = []
    for name, big in (("a", 0), ("b", 0), ("c", 1), ("d", 0)):
        with pytest.raises(Forbidden) as caught:
            server.database("evil", UserContext(name)).put({"_id": name, "big": big})
        free.append(int(caught.value.reason))
    assert abs(free[3] - free[1]) <= 1, free


def test_chance_is_not_there_to_count_on(server: LiteServer) -> None:
    source = "function () { throw {forbidden: String(Math.random())}; }"
    server.database("evil").put({"_id": "_design/d", "validate_doc_update": source})
    with pytest.raises(StoreError, match="not available"):
        server.database("evil", UserContext("a")).put({"_id": "a"})


def test_promises_give_rows_only_of_what_is_done_at_once(server: LiteServer) -> None:
    source = """function (doc) {
        emit(doc._id, 1);
        Promise.resolve(doc.text).then(function (text) { emit(doc._id, text); });
    }"""
    db = server.database("evil")
    docs = [{"_id": f"{n:04}", "text": "x" * 20_000} for n in range(40)]
    db.bulk_docs([*docs, {"_id": "_design/d", "views": {"own": {"map": source}}}])
    rows = db.view("d", "own")["rows"]
    assert [row["value"] for row in rows if row["id"] != "_design/d"] == [1] * 40


def test_own_objects_may_have_methods_of_any_name(server: LiteServer) -> None:
    source = """function (doc) {
        "use strict";
        var date = new Date(0);
        date.toJSON = function () { return "custom"; };
        function Stack() { }
        Stack.prototype = [];
        Stack.prototype.push = function (one) { this[this.length++] = "<" + one + ">"; };
        var stack = new Stack(), index = [], pattern = /a/;
        stack.push(1);
        index["map"] = "x";
        pattern.exec = function () { return ["mine"]; };
        emit(doc._id, [date, stack[0], index.map, "a".match(pattern)[0]]);
    }"""
    sloppy = """function (doc) {
        JSON = {stringify: function () { return "mine"; }};
        emit(doc._id, JSON.stringify(1));
    }"""
    views = {"own": {"map": source}, "global": {"map": sloppy}}
    db = server.database("evil")
    db.bulk_docs([{"_id": "a"}, {"_id": "_design/d", "views": views}])
    (row,) = db.view("d", "own", ViewOptions(key="a"))["rows"]
    assert row["value"] == ["custom", "<1>", "x", "mine"]
    (row,) = db.view("d", "global", ViewOptions(key="a"))["rows"]
    assert row["value"] == "mine"
