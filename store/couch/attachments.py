"""Attachments over HTTP, in pieces both ways."""

import base64
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import IO, Any

from store import revisions
from store.couch.transport import Ask, Headers, Transport
from store.multipart import Multipart, related
from store.types import Content, Doc

PIECE = 256 * 1024
IN_MEMORY = 4 * 1024 * 1024


@dataclass(frozen=True)
class RemoteContent:
    """A `StoredContent` that is fetched when it is read."""

    transport: Transport
    headers: Headers
    path: tuple[str, ...]
    rev: str
    zipped: bool
    length: int

    def pieces(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        end = self.length if stop is None else min(stop, self.length)
        if start >= end:
            return
        headers = {**self.headers, "Accept-Encoding": "gzip" if self.zipped else "identity"}
        if (start, end) != (0, self.length):
            headers["Range"] = f"bytes={start}-{end - 1}"
        ask = Ask("GET", self.path, {"rev": self.rev}, again=True)
        with self.transport.opened(ask, headers) as answer:
            # Servers give no range of what they keep zipped, and need not give any.
            at = start if answer.partial else 0
            for piece in answer.pieces(PIECE):
                wanted = piece[max(start - at, 0) : end - at] if at < end else b""
                if wanted:
                    yield wanted
                at += len(piece)


def followed(
    transport: Transport,
    headers: Headers,
    path: tuple[str, ...],
    doc: Doc,
    since: Sequence[str],
) -> Doc:
    """The document, that came with stubs and `_revisions`, with contents in place of the stubs of
    those attachments that came after the revisions `since`."""
    known = 0
    if since:
        ancestors = revisions.from_revisions(doc["_revisions"])
        known = revisions.known_generation(ancestors, since)
    for name, facts in doc.get("_attachments", {}).items():
        if facts["revpos"] > known:
            del facts["stub"]
            found = content(transport, headers, (*path, name), str(doc["_rev"]), facts)
            facts |= {"follows": True, "data": found} if found.length else {"data": ""}
    return doc


def content(
    transport: Transport,
    headers: Headers,
    path: tuple[str, ...],
    rev: str,
    facts: Mapping[str, object],
) -> RemoteContent:
    """The content of a stub that came with `att_encoding_info`. CouchDB tells its length; where
    another server does not, it is read once to be measured."""
    told = facts.get("encoded_length", facts.get("length"))
    found = RemoteContent(
        transport, headers, path, rev, "encoding" in facts,
        sys.maxsize if told is None else int(str(told)),
    )  # fmt: skip
    return found if told is not None else replace(found, length=sum(map(len, found.pieces())))


def sendable(doc: Doc) -> Multipart | None:
    """The document as it must be sent where attachments come in pieces, None where none does."""
    attachments = {
        name: {**facts, "data": _measured(facts["data"])}
        for name, facts in _attachments(doc).items()
        if isinstance(facts, dict) and isinstance(facts.get("data"), Content)
    }
    return (
        related({**doc, "_attachments": {**doc["_attachments"], **attachments}})
        if attachments
        else None
    )


def in_base64(doc: Doc) -> Doc:
    """The document with bytes as JSON can say them, and empty contents too."""
    attachments = {
        name: {**facts, "data": base64.b64encode(data).decode("ascii")}
        for name, facts in _attachments(doc).items()
        if isinstance(facts, dict) and (data := _at_hand(facts.get("data"))) is not None
    }
    return {**doc, "_attachments": {**doc["_attachments"], **attachments}} if attachments else doc


def _at_hand(data: object) -> bytes | None:
    if isinstance(data, Content) and data.length == 0:
        return b""
    return data if isinstance(data, bytes) else None


def is_streamed(doc: Doc) -> bool:
    """Whether attachments of the document come in pieces."""
    shown = _attachments(doc).values()
    return any(
        isinstance(facts, dict) and isinstance(facts.get("data"), Content) for facts in shown
    )


def _attachments(doc: object) -> dict[str, Any]:
    """What stands there, if it can be read at all: the server says what is wrong with it."""
    attachments = doc.get("_attachments") if isinstance(doc, dict) else None
    return attachments if isinstance(attachments, dict) else {}


def _measured(content: Content) -> Content:
    """A content whose length is known, as CouchDB must be told it first."""
    if content.length is not None:
        return content
    return _Laid(content)


class _Laid:
    """A content laid down in a temporary file."""

    def __init__(self, content: Content) -> None:
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 kept open
        for piece in content.pieces():
            self._file.write(piece)
        self.length = self._file.tell()

    def pieces(self) -> Iterator[bytes]:
        self._file.seek(0)
        while piece := self._file.read(PIECE):
            yield piece
