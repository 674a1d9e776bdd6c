"""`/`, `/_up`, `/_all_dbs`, `/_uuids`."""

import uuid

from werkzeug.wrappers import Response

from store.errors import BadRequest
from store.wire import bodies
from store.wire.answers import answer
from store.wire.call import Call

PROTOCOL = "3.5.0"
"""The version of CouchDB whose documented API is spoken here; clients look at it."""
MAX_UUIDS = 1000


def welcome(call: Call) -> Response:
    return answer(
        {"couchdb": "Welcome", "version": PROTOCOL, "features": [], "vendor": {"name": "Divan"}}
    )


def up(call: Call) -> Response:
    return answer({"status": "ok"})


def all_dbs(call: Call) -> Response:
    return answer(call.server.all_dbs())


def uuids(call: Call) -> Response:
    number = bodies.count(call.params, "count")
    if number is not None and number > MAX_UUIDS:
        raise BadRequest("count parameter too large")
    fresh = [uuid.uuid4().hex for _ in range(1 if number is None else number)]
    return answer({"uuids": fresh}, headers={"Cache-Control": "no-store"})
