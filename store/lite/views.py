"""The views of one design document: what to run, and the signature of the index they share."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from store import collation
from store.errors import DesignError, FunctionError, InvalidDesign, NotFound
from store.lite.builtins import Count, builtin
from store.lite.field_mapper import FieldMapper
from store.lite.js.pool import JsPool, Program
from store.lite.mapping import JsMapper, Mapper
from store.lite.reducers import BuiltinReducer, JsReducer, NoReducer, Reducer
from store.mango import indexes
from store.types import Doc, Json

FORMAT = 5
LANGUAGE = "javascript"


@dataclass(frozen=True)
class View:
    """One view: its name, the number of its tables in the index file, how it is reduced."""

    name: str
    number: int
    reducer: Reducer
    raw: bool = False
    """Keys in the order of Erlang's terms (`"options": {"collation": "raw"}` of the view)."""

    @property
    def sort_key(self) -> Callable[[Json], bytes]:
        """What orders the keys."""
        return collation.raw_key if self.raw else collation.sort_key

    @property
    def is_reduced(self) -> bool:
        return not isinstance(self.reducer, NoReducer)


@dataclass(frozen=True)
class Options:
    """`options` of a design document: which documents are mapped, and what they hold (CouchDB 3.5,
    "View Options")."""

    include_design: bool = False
    local_seq: bool = False

    @classmethod
    def of(cls, ddoc: Doc) -> "Options":
        options = ddoc.get("options")
        if not isinstance(options, dict):
            return cls()
        return cls(options.get("include_design") is True, options.get("local_seq") is True)


@dataclass(frozen=True)
class DesignViews:
    """All views of a design document. Two with the same signature have the same index."""

    docid: str
    signature: str
    mapper: Mapper
    views: Mapping[str, View]
    options: Options

    @classmethod
    def of(cls, ddoc: Doc, pool: JsPool) -> "DesignViews":
        """Raises DesignError or InvalidDesign where it is not one that can be indexed."""
        language = ddoc.get("language", LANGUAGE)
        if language == indexes.LANGUAGE:
            return cls._of_query(ddoc)
        if language != LANGUAGE:
            raise FunctionError("unknown_query_language", str(language))
        definitions = ddoc.get("views") or {}
        if not isinstance(definitions, dict):
            raise DesignError("`views` of the design document must be an object")
        names = sorted(name for name in definitions if name != "lib")
        # With their order, since JavaScript puts names that are numbers before all others.
        ordered = {name: definitions[name] for name in sorted(definitions)}
        program = Program.of({"names": names, "views": ordered}, "views")
        views = {
            name: _view(name, number, definitions[name], pool, program)
            for number, name in enumerate(names)
        }
        options = Options.of(ddoc)
        mapper = JsMapper(pool, program, [view.raw for view in views.values()])
        return cls(
            str(ddoc.get("_id")), _signature(program.signature, options), mapper, views, options
        )

    @classmethod
    def _of_query(cls, ddoc: Doc) -> "DesignViews":
        """Of Mango indexes, which can be counted as other views, as in CouchDB."""
        found = sorted(indexes.of_design(ddoc), key=lambda index: index.name)
        counted = BuiltinReducer(Count())
        views = {index.name: View(index.name, n, counted) for n, index in enumerate(found)}
        signature = _signature(json.dumps([index.to_json() for index in found]), Options())
        return cls(str(ddoc.get("_id")), signature, FieldMapper(found), views, Options())

    def view(self, name: str) -> View:
        """Raises NotFound as CouchDB does."""
        found = self.views.get(name)
        if found is None:
            raise NotFound("missing_named_view")
        return found


def _signature(program: str, options: Options) -> str:
    parts = [FORMAT, collation.version(), program, repr(options)]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def _view(name: str, number: int, definition: Json, pool: JsPool, program: Program) -> View:
    if not isinstance(definition, dict) or not isinstance(definition.get("map"), str):
        raise DesignError(f"the view '{name}' has no map function")
    options = definition.get("options")
    raw = isinstance(options, dict) and options.get("collation") == "raw"
    return View(name, number, _reducer(name, definition.get("reduce"), pool, program), raw)


def _reducer(name: str, reduce: Json, pool: JsPool, program: Program) -> Reducer:
    if reduce is not None and not isinstance(reduce, str):
        raise DesignError(f"the reduce function of the view '{name}' is not a string")
    if not reduce:
        return NoReducer()
    if not reduce.startswith("_"):
        return JsReducer(pool, program, name)
    try:
        known = builtin(reduce)
    except ValueError as error:
        raise InvalidDesign(str(error)) from error
    if known is None:
        raise InvalidDesign(f"`{reduce}` is not a supported reduce function.")
    return BuiltinReducer(known)
