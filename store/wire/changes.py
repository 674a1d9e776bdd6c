"""`GET` and `POST /db/_changes`: the feeds `normal`, `longpoll` and `continuous`."""

from werkzeug.wrappers import Response

from store.errors import BadRequest, Unavailable
from store.options import changes_options
from store.types import ChangesOptions, Json
from store.wire import bodies
from store.wire.answers import answer
from store.wire.call import Call
from store.wire.feeds import Feed, continuous, longpoll

FEEDS = ("normal", "longpoll", "continuous")
LONGEST_WAIT = 60.0
"""Seconds; CouchDB's `changes_timeout`. A heartbeat lifts it."""
SHORTEST_HEARTBEAT = 0.1


def changes(call: Call) -> Response:
    kind = call.params.get("feed", "normal")
    if kind not in FEEDS:
        raise BadRequest(f"The feed must be one of {', '.join(FEEDS)}.")
    body = call.json() if call.request.method == "POST" else {}
    options = changes_options(call.params, body)
    if kind == "normal":
        return answer(call.database.changes(options))
    return _waiting(call, kind, options)


def _waiting(call: Call, kind: str, options: ChangesOptions) -> Response:
    feed = Feed(
        call.database,
        options,
        heartbeat=_heartbeat(call.params),
        timeout=_timeout(call.params),
        gone=call.request.environ.get("waitress.client_disconnected"),
    )
    if not call.limits.waiting.acquire(blocking=False):
        raise Unavailable("Too many feeds are waiting. Try again later.")
    try:
        # The first read is made before the answer begins, so that an error has its own status.
        first = feed.page(options.since, options.limit)
        lines = longpoll(feed, first) if kind == "longpoll" else continuous(feed, first)
        response = Response(lines, mimetype="application/json")
    except BaseException:
        call.limits.waiting.release()
        raise
    response.call_on_close(call.limits.waiting.release)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    return response


def _timeout(params: dict[str, str]) -> float:
    milliseconds = bodies.count(params, "timeout")
    return LONGEST_WAIT if milliseconds is None else min(milliseconds / 1000, LONGEST_WAIT)


def _heartbeat(params: dict[str, str]) -> float | None:
    """Seconds between empty lines, or None; `true` means CouchDB's 60 seconds."""
    value: Json = params.get("heartbeat", "false")
    if value == "false":
        return None
    if value == "true":
        return LONGEST_WAIT
    milliseconds = bodies.count(params, "heartbeat") or 0
    return max(milliseconds / 1000, SHORTEST_HEARTBEAT)
