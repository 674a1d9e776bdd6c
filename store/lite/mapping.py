"""From documents to rows: what the functions of a design document make of a batch."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from store.lite.js.pool import JsPool, Program

Text = tuple[str, str]
"""A document's id and its JSON text."""


SEPARATOR = "\x1f"
"""Between the members of a column as a worker gives it."""


class Rows(NamedTuple):
    """Rows of one view in four columns: sort keys, tails, JSON texts of key and value."""

    keys: Sequence[bytes]
    tails: Sequence[bytes]
    ks: Sequence[str]
    vs: Sequence[str]


class Mapper(Protocol):
    """Makes rows; may be called by several threads."""

    def check(self, limit: float | None = None) -> None:
        """Raise DesignError where the functions are none, or take longer to compile."""
        ...

    def rows(self, documents: Sequence[Text]) -> list[Rows]:
        """The rows of each view, document after document. Raises DesignError."""
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

    def rows(self, documents: Sequence[Text]) -> list[Rows]:
        lines = [text for _, text in documents]
        answer = iter(self.pool.run(self.program, "map", lines, json.dumps(self.raw)))
        return [
            Rows(
                list(map(bytes.fromhex, keys)),
                [tail for (docid, _), count in zip(documents, counts, strict=True)
                 for tail in tails(docid, int(count))],
                ks,
                vs,
            )
            for keys, counts, ks, vs in zip(*[map(_column, answer)] * 4, strict=True)
        ]  # fmt: skip


def _column(line: str) -> list[str]:
    return line.split(SEPARATOR) if line else []
