"""`multipart/related` and `multipart/mixed` (RFC 2046, 5.1) as CouchDB writes and reads them, in
pieces: a document, and after it the attachments that follow, in the order of `_attachments`."""

import json
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from store.errors import BadRequest
from store.types import BytesContent, Content, Doc, Json

READ = 64 * 1024
MAX_HEADERS = 16 * 1024
"""Bytes of the headers of one part."""


def boundary() -> str:
    return uuid.uuid4().hex


@dataclass(frozen=True)
class Part:
    """What stands between two boundaries."""

    headers: Mapping[str, str]
    content: Content


@dataclass(frozen=True)
class Multipart:
    """Parts as a Content to be sent; it may itself be a part."""

    subtype: str
    parts: Sequence[Part]
    boundary: str = field(default_factory=boundary)

    @property
    def content_type(self) -> str:
        return f'multipart/{self.subtype}; boundary="{self.boundary}"'

    @property
    def length(self) -> int | None:
        total = len(self._end())
        for place, part in enumerate(self.parts):
            if part.content.length is None:
                return None
            total += len(self._start(place, part)) + part.content.length
        return total

    def pieces(self) -> Iterator[bytes]:
        for place, part in enumerate(self.parts):
            yield self._start(place, part)
            yield from part.content.pieces()
        yield self._end()

    def _start(self, place: int, part: Part) -> bytes:
        lines = [f"--{self.boundary}", *(f"{name}: {_line(part.headers[name])}"
                                          for name in part.headers)]  # fmt: skip
        return (("\r\n" if place else "") + "\r\n".join(lines) + "\r\n\r\n").encode()

    def _end(self) -> bytes:
        return (("\r\n" if self.parts else "") + f"--{self.boundary}--").encode()


def json_part(value: Json, parameters: str = "") -> Part:
    text = json.dumps(value, separators=(",", ":")).encode()
    return Part({"Content-Type": "application/json" + parameters}, BytesContent(text))


def related(doc: Doc) -> Multipart | None:
    """The document with the attachments that follow it; None where none does."""
    shown, following = {}, []
    for name, facts in doc.get("_attachments", {}).items():
        shown[name] = {key: value for key, value in facts.items() if key != "data"}
        if not isinstance(facts.get("data"), Content):
            shown[name] = facts
            continue
        content: Content = facts["data"]
        shown[name]["follows"] = True
        stored = "encoded_length" if "encoding" in facts else "length"
        shown[name].setdefault(stored, content.length)
        following.append(_attachment(name, facts, content))
    if not following:
        return None
    return Multipart("related", [json_part({**doc, "_attachments": shown}), *following])


def _attachment(name: str, facts: Mapping[str, Json], content: Content) -> Part:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    headers = {"Content-Disposition": f'attachment; filename="{escaped}"'}
    headers["Content-Type"] = str(facts.get("content_type", "application/octet-stream"))
    if content.length is not None:
        headers["Content-Length"] = str(content.length)
    if "encoding" in facts:
        headers["Content-Encoding"] = str(facts["encoding"])
    return Part(headers, content)


def _line(value: str) -> str:
    """A header's value in one line: what was attached may be named anyhow."""
    return "".join(at if at.isprintable() else "?" for at in value)


class Reader:
    """The parts of a body, one after the other, without holding a whole one."""

    def __init__(self, read: Callable[[int], bytes], boundary: str) -> None:
        self._read = read
        self._delimiter = b"\r\n--" + boundary.encode()
        self._buffer = b"\r\n"  # the first boundary may stand at the very beginning
        self._inside = True  # the preamble counts as a part that nobody asked for
        self._ended = False

    def next(self) -> dict[str, str] | None:
        """The headers of the next part, by names in small letters; None after the last. What is
        unread of the part before is skipped. Raises BadRequest."""
        for _ in self.pieces():
            pass
        while len(self._buffer) < 2 and self._fill():
            pass
        if self._ended or self._buffer.startswith(b"--"):
            self._ended = True
            return None
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            if len(self._buffer) > MAX_HEADERS or not self._fill():
                raise BadRequest("The headers of a part have no end.")
        head, self._buffer = self._buffer[:end], self._buffer[end + 2 :]
        self._buffer = self._buffer[2:]
        self._inside = True
        return _headers(head)

    def pieces(self) -> Iterator[bytes]:
        """The rest of the part. Raises BadRequest where the body ends in it."""
        while self._inside:
            end = self._buffer.find(self._delimiter)
            if end >= 0:
                piece, self._buffer = (
                    self._buffer[:end],
                    self._buffer[end + len(self._delimiter) :],
                )
                self._inside = False
            else:
                keep = max(0, len(self._buffer) - len(self._delimiter) + 1)
                piece, self._buffer = self._buffer[:keep], self._buffer[keep:]
                if not self._fill():
                    raise BadRequest("The multipart body ends before its last boundary.")
            if piece:
                yield piece

    def _fill(self) -> bool:
        more = self._read(READ)
        self._buffer += more
        return bool(more)


def _headers(head: bytes) -> dict[str, str]:
    found = {}
    for line in head.decode("utf-8", "replace").split("\r\n"):
        name, colon, value = line.partition(":")
        if colon:
            found[name.strip().lower()] = value.strip()
    return found
