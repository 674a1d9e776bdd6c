"""The views of one design document: what to run, and the signature of the index they share."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from store import collation
from store.errors import DesignError, NotFound
from store.lite.js.pool import Program
from store.types import Doc, Json

FORMAT = 1
BUILTINS = ("_sum", "_count", "_stats")


@dataclass(frozen=True)
class View:
    """One view: its name, the number of its tables in the index file, its reduce function."""

    name: str
    number: int
    reduce: str | None


@dataclass(frozen=True)
class DesignViews:
    """All views of a design document. Two with the same signature have the same index."""

    signature: str
    program: Program
    views: Mapping[str, View]
    include_design: bool

    @classmethod
    def of(cls, ddoc: Doc) -> "DesignViews":
        """Raises DesignError where the design document is not one that can be indexed."""
        if ddoc.get("language", "javascript") != "javascript":
            raise DesignError(f"Unknown query language: {ddoc['language']!r}")
        definitions = ddoc.get("views") or {}
        if not isinstance(definitions, dict):
            raise DesignError("`views` of the design document must be an object")
        names = sorted(name for name in definitions if name != "lib")
        views = {name: _view(name, n, definitions[name]) for n, name in enumerate(names)}
        options = ddoc.get("options") or {}
        include_design = isinstance(options, dict) and options.get("include_design") is True
        program = Program.of({"views": {name: definitions[name] for name in sorted(definitions)}},
                             "views")  # fmt: skip
        parts = [FORMAT, collation.version(), program.signature, include_design]
        signature = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
        return cls(signature, program, views, include_design)

    def view(self, name: str) -> View:
        """Raises NotFound as CouchDB does."""
        found = self.views.get(name)
        if found is None:
            raise NotFound("missing_named_view")
        return found


def _view(name: str, number: int, definition: Json) -> View:
    if not isinstance(definition, dict) or not isinstance(definition.get("map"), str):
        raise DesignError(f"the view '{name}' has no map function")
    reduce = definition.get("reduce")
    if reduce is not None and not isinstance(reduce, str):
        raise DesignError(f"the reduce function of the view '{name}' is not a string")
    if reduce is not None and reduce.startswith("_") and reduce not in BUILTINS:
        raise DesignError(f"the view '{name}' has an unknown built-in reduce function: {reduce}")
    return View(name, number, reduce or None)
