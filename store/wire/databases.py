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
    for of_cluster in ("q", "n"):
        value = call.params.get(of_cluster, "1")
        if not (value.isascii() and value.isdigit() and value.strip("0")):
            raise BadRequest(f"The `{of_cluster}` value should be a positive integer.")
    call.server.create(name)
    return answer(OK, 201, {"Location": _url(call, name)})


def delete(call: Call) -> Response:
    if "rev" in call.params:
        # CouchDB refuses this: somebody meant to delete a document and its id was empty.
        raise BadRequest(
            "You tried to DELETE a database with a ?=rev parameter."
            " Did you mean to DELETE a document instead?"
        )
    call.server.delete(call.names["db"])
    return answer(OK)


def compact(call: Call) -> Response:
    bodies.require_json(call.request)
    call.database.compact(call.names.get("ddoc"))
    return answer(OK, 202)


def ensure_full_commit(call: Call) -> Response:
    """Nothing to do: every write is durable when it is answered."""
    bodies.require_json(call.request)
    start = call.database.info().get("instance_start_time", "0")
    return answer({"ok": True, "instance_start_time": start}, 201)


def purge(call: Call) -> Response:
    database = call.database
    return answer(database.purge(lists_of_revisions(call.json())), 201)


def revs_limit(call: Call) -> Response:
    return answer(call.database.revs_limit())


def set_revs_limit(call: Call) -> Response:
    call.database.set_revs_limit(_limit(call, "`revs_limit` must be positive integer"))
    return answer(OK)


def purged_infos(call: Call) -> Response:
    return answer({"purged_infos": call.database.purged_infos()})


def purged_infos_limit(call: Call) -> Response:
    return answer(call.database.purged_infos_limit())


def set_purged_infos_limit(call: Call) -> Response:
    limit = _limit(call, "`purged_infos_limit` must be positive integer")
    call.database.set_purged_infos_limit(limit)
    return answer(OK)


def _limit(call: Call, complaint: str) -> int:
    limit = bodies.json_value(call.data())
    if type(limit) is not int or limit < 1:
        raise BadRequest(complaint)
    return limit


def security(call: Call) -> Response:
    return answer(call.database.security())


def set_security(call: Call) -> Response:
    call.database.set_security(call.json())
    return answer(OK)


def lists_of_revisions(value: dict[str, object]) -> dict[str, list[str]]:
    """`{docid: [rev, …]}`. Raises BadRequest for another shape."""
    checked: dict[str, list[str]] = {}
    for docid, revs in value.items():
        if not isinstance(revs, list):
            raise BadRequest("Invalid list of revisions")
        if not all(isinstance(rev, str) for rev in revs):
            raise BadRequest("Invalid rev format")
        checked[docid] = revs
    return checked


def _url(call: Call, *parts: str) -> str:
    return call.request.root_url + "/".join(quote(part, safe="") for part in parts)
