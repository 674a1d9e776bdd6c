"""Documents with attachments in `multipart` bodies, in and out, as CouchDB 3.5 has them."""

from collections.abc import Iterator, Sequence
from typing import Any

from werkzeug.wrappers import Request, Response

from store.errors import BadRequest, TooLarge, Unavailable
from store.multipart import Multipart, Part, Reader, json_part, related
from store.types import Doc, Row
from store.wire import bodies


def accepts(request: Request, mimetype: str) -> bool:
    """Whether the client takes `mimetype`. One that does not say takes anything."""
    accepted = request.accept_mimetypes
    return not accepted or accepted.quality(mimetype) > 0


def answer(whole: Multipart) -> Response:
    response = Response(whole.pieces(), content_type=whole.content_type)
    if whole.length is not None:
        response.content_length = whole.length
    response.headers["Cache-Control"] = "private, must-revalidate"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def open_revs(rows: Sequence[Row]) -> Multipart:
    """The answer to `open_revs`: a part for each revision, itself of parts where attachments
    follow."""
    return Multipart("mixed", [_row(row) for row in rows])


def _row(row: Row) -> Part:
    return _found(row["ok"], {}) if "ok" in row else json_part(row, '; error="true"')


def _found(doc: Doc, headers: dict[str, str]) -> Part:
    whole = related(doc)
    if whole is None:
        return json_part(doc)
    return Part({**headers, "Content-Type": whole.content_type}, whole)


def bulk_get(results: Sequence[Row], subtype: str) -> Multipart:
    """The answer of `_bulk_get`: a part for each revision, in the order of the request."""
    return Multipart(subtype, [_entry(entry) for row in results for entry in row["docs"]])


def _entry(entry: Row) -> Part:
    if "error" in entry:
        return json_part(entry["error"], '; error="true"')
    doc = entry["ok"]
    return _found(doc, {"X-Doc-Id": doc["_id"], "X-Rev-Id": doc["_rev"]})


def received(request: Request, limit: int) -> Doc:
    """The document of a `multipart/related` body, with contents for what follows it, to be read in
    the order of `_attachments`. `limit` is the most bytes of JSON."""
    boundary = request.mimetype_params.get("boundary")
    if not boundary:
        raise BadRequest("A multipart body needs a boundary.")
    parts = Reader(bodies.Streamed(request).read, boundary)
    if parts.next() is None:
        raise BadRequest("The multipart body has no part with the document.")
    doc = bodies.json_object(_joined(parts.pieces(), limit), what="Document")
    attachments = doc.get("_attachments")
    if isinstance(attachments, dict):
        for name, facts in attachments.items():
            if isinstance(facts, dict) and facts.get("follows") is True:
                facts["data"] = _Following(parts, name, _length(facts))
    return doc


def _joined(pieces: Iterator[bytes], limit: int) -> bytes:
    whole = bytearray()
    for piece in pieces:
        whole += piece
        if len(whole) > limit:
            raise TooLarge(f"The document is larger than {limit} bytes.")
    return bytes(whole)


def _length(facts: dict[str, Any]) -> int | None:
    named = "encoded_length" if facts.get("encoding") else "length"
    length = facts.get(named, facts.get("length"))
    return length if isinstance(length, int) else None


class _Following:
    """The next part as a Content that can be read once."""

    def __init__(self, parts: Reader, name: str, length: int | None) -> None:
        self._parts = parts
        self._name = name
        self.length = length
        self._begun = False

    def pieces(self) -> Iterator[bytes]:
        if self._begun:
            raise Unavailable("The body of the request was read already. Send it again.")
        self._begun = True
        if self._parts.next() is None:
            raise BadRequest(f"There is no part for the attachment {self._name}.")
        size = 0
        for piece in self._parts.pieces():
            size += len(piece)
            if self.length is not None and size > self.length:
                raise BadRequest("attachment longer than expected")
            yield piece
        if self.length is not None and size < self.length:
            raise BadRequest("attachment shorter than expected")
