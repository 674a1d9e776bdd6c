"""The path of a request as segments, with `%2F` inside a segment kept apart from `/`.

WSGI gives the path decoded, where the document `a%2Fb` and the attachment `b` of the document
`a` look alike. Servers give the undecoded one besides (`REQUEST_URI` or `RAW_URI`).
"""

import re
from typing import Any
from urllib.parse import unquote, unquote_to_bytes

from store.errors import BadRequest

KEY = "divan.segments"
"""Where an environ keeps its segments: they are asked for more than once."""
PLUS = "divan.plus"
"""Where an environ says what a plus sign in its path stands for; a space, as CouchDB reads it,
where it says nothing."""
_BROKEN = re.compile(r"%(?![0-9a-fA-F]{2})")


def segments(environ: dict[str, Any]) -> tuple[str, ...]:
    """The decoded segments below SCRIPT_NAME; `()` for `/`. Raises BadRequest for bad UTF-8."""
    known: tuple[str, ...] | None = environ.get(KEY)
    if known is not None:
        return known
    path = _undecoded(environ)
    check_escapes(path)
    plus = environ.get(PLUS, " ")
    parts = [_decoded(part, plus) for part in path.strip("/").split("/")] if path.strip("/") else []
    found = environ[KEY] = tuple(_apart(parts))
    return found


def check_escapes(text: str) -> None:
    """Raises BadRequest where a `%` stands for nothing."""
    if _BROKEN.search(text):
        raise BadRequest("invalid_url_encoding")


def _undecoded(environ: dict[str, Any]) -> str:
    """The undecoded PATH_INFO. The prefix of a mount or proxy is found by comparing, since
    nobody says how it was spelt."""
    decoded = str(environ.get("PATH_INFO", ""))
    uri = str(environ.get("REQUEST_URI") or environ.get("RAW_URI") or "")
    path = uri.partition("?")[0]
    if "://" in path:
        path = "/" + path.partition("://")[2].partition("/")[2]
    if "%" not in path and path.endswith(decoded):
        return decoded
    at = path.find("/")
    while at >= 0:
        if unquote(path[at:], encoding="latin-1") == decoded:
            return path[at:]
        at = path.find("/", at + 1)
    return decoded.replace("%", "%25").replace("+", "%2B")


def _decoded(part: str, plus: str) -> str:
    if "%" not in part and "+" not in part and part.isascii():
        return part
    try:
        return unquote_to_bytes(part.replace("+", plus).encode("latin-1")).decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadRequest("The path is not valid UTF-8.") from error


def _apart(parts: list[str]) -> list[str]:
    """`_design%2Fx` and `_local%2Fx` are two segments, as in CouchDB."""
    if len(parts) > 1:
        kind, _, name = parts[1].partition("/")
        if name and kind in ("_design", "_local"):
            return [parts[0], kind, name, *parts[2:]]
    return parts
