"""`GET` and `POST /db/_changes`: the feeds `normal`, `longpoll`, `continuous`, `eventsource`."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain

from werkzeug.wrappers import Response

from store.errors import BadRequest, Unavailable
from store.options import changes_options
from store.types import ChangesOptions, Json
from store.wire import bodies
from store.wire.answers import answer
from store.wire.call import Call
from store.wire.feeds import Feed, Told, envelope, events, lines, until_failure

LONGEST_WAIT = 60.0
"""Seconds; CouchDB's `changes_timeout`. A heartbeat lifts it."""
SHORTEST_HEARTBEAT = 0.1


@dataclass(frozen=True)
class Kind:
    """How a feed that waits looks. `once` says that the first changes end it."""

    written: Callable[[Told], Iterator[bytes]]
    once: bool = False
    mimetype: str = "application/json"


WAITING = {
    "longpoll": Kind(envelope, once=True),
    "continuous": Kind(lines),
    "live": Kind(lines),
    "eventsource": Kind(events, mimetype="text/event-stream"),
}


def changes(call: Call) -> Response:
    name = call.params.get("feed", "normal")
    kind = WAITING.get(name)
    if kind is None and name != "normal":
        known = "normal, continuous, live, longpoll, eventsource"
        raise BadRequest(f"Supported `feed` types: {known}")
    options = changes_options(_parameters(call, name), _body(call))
    heartbeat = _heartbeat(call.params)
    return _whole(call, options) if kind is None else _waiting(call, kind, options, heartbeat)


def _parameters(call: Call, feed: str) -> dict[str, str]:
    """A browser that connects again says in a header which event it saw last."""
    last = call.request.headers.get("Last-Event-ID")
    if feed != "eventsource" or last is None:
        return call.params
    return {**call.params, "since": last.strip('"')}


def _body(call: Call) -> dict[str, Json]:
    """What a POST brings; nothing at all will do, but must be called JSON."""
    request = call.request
    if request.method != "POST":
        if call.params.get("filter") == "_selector":
            raise BadRequest("Selector must be specified in POST payload")
        return {}
    empty = not request.content_length and "Transfer-Encoding" not in request.headers
    return {} if empty and request.mimetype == "application/json" else call.json()


def _whole(call: Call, options: ChangesOptions) -> Response:
    """What fits into a page is answered at once, more is sent page by page."""
    pages = call.database.changes_pages(options)
    first, second = next(pages), next(pages, None)
    if second is None:
        return answer(first)
    response = _streamed(envelope(chain((first, second), pages)), "application/json")
    response.headers["Cache-Control"] = "private, must-revalidate"
    return response


def _waiting(call: Call, kind: Kind, options: ChangesOptions, heartbeat: float | None) -> Response:
    feed = Feed(
        call.database,
        options,
        heartbeat=heartbeat,
        timeout=_timeout(call.params),
        once=kind.once,
        gone=call.request.environ.get("waitress.client_disconnected"),
    )
    if not call.limits.waiting.acquire(blocking=False):
        raise Unavailable("Too many feeds are waiting. Try again later.")
    try:
        # The first page is read before the answer begins, so that an error has its own status.
        told = feed.told()
        pieces = kind.written(chain((next(told),), told))
        response = _streamed(pieces, kind.mimetype)
    except BaseException:
        call.limits.waiting.release()
        raise
    response.call_on_close(call.limits.waiting.release)
    response.headers["Cache-Control"] = "no-store"
    return response


def _streamed(pieces: Iterator[bytes], mimetype: str) -> Response:
    response = Response(until_failure(pieces), mimetype=mimetype)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Accel-Buffering"] = "no"  # a proxy is to pass on what comes
    return response


def _timeout(params: dict[str, str]) -> float:
    milliseconds = bodies.count(params, "timeout")
    return LONGEST_WAIT if milliseconds is None else min(milliseconds / 1000, LONGEST_WAIT)


def _heartbeat(params: dict[str, str]) -> float | None:
    """Seconds between heartbeats, or None; `true` means CouchDB's 60 seconds."""
    value = params.get("heartbeat", "false")
    if value in ("true", "false"):
        return LONGEST_WAIT if value == "true" else None
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", value):
        raise BadRequest(
            "Invalid heartbeat value. Expecting a positive integer value (in milliseconds)."
        )
    if int(value) <= 0:
        raise BadRequest("The heartbeat value should be a positive integer (in milliseconds).")
    return max(int(value) / 1000, SHORTEST_HEARTBEAT)
