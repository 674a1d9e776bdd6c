"""One attachment: `GET`, `PUT`, `DELETE /db/docid/name`, in pieces both ways."""

import re
from collections.abc import Iterator
from typing import Literal

from werkzeug.wrappers import Response

from store.errors import Conflict, DigestMismatch
from store.types import Attachment
from store.wire import bodies
from store.wire.answers import Refusal, answer, with_etag
from store.wire.call import Call
from store.wire.documents import Written, revision

DEFAULT_TYPE = "application/octet-stream"
_RANGE = re.compile(r"bytes=\s*([0-9]{0,18})\s*-\s*([0-9]{0,18})\s*", re.IGNORECASE)


def get(call: Call) -> Response:
    found = call.database.get_attachment(
        call.docid, call.names["attachment"], rev=call.params.get("rev")
    )
    digest = found.digest.removeprefix("md5-")
    response = _whole(found, call) if found.encoding else _plain(found, digest, call)
    # A type that came in a document's body was never checked as a header.
    fits = found.content_type.isascii() and found.content_type.isprintable()
    response.headers["Content-Type"] = found.content_type if fits else DEFAULT_TYPE
    response.headers["Cache-Control"] = "private, must-revalidate"
    # What a person attached is not ours: it must not run as a page of this origin.
    response.headers["Content-Security-Policy"] = "sandbox"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return with_etag(response, digest, call.request)


def _whole(found: Attachment, call: Call) -> Response:
    """One that is stored zipped: as it is for who takes that, else unzipped. No ranges of it."""
    if call.request.accept_encodings.quality("gzip") > 0:
        response = _streamed(found.content.pieces(), found.content.length)
        response.headers["Content-Encoding"] = found.encoding or ""
    else:
        response = _streamed(found.pieces(), found.length)
    response.headers["Accept-Ranges"] = "none"
    response.headers["Vary"] = "Accept-Encoding"
    return response


def _plain(found: Attachment, digest: str, call: Call) -> Response:
    span = _span(call, f'"{digest}"', found.length)
    start, stop = span or (0, found.length)
    response = _streamed(found.content.pieces(start, stop), stop - start)
    response.headers["Accept-Ranges"] = "bytes"
    if span is None:
        response.headers["Content-MD5"] = digest
    else:
        response.status_code = 206
        response.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{found.length}"
    return response


def _span(call: Call, etag: str, length: int) -> tuple[int, int] | None:
    """The single range that is asked for (RFC 9110, 14.1.2), None for the whole: also where several
    are asked for, or one of an older content. Raises Refusal 416 where nothing lies in it."""
    asked = _RANGE.fullmatch(call.request.headers.get("Range", ""))
    if asked is None or call.request.headers.get("If-Range", etag) != etag:
        return None
    first, last = asked.groups()
    if (first or "0", last) == ("0", ""):
        return None
    start = int(first) if first else max(0, length - int(last))
    stop = min(int(last) + 1, length) if first and last else length
    if start >= stop:
        raise Refusal(
            416,
            "requested_range_not_satisfiable",
            "Requested range not satisfiable",
            {"Content-Range": f"bytes */{length}"},
        )
    return start, stop


def _streamed(pieces: Iterator[bytes], length: int) -> Response:
    response = Response(pieces)
    response.content_length = length
    return response


def put(call: Call) -> Response:
    content_type = call.request.headers.get("Content-Type") or DEFAULT_TYPE
    rev = call.database.put_attachment(
        call.docid,
        call.names["attachment"],
        bodies.Streamed(call.request),
        content_type,
        rev=revision(call, None),
        digest=_digest(call),
        encoding=_encoding(call),
    )
    return Written(call.docid, rev, call.names["attachment"]).answer(call)


def _encoding(call: Call) -> Literal["gzip"] | None:
    return "gzip" if bodies.encoding(call.request) == "gzip" else None


def _digest(call: Call) -> str | None:
    """The digest that the body must have, by `Content-MD5` (RFC 1864)."""
    given = call.request.headers.get("Content-MD5")
    if given is None:
        return None
    if len(given) != 24:
        raise DigestMismatch("Content-MD5 is no digest in base64.")
    return f"md5-{given}"


def delete(call: Call) -> Response:
    database = call.database
    name = call.names["attachment"]
    rev = revision(call, None)
    if rev is None:
        database.get_attachment(call.docid, name)
        raise Conflict()
    new = database.delete_attachment(call.docid, name, rev=rev)
    return answer({"ok": True, "id": call.docid, "rev": new})
