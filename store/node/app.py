"""The WSGI application of a node: CouchDB's HTTP API whole, with sign-in and cross origins."""

from collections.abc import Callable
from typing import Any

from store.node import about, configuring, replicating, session
from store.node.cors import Cors, with_cors
from store.node.node import SESSION, Node
from store.wire import protocol_app
from store.wire.routes import ROUTES, Methods, Routes

Environ = dict[str, Any]
WAITING_FEEDS = 500


def node_routes(node: Node) -> tuple[tuple[str, Methods], ...]:
    """The paths of a node, beside those of `store.wire`, which they go before."""
    parts = (about, session, configuring, replicating)
    return tuple(route for part in parts for route in part.routes(node))


def node_app(node: Node, *, waiting_feeds: int = WAITING_FEEDS) -> Callable[..., Any]:
    protocol = protocol_app(
        node.server_for,
        routes=Routes((*node_routes(node), *ROUTES)),
        waiting_feeds=waiting_feeds,
        challenge="",  # as CouchDB: else pages get a dialog of the browser instead of an answer
    )
    return with_cors(Cors(node.config), _with_renewed_cookie(protocol))


def _with_renewed_cookie(application: Callable[..., Any]) -> Callable[..., Any]:
    """A session that nears its end goes on as long as its cookie is used."""

    def wrapped(environ: Environ, start_response: Callable[..., Any]) -> Any:
        if "HTTP_COOKIE" not in environ:
            return application(environ, start_response)

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            found = environ.get(SESSION)
            given = any(name == "Set-Cookie" for name, _ in headers)
            if found is not None and found.cookie is not None and not given:
                headers = [*headers, ("Set-Cookie", found.cookie)]
            return start_response(status, headers, *rest)

        return application(environ, start)

    return wrapped
