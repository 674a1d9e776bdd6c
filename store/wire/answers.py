"""Answers in CouchDB's form: JSON with a newline, errors as `{"error", "reason"}`."""

import gzip
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from werkzeug.wrappers import Request, Response

from store.errors import (
    BadRequest,
    CompilationError,
    Conflict,
    DatabaseExists,
    Forbidden,
    InvalidDesign,
    NotAcceptable,
    NotFound,
    PreconditionFailed,
    StoreError,
    TooLarge,
    Unauthorized,
    UnsupportedMediaType,
)
from store.types import Json, Row

STATUS_OF_ERROR = {
    kind.error: kind.status
    for kind in (
        BadRequest,
        CompilationError,
        Conflict,
        DatabaseExists,
        Forbidden,
        InvalidDesign,
        NotAcceptable,
        NotFound,
        PreconditionFailed,
        TooLarge,
        Unauthorized,
        UnsupportedMediaType,
    )
}

WORTH_ZIPPING = 2000
ZIP_LEVEL = 4


class Refusal(Exception):
    """A refusal that belongs to HTTP alone and has no place in the store's errors."""

    def __init__(self, status: int, error: str, reason: str, headers: Mapping[str, str]) -> None:
        super().__init__(reason)
        self.status, self.error, self.reason, self.headers = status, error, reason, headers


def method_not_allowed(methods: list[str]) -> Refusal:
    """405, naming the methods of this path as CouchDB does."""
    names = ",".join(sorted(methods))
    return Refusal(405, "method_not_allowed", f"Only {names} allowed", {"Allow": names})


_text = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_ascii = json.JSONEncoder(separators=(",", ":")).encode
_HEADERS = {
    "Content-Type": "application/json",
    "Cache-Control": "private, must-revalidate",
    "X-Content-Type-Options": "nosniff",
}


class Answer(Response):
    """A response whose body is there whole. It is sent as it stands: nearly every request ends
    here, and half of its time went into looks at what could be streamed, relative or partial."""

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        if self.status_code == 304:
            return super().__call__(environ, start_response)
        start_response(self.status, self.headers.to_wsgi_list())
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [self.get_data()]


def encoded(value: Json) -> bytes:
    """`value` as UTF-8 JSON. What is no valid Unicode text is escaped, not dropped."""
    try:
        return _text(value).encode()
    except UnicodeEncodeError:
        return _ascii(value).encode()


def answer(value: Json, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer. Not to be kept by caches without asking: the next reader may see less."""
    return Answer(encoded(value) + b"\n", status, {**_HEADERS, **(headers or {})})


def with_etag(response: Response, etag: str, request: Request) -> Response:
    """The answer under that ETag, or 304 where the client says that it has it. `If-Match` names the
    revision that a writer replaces, and means nothing to a reader, as in CouchDB."""
    if request.if_none_match.contains_weak(etag):
        response.close()
        kept = ("Cache-Control", "Vary")
        headers = {name: response.headers[name] for name in kept if name in response.headers}
        response = Response(status=304, headers=headers)
    response.headers["ETag"] = f'"{etag}"'
    return response


def zipped(response: Response, accepted: str) -> Response:
    """The answer gzipped where the client takes that and it is worth it: laptops are far away.
    Feeds are left alone, since zipping would hold their lines back."""
    if "gzip" not in accepted.lower() or not isinstance(response, Answer):
        return response
    body = response.get_data()
    if len(body) < WORTH_ZIPPING:
        return response
    response.set_data(gzip.compress(body, ZIP_LEVEL, mtime=0))
    response.headers["Content-Encoding"] = "gzip"
    response.headers.add("Vary", "Accept-Encoding")
    return response


def refusal(error: Refusal) -> Response:
    return answer({"error": error.error, "reason": error.reason}, error.status, error.headers)


def store_error(error: StoreError, challenge: str) -> Response:
    """The store's refusal with its own status; 401 says how to sign in (RFC 9110, 11.6.1), where
    the host has a challenge."""
    asks = bool(challenge) and error.status == Unauthorized.status
    headers = {"WWW-Authenticate": challenge} if asks else {}
    return answer(error.to_json(), error.status, headers)


def row_refused(row: Row) -> Response:
    """A refused row of `_bulk_docs` as the answer to a request for that one document."""
    error = str(row["error"])
    reason = str(row.get("reason", error))
    return answer({"error": error, "reason": reason}, STATUS_OF_ERROR.get(error, 500))
