"""Cross-origin requests: off unless rules name origins.

Documentation 3.5, "Cross-Origin Resource Sharing". PouchDB in a browser needs it.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

Environ = dict[str, Any]
Headers = list[tuple[str, str]]

METHODS = "GET, HEAD, POST, PUT, DELETE, TRACE, CONNECT, COPY, OPTIONS"
REQUEST_HEADERS = (
    "accept, accept-language, authorization, content-length, content-range, content-type,"
    " destination, expires, if-match, if-none-match, last-modified, origin, pragma,"
    " x-couch-full-commit, x-couch-id, x-couch-persist, x-couchdb-www-authenticate,"
    " x-http-method-override, x-requested-with, x-couchdb-vhost-path"
)
EXPOSED = (
    "content-type, cache-control, accept-ranges, etag, server, x-couch-request-id,"
    " x-couch-update-newrev, x-couchdb-body-time"
)
MAX_AGE = "600"


@dataclass(frozen=True)
class Rules:
    """What other origins may do: none may where `origins` is empty; `*` is any."""

    origins: Collection[str] = ()
    credentials: bool = False
    methods: str = METHODS
    headers: str = REQUEST_HEADERS
    max_age: str = MAX_AGE


class Cors:
    """What the rules of the moment allow other origins."""

    def __init__(self, rules: Callable[[], Rules]) -> None:
        self._rules = rules

    def headers(self, environ: Environ) -> Headers:
        """The headers of an answer to a request from another origin; none where not allowed."""
        allowed = self._allowed(environ)
        return [*allowed, ("Access-Control-Expose-Headers", EXPOSED)] if allowed else []

    def preflight(self, environ: Environ) -> Headers | None:
        """The headers of the answer to a preflight request; None where it is none, or refused."""
        method = environ.get("HTTP_ACCESS_CONTROL_REQUEST_METHOD")
        if environ.get("REQUEST_METHOD") != "OPTIONS" or method is None:
            return None
        allowed, rules = self._allowed(environ), self._rules()
        wanted = str(environ.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS", ""))
        known = _names(rules.methods), _names(rules.headers)
        if not allowed or method.lower() not in known[0] or not _names(wanted) <= known[1]:
            return None
        return [
            *allowed,
            ("Access-Control-Max-Age", rules.max_age),
            ("Access-Control-Allow-Methods", rules.methods),
            ("Access-Control-Allow-Headers", wanted),
        ]

    def _allowed(self, environ: Environ) -> Headers:
        origin, rules = environ.get("HTTP_ORIGIN"), self._rules()
        if origin is None or ("*" not in rules.origins and origin not in rules.origins):
            return []
        headers = [("Access-Control-Allow-Origin", str(origin)), ("Vary", "Origin")]
        # With `*` any page would act under the name of whoever visits it.
        if rules.credentials and origin in rules.origins:
            headers.append(("Access-Control-Allow-Credentials", "true"))
        return headers


def with_cors(cors: Cors, application: Callable[..., Any]) -> Callable[..., Any]:
    """`application` with the headers that other origins need."""

    def wrapped(environ: Environ, start_response: Callable[..., Any]) -> Any:
        if "HTTP_ORIGIN" not in environ:
            return application(environ, start_response)
        preflight = cors.preflight(environ)
        if preflight is not None:
            start_response("204 No Content", preflight)
            return []

        def start(status: str, headers: Headers, *rest: Any) -> Any:
            return start_response(status, [*headers, *cors.headers(environ)], *rest)

        return application(environ, start)

    return wrapped


def _names(text: str) -> set[str]:
    return {name.strip().lower() for name in text.split(",") if name.strip()}
