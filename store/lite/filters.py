"""Filters of the changes feed: which documents (tombstones too) a client wants to hear of.

CouchDB 3.5, "Filtering" of `_changes`: `_design`, `_view` or `design/function`.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from store.errors import BadQuery, BadRequest, NotFound
from store.lite.identity import IdentityCache
from store.lite.js.pool import JsPool, Program
from store.lite.mapping import TURN
from store.mango.matching import matcher
from store.mango.selector import normalize
from store.types import ChangesOptions, Doc, Json, UserContext

Filter = Callable[[Sequence[Doc]], Sequence[bool]]
"""Says of the first of some documents, of one at least, whether each is wanted; of as many as it
can at once."""


class Filters:
    """Makes filters of the design documents' functions."""

    def __init__(self, pool: JsPool) -> None:
        self._pool = pool
        self._programs = IdentityCache(lambda ddoc: Program.of(ddoc, "design"))

    def wanted(
        self, options: ChangesOptions, designs: Mapping[str, Doc], user: UserContext, db: str
    ) -> Filter | None:
        """The filter that `options` ask for, None where all changes are wanted, or those of some
        ids: nobody need read the documents for that.

        `designs` are the design documents by id. Raises BadRequest for a bad filter, NotFound for
        one that is not there; the filter itself raises DesignError.
        """
        name = options.filter
        if name == "_selector" or (name is None and options.selector is not None):
            return _by_selector(options.selector)
        if name in (None, "_doc_ids", "_design"):
            return None
        if name == "_view":
            if not options.view:
                raise BadRequest("`view` filter parameter is not provided.")
            ddoc, view = _function(options.view, "view", "views", designs)
            return self._run(ddoc, "view_filter", view)
        ddoc, function = _function(name, "filter", "filters", designs)
        request = {"method": "GET", "query": dict(options.query), "userCtx": user.to_json(db)}
        return self._run(ddoc, "filter", json.dumps([function, request]))

    def _run(self, ddoc: Doc, command: str, head: str) -> Filter:
        program = self._programs.get(ddoc)

        def wanted(docs: Sequence[Doc]) -> list[bool]:
            lines = [json.dumps(doc) for doc in docs]
            answers = self._pool.run(program, command, lines, json.dumps([head, TURN]))
            return [answer == "true" for answer in answers]

        return wanted


def _by_selector(selector: Json) -> Filter:
    if not isinstance(selector, Mapping):
        raise BadRequest("Selector error: expected a JSON object")
    try:
        matches = matcher(normalize(selector))
    except BadQuery as error:  # CouchDB's feed knows no names for these
        raise BadRequest(error.reason) from error
    return lambda docs: [matches(doc) for doc in docs]


def _function(path: str, what: str, member: str, designs: Mapping[str, Doc]) -> tuple[Doc, str]:
    """The design document and the name of its function, from `design/name`."""
    design, slash, name = path.removeprefix("_design/").partition("/")
    if not (design and slash and name):
        raise BadRequest(f"`{what}` must be of the form `designname/{what}name`")
    ddoc = designs.get(f"_design/{design}")
    if ddoc is None:
        raise NotFound("missing")
    functions: Any = ddoc.get(member)
    if not isinstance(functions, dict) or name not in functions:
        raise NotFound(f"missing json key: {name}")
    return ddoc, name
