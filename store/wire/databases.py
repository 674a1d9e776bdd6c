"""A database itself: `PUT`, `GET` and `DELETE /db`, `_security`, `_compact` and the like."""

from urllib.parse import quote

from werkzeug.wrappers import Response

from store.errors import BadRequest
from store.wire import bodies
from store.wire.answers import answer
from store.wire.call import Call

OK = {"ok": True}


def info(call: Call) -> Response:
    return answer(call.database.info())


def create(call: Call) -> Response:
    name = call.names["db"]
    call.server.create(name)
    return answer(OK, 201, {"Location": _url(call, name)})


def delete(call: Call) -> Response:
    if "rev" in call.params:
        # CouchDB refuses this: somebody meant to delete a document and its id was empty.
        raise BadRequest("You tried to DELETE a database with a ?rev= parameter.")
    call.server.delete(call.names["db"])
    return answer(OK)


def compact(call: Call) -> Response:
    call.database.compact()
    return answer(OK, 202)


def ensure_full_commit(call: Call) -> Response:
    """Nothing to do: every write is durable when it is answered."""
    start = call.database.info().get("instance_start_time", "0")
    return answer({"ok": True, "instance_start_time": start}, 201)


def purge(call: Call) -> Response:
    database = call.database
    return answer(database.purge(lists_of_revisions(call.json())), 201)


def revs_limit(call: Call) -> Response:
    return answer(call.database.revs_limit())


def set_revs_limit(call: Call) -> Response:
    try:
        limit = bodies.parsed(call.data().decode("utf-8"))
    except ValueError as error:
        raise BadRequest("invalid UTF-8 JSON") from error
    if not isinstance(limit, int) or isinstance(limit, bool) or limit < 1:
        raise BadRequest("`revs_limit` must be a whole number of 1 or more.")
    call.database.set_revs_limit(limit)
    return answer(OK)


def security(call: Call) -> Response:
    return answer(call.database.security())


def set_security(call: Call) -> Response:
    call.database.set_security(call.json())
    return answer(OK)


def lists_of_revisions(value: dict[str, object]) -> dict[str, list[str]]:
    """`{docid: [rev, …]}`. Raises BadRequest for another shape."""
    checked: dict[str, list[str]] = {}
    for docid, revs in value.items():
        if not isinstance(revs, list) or not all(isinstance(rev, str) for rev in revs):
            raise BadRequest(f"The revisions of {docid!r} must be an array of strings.")
        checked[docid] = revs
    return checked


def _url(call: Call, *parts: str) -> str:
    return call.request.root_url + "/".join(quote(part, safe="") for part in parts)
