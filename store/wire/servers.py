"""`/`, `/_up`, `/_all_dbs`, `/_uuids`."""

from collections.abc import Callable
from dataclasses import replace

from werkzeug.wrappers import Response

from store.errors import BadRequest
from store.options import view_options
from store.types import ABSENT
from store.wire.answers import answer
from store.wire.call import Call
from store.wire.uuids import new_uuid

PROTOCOL = "3.5.2"
"""The version of CouchDB whose API is spoken here; clients look at it."""
WELCOME = {
    "couchdb": "Welcome",
    "version": PROTOCOL,
    "features": ["quickjs", "scheduler"],
    "vendor": {"name": "Divan"},
}
MAX_UUIDS = 1000


def welcome(call: Call) -> Response:
    return answer(WELCOME)


def up(call: Call) -> Response:
    return answer({"status": "ok"})


def all_dbs(call: Call) -> Response:
    return answer(database_names(call))


def database_names(call: Call) -> list[str]:
    """The names that the query asks for, by the options of a range of `_all_docs`."""
    asked = view_options(call.params)
    if asked.key is not ABSENT:
        asked = replace(asked, startkey=asked.key, endkey=asked.key)
    low, high = (
        (asked.endkey, asked.startkey) if asked.descending else (asked.startkey, asked.endkey)
    )
    open_end = not asked.inclusive_end
    names = [
        name
        for name in sorted(call.server.all_dbs(), reverse=asked.descending)
        if (low is ABSENT or name >= str(low))
        and (high is ABSENT or name <= str(high))
        and not (open_end and asked.endkey is not ABSENT and name == asked.endkey)
    ]
    last = None if asked.limit is None else asked.skip + asked.limit
    return names[asked.skip : last]


def uuids(call: Call) -> Response:
    return answer_uuids(call, new_uuid)


def answer_uuids(call: Call, make: Callable[[], str]) -> Response:
    text = call.params.get("count", "1")
    if not (text.isascii() and text.isdigit()):
        raise BadRequest("count must be a positive integer")
    number = int(text[:9])
    if number > MAX_UUIDS:
        raise BadRequest("count parameter too large")
    headers = {
        "Cache-Control": "must-revalidate, no-cache",
        "Pragma": "no-cache",
        "Expires": "Mon, 01 Jan 1990 00:00:00 GMT",
    }
    made = [make() for _ in range(number)]
    return answer({"uuids": made}, headers={**headers, "ETag": f'"{make()}"'})
