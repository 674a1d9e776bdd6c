"""From documents to rows: what the functions of a design document make of a batch."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from store.lite.js.pool import JsPool, Program

Text = tuple[str, str]
"""A document's id and its JSON text."""


Row = tuple[bytes, bytes, str, str]
"""Sort key, tail, JSON texts of key and value."""

SEPARATOR = "\x1f"
"""Between the members of a column as a worker gives it."""

TURN = 0.5
"""Seconds after which a worker answers with what it has, filters too. What is left of the seconds
of a call is for the document that was last begun."""


class Rows(NamedTuple):
    """Rows of one view, document after document: how many each has, and columns of sort keys,
    JSON texts of keys and of values."""

    documents: Sequence[tuple[str, int]]
    keys: Sequence[bytes]
    ks: Sequence[str]
    vs: Sequence[str]

    def each(self) -> Iterator[Row]:
        """The rows one by one, with their tails."""
        ends = [tail for document in self.documents for tail in tails(*document)]
        return zip(self.keys, ends, self.ks, self.vs, strict=True)


class Mapped(NamedTuple):
    """What was made of the first documents of a batch: how many they are, the rows of each view."""

    done: int
    rows: Sequence[Rows]


class Mapper(Protocol):
    """Makes rows; may be called by several threads."""

    def check(self, limit: float | None = None) -> None:
        """Raise DesignError where the functions are none, or take longer to compile."""
        ...

    def rows(self, documents: Sequence[Text]) -> Mapped:
        """The rows of the first of some documents: at least one, as many as can be done at once.
        Raises DesignError."""
        ...


_NUMBERS = [n.to_bytes(4, "big") for n in range(256)]


def tails(docid: str, count: int) -> list[bytes]:
    """What tells rows with equal keys apart and orders them: the id, and the number among those
    that the document emitted."""
    start = docid.encode() + b"\x00"
    if count == 1:
        return [start + _NUMBERS[0]]
    if count <= len(_NUMBERS):
        return [start + n for n in _NUMBERS[:count]]
    return [start + n.to_bytes(4, "big") for n in range(count)]


def of_document(docid: str) -> tuple[bytes, bytes]:
    """Bounds of the tails of a document's rows: from, and up to but not including."""
    start = docid.encode() + b"\x00"
    return start, start + b"\xff"


def docid_of(tail: bytes) -> str:
    """The id in a tail."""
    return tail[:-5].decode()


@dataclass(frozen=True)
class JsMapper:
    """Map functions in JavaScript, run by worker processes, which make the sort keys too."""

    pool: JsPool
    program: Program
    raw: Sequence[bool]
    """For each view whether its keys are in the order of Erlang's terms."""

    def check(self, limit: float | None = None) -> None:
        self.pool.check(self.program, limit)

    def rows(self, documents: Sequence[Text]) -> Mapped:
        docids, lines = zip(*documents, strict=True)
        answer = iter(self.pool.run(self.program, "map", lines, json.dumps([self.raw, TURN])))
        rows = [
            Rows(
                list(zip(docids, map(int, counts), strict=False)),
                list(map(bytes.fromhex, keys)),
                ks,
                vs,
            )
            for keys, counts, ks, vs in zip(*[map(_column, answer)] * 4, strict=True)
        ]
        return Mapped(len(rows[0].documents), rows)


def _column(line: str) -> list[str]:
    return line.split(SEPARATOR) if line else []
