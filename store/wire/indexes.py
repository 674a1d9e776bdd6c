"""`_all_docs` and `_design/ddoc/_view/view`, each with its options in the address or the body."""

from werkzeug.wrappers import Response

from store.errors import BadRequest
from store.options import view_options
from store.types import ViewOptions
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
    asked = call.json().get("queries")
    if not isinstance(asked, list) or not all(isinstance(query, dict) for query in asked):
        raise BadRequest("`queries` must be an array of objects.")
    options = [view_options(call.params, query) for query in asked]
    results = call.database.queries(call.names["ddoc"], call.names["view"], options)
    return answer({"results": results})


def _options(call: Call) -> ViewOptions:
    body = call.json() if call.request.method == "POST" else {}
    return view_options(call.params, body)
