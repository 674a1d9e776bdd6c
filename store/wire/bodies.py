"""Bodies and parameters of a request, read strictly and within limits."""

import json
import re
import zlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge
from werkzeug.wrappers import Request

from store import jsontext
from store.errors import (
    BadRequest,
    QueryParseError,
    RequestTooLarge,
    Unavailable,
    UnsupportedMediaType,
)
from store.types import Json
from store.wire.paths import check_escapes

MAX_PARAMETERS = 200
PIECE = 256 * 1024
MAX_STREAM = 4 * 1024**3
"""Bytes of a body that is read in pieces (CouchDB: `max_http_request_size`)."""

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def parameters(request: Request) -> dict[str, str]:
    """The query parameters, the last of each name. Raises BadRequest for bad UTF-8."""
    raw = str(request.environ.get("QUERY_STRING", ""))
    if not raw:
        return {}
    check_escapes(raw)
    try:
        text = raw.encode("latin-1").decode("utf-8")
        pairs = parse_qsl(
            text.replace(";", "&"),  # either divides parameters, as in CouchDB
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MAX_PARAMETERS,
        )
    except ValueError as error:
        raise BadRequest("The query string is not valid UTF-8 or too long.") from error
    return dict(pairs)


def flag(params: dict[str, str], name: str, default: bool = False) -> bool:
    """A parameter `true` or `false`. Raises QueryParseError for anything else."""
    value = params.get(name)
    if value is None:
        return default
    if value not in ("true", "false"):
        raise QueryParseError(f'Invalid boolean parameter: "{value}"')
    return value == "true"


def count(params: dict[str, str], name: str) -> int | None:
    """A parameter that is a whole number of 0 or more. Raises QueryParseError."""
    value = params.get(name)
    if value is None:
        return None
    if not (value.isascii() and value.isdigit() and len(value) < 19):
        raise QueryParseError(f'Invalid value for integer: "{value}"')
    return int(value)


def json_parameter(params: dict[str, str], name: str) -> Json:
    """A parameter in JSON. Raises BadRequest."""
    return json_value(params[name].encode())


def encoding(request: Request) -> str:
    """How the body is zipped: "identity" or "gzip". Raises UnsupportedMediaType."""
    named = request.headers.get("Content-Encoding", "identity").strip().lower()
    if named not in ("identity", "gzip"):
        raise UnsupportedMediaType("Only gzip and identity content-encodings are supported")
    return named


def body(request: Request, limit: int) -> bytes:
    """The body, unzipped where `Content-Encoding: gzip`. Raises RequestTooLarge where it is more
    than `limit` bytes."""
    zipped = encoding(request) == "gzip"
    request.max_content_length = limit
    try:
        data = request.get_data(cache=False)
    except RequestEntityTooLarge as error:
        raise RequestTooLarge() from error
    except ClientDisconnected as error:
        raise BadRequest("The request ended before its body did.") from error
    return _unzipped(data, limit) if zipped else data


class Streamed:
    """The body as a Content that can be read once."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._begun = False

    @property
    def length(self) -> int | None:
        return self._request.content_length

    def pieces(self) -> Iterator[bytes]:
        if self._begun:
            raise Unavailable("The body of the request was read already. Send it again.")
        self._begun = True
        while piece := self.read(PIECE):
            yield piece

    def read(self, size: int) -> bytes:
        """Up to `size` bytes, none at the end. Raises BadRequest, RequestTooLarge."""
        self._request.max_content_length = MAX_STREAM
        try:
            return self._request.stream.read(size)
        except RequestEntityTooLarge as error:
            raise RequestTooLarge() from error
        except ClientDisconnected as error:
            raise BadRequest("The request ended before its body did.") from error


def _unzipped(data: bytes, limit: int) -> bytes:
    unzip = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        plain = unzip.decompress(data, limit + 1)
    except zlib.error as error:
        raise BadRequest("The body is not valid gzip.") from error
    if len(plain) > limit:
        raise RequestTooLarge()
    if not unzip.eof:
        raise BadRequest("The gzip body is cut short.")
    return plain


def require_json(request: Request) -> None:
    """Raises UnsupportedMediaType unless `Content-Type` says JSON."""
    if request.mimetype != "application/json":
        raise UnsupportedMediaType("Content-Type must be application/json")


def json_body(request: Request, limit: int, *, what: str = "Request body") -> dict[str, Any]:
    """A JSON object. POST needs `Content-Type: application/json`, as in CouchDB."""
    if request.method == "POST" or request.mimetype.startswith("multipart/"):
        require_json(request)
    text = body(request, limit)
    if not text and request.content_length is None:
        raise BadRequest("Missing request body")
    return json_object(text, what=what)


def json_object(text: bytes, *, what: str) -> dict[str, Any]:
    """The JSON object of a body. Raises BadRequest."""
    value = json_value(text)
    if not isinstance(value, dict):
        raise BadRequest(f"{what} must be a JSON object")
    return value


def json_value(text: bytes) -> Json:
    """The JSON of a body: strict, without half a surrogate. Raises BadRequest."""
    try:
        decoded = text.decode("utf-8")
        value = jsontext.parsed(decoded)
        if _SURROGATE.search(decoded):
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except ValueError as error:
        raise BadRequest(jsontext.INVALID) from error
    return value
