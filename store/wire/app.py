"""The WSGI application: one request, one answer, never a traceback."""

import logging
import threading
from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.wrappers import Request, Response

from store.api import Server
from store.errors import StoreError
from store.wire import answers, bodies, paths
from store.wire.call import Call, Limits
from store.wire.routes import PROTOCOL, Routes

LOG = logging.getLogger(__name__)
MEBIBYTE = 1024 * 1024
Environ = dict[str, Any]
WsgiApp = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


def protocol_app(
    server_for: Callable[[Environ], Server],
    *,
    routes: Routes = PROTOCOL,
    max_body: int = 64 * MEBIBYTE,
    waiting_feeds: int = 4,
    challenge: str = 'Basic realm="divan"',
) -> WsgiApp:
    """CouchDB's HTTP API (documentation 3.5, "API Reference") over the server of whoever asks.

    `server_for` is given the WSGI environ of each request and returns the store as that user may
    see it, or raises `Unauthorized` or `Forbidden`; what that store refuses is refused. It is not
    closed here. The application works below any SCRIPT_NAME. Beyond `waiting_feeds` longpoll and
    continuous feeds at once a feed is answered with 503: each holds a thread of the host, which
    must have more threads than that. `routes` holds the paths that are answered.
    `challenge` is the WWW-Authenticate header of 401; without one browsers ask nobody.
    """
    limits = Limits(max_body, threading.BoundedSemaphore(waiting_feeds))

    def application(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        response = _answered(environ, server_for, routes, limits, challenge)
        accepted = str(environ.get("HTTP_ACCEPT_ENCODING", ""))
        return answers.zipped(response, accepted)(environ, start_response)

    return application


def _answered(
    environ: Environ,
    server_for: Callable[[Environ], Server],
    routes: Routes,
    limits: Limits,
    challenge: str,
) -> Response:
    try:
        request = Request(environ)
        server = server_for(environ)  # before the path: whoever may not ask learns of none
        handler, names = routes.find(paths.segments(environ), request.method)
        call = Call(request, server, names, bodies.parameters(request), limits)
        return handler(call)
    except StoreError as error:
        if error.status >= 500:
            LOG.warning("%s %s: %s", environ.get("REQUEST_METHOD"), error.error, error.reason)
        return answers.store_error(error, challenge)
    except answers.Refusal as error:
        return answers.refusal(error)
    except Exception:  # the edge: whatever failed, the peer is told in CouchDB's form
        LOG.exception("A request failed.")
        reason = "The server failed. Its log says why."
        return answers.answer({"error": "internal_server_error", "reason": reason}, 500)
