"""`_all_docs` and `_design/ddoc/_view/view`, each with its options in the address or the body."""

from collections.abc import Callable, Mapping

from werkzeug.wrappers import Response

from store.api import Database
from store.errors import BadRequest
from store.options import view_options
from store.types import Json, ViewOptions
from store.wire.answers import Refusal, answer
from store.wire.call import Call

Listing = Callable[[ViewOptions], dict[str, Json]]
LISTINGS: Mapping[str, Callable[[Database], Listing]] = {
    "_all_docs": lambda database: database.all_docs,
    "_design_docs": lambda database: database.design_docs,
    "_local_docs": lambda database: database.local_docs,
}


def listing(name: str, call: Call) -> Response:
    """`GET` and `POST /db/_all_docs`, or another of `LISTINGS`."""
    options = _options(call, _body(call), "`keys` body member must be an array.")
    return answer(LISTINGS[name](call.database)(options))


def listing_queries(name: str, call: Call) -> Response:
    """`POST /db/_all_docs/queries`, or of another of `LISTINGS`."""
    listed = LISTINGS[name](call.database)
    return answer({"results": [listed(options) for options in _queries(call)]})


def view(call: Call) -> Response:
    body = _body(call)
    if "queries" in body:
        raise BadRequest("The `queries` parameter is no longer supported at this endpoint")
    options = _options(call, body, "`keys` member must be an array.")
    return answer(call.database.view(call.names["ddoc"], call.names["view"], options))


def queries(call: Call) -> Response:
    """`POST …/queries`: `{"queries": [options, …]}` → `{"results": […]}`."""
    options = _queries(call)
    results = call.database.queries(call.names["ddoc"], call.names["view"], options)
    return answer({"results": results})


def info(call: Call) -> Response:
    return answer(call.database.design_info(call.names["ddoc"]))


def temporary(call: Call) -> Response:
    raise Refusal(410, "gone", "Temporary views are not supported in CouchDB", {})


def view_cleanup(call: Call) -> Response:
    call.database.view_cleanup()
    return answer({"ok": True}, 202)


def _of_query(params: Mapping[str, str], query: dict[str, Json]) -> ViewOptions:
    """Of one query of several: its own options win over those of the address."""
    others = {name: text for name, text in params.items() if name not in query}
    return view_options(others, query)


def _queries(call: Call) -> list[ViewOptions]:
    body = call.json()
    if "queries" not in body:
        raise BadRequest("POST body must include `queries` parameter.")
    asked = body["queries"]
    if not isinstance(asked, list) or not all(isinstance(query, dict) for query in asked):
        raise BadRequest("`queries` member must be an array.")
    return [_of_query(call.params, query) for query in asked]


def _body(call: Call) -> dict[str, Json]:
    return call.json() if call.request.method == "POST" else {}


def _options(call: Call, body: dict[str, Json], complaint: str) -> ViewOptions:
    """`complaint` is what is said of keys that are no list."""
    if "keys" in body and not isinstance(body["keys"], list):
        raise BadRequest(complaint)
    return view_options(call.params, body)
