"""The WSGI application of a node: CouchDB's HTTP API whole, with sign-in and cross origins."""

import secrets
from collections.abc import Callable
from typing import Any

from store.node import about, configuring, replicating, session
from store.node.config import Config
from store.node.node import SESSION, Node
from store.wire import paths, protocol_app
from store.wire.cors import MAX_AGE, METHODS, REQUEST_HEADERS, Cors, Rules, with_cors
from store.wire.routes import ROUTES, Methods, Routes

Environ = dict[str, Any]
Headers = list[tuple[str, str]]
WAITING_FEEDS = 500
BODY_TIME = ("X-CouchDB-Body-Time", "0")
"""Milliseconds that a handler waited for the body: the host brings it whole."""
OVERRIDES = frozenset(("PUT", "DELETE", "COPY", "GET", "HEAD"))
"""Methods that a POST may really be, by `X-HTTP-Method-Override`: some clients know no others."""


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
    return with_cors(Cors(lambda: _cors_rules(node.config)), _as_couchdb(node, protocol))


def _cors_rules(config: Config) -> Rules:
    """What `[chttpd] enable_cors` and `[cors]` allow other origins."""
    if not config.flag("chttpd", "enable_cors"):
        return Rules()
    return Rules(
        config.listed("cors", "origins"),
        config.flag("cors", "credentials"),
        config.text("cors", "methods") or METHODS,
        config.text("cors", "headers") or REQUEST_HEADERS,
        config.text("cors", "max_age") or MAX_AGE,
    )


def _as_couchdb(node: Node, application: Callable[..., Any]) -> Callable[..., Any]:
    """What CouchDB does to every request and answer: methods and hosts that stand in headers, an
    id for the request, and a new cookie for a session that nears its end."""

    def wrapped(environ: Environ, start_response: Callable[..., Any]) -> Any:
        _read_headers(environ, node.config)
        request_id = environ.get("HTTP_X_COUCH_REQUEST_ID") or secrets.token_hex(5)

        def start(status: str, headers: Headers, *rest: Any) -> Any:
            told = [("X-Couch-Request-ID", request_id), BODY_TIME, *_renewed(environ, headers)]
            return start_response(status, [*headers, *told], *rest)

        return application(environ, start)

    return wrapped


def _read_headers(environ: Environ, config: Config) -> None:
    method = environ.get("HTTP_X_HTTP_METHOD_OVERRIDE")
    if method in OVERRIDES and environ["REQUEST_METHOD"] == "POST":
        environ["REQUEST_METHOD"] = method
    if not config.flag("chttpd", "decode_plus_to_space"):
        environ[paths.PLUS] = "+"
    name = config.text("chttpd", "x_forwarded_host") or "X-Forwarded-Host"
    host = environ.get(f"HTTP_{name.upper().replace('-', '_')}")
    if host:
        environ["HTTP_HOST"] = host


def _renewed(environ: Environ, headers: Headers) -> Headers:
    found = environ.get(SESSION)
    if found is None or found.cookie is None or any(name == "Set-Cookie" for name, _ in headers):
        return []
    return [("Set-Cookie", found.cookie)]
