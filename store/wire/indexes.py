"""`_all_docs` and `_design/ddoc/_view/view`, each with its options in the address or the body."""

from collections.abc import Mapping

from werkzeug.wrappers import Response

from store.errors import BadRequest
from store.options import view_options
from store.types import Json, ViewOptions
from store.wire.answers import answer
from store.wire.call import Call


def all_docs(call: Call) -> Response:
    options = _options(call)
    return answer(call.database.all_docs(options))


def view(call: Call) -> Response:
    options = _options(call)
    return answer(call.database.view(call.names["ddoc"], call.names["view"], options))


def queries(call: Call) -> Response:
    """`POST …/queries`: `{"queries": [options, …]}` → `{"results": […]}`."""
    body = call.json()
    if "queries" not in body:
        raise BadRequest("POST body must include `queries` parameter.")
    asked = body["queries"]
    if not isinstance(asked, list) or not all(isinstance(query, dict) for query in asked):
        raise BadRequest("`queries` member must be an array.")
    options = [_of_query(call.params, query) for query in asked]
    results = call.database.queries(call.names["ddoc"], call.names["view"], options)
    return answer({"results": results})


def info(call: Call) -> Response:
    return answer(call.database.design_info(call.names["ddoc"]))


def view_cleanup(call: Call) -> Response:
    call.database.view_cleanup()
    return answer({"ok": True}, 202)


def _of_query(params: Mapping[str, str], query: dict[str, Json]) -> ViewOptions:
    """Of one query of several: its own options win over those of the address."""
    others = {name: text for name, text in params.items() if name not in query}
    return view_options(others, query)


def _options(call: Call) -> ViewOptions:
    body = call.json() if call.request.method == "POST" else {}
    if "keys" in body and not isinstance(body["keys"], list):
        raise BadRequest("`keys` member must be an array.")
    return view_options(call.params, body)
