"""Reduce functions as something that is stored for stretches of rows and put together again.

A partial is text: what a node of the index's tree keeps (store.lite.tree). CouchDB 3.5,
"Built-in Reduce Functions" and "Reduce and Rereduce Functions".
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from store.errors import DesignError
from store.lite.builtins import Builtin
from store.lite.js.pool import JsPool, Program
from store.lite.mapping import docid_of
from store.types import Json

Stored = Sequence[Any]
"""Key, tail, JSON texts of key and, where it was asked for, value: as in `rows_n`."""


class Reducer(Protocol):
    """How the rows of one view are put together."""

    @property
    def reads(self) -> str:
        """SQL for what `reduce` wants of a row's value."""
        ...

    @property
    def aggregate(self) -> tuple[str, Callable[[Any], str]] | None:
        """SQL over the rows of a whole group, and what makes a partial of its outcome."""
        ...

    def reduce(self, chunks: Sequence[Sequence[Stored]]) -> list[str]:
        """A partial for each chunk of rows. Raises DesignError."""
        ...

    def rereduce(self, groups: Sequence[Sequence[str]]) -> list[str]:
        """A partial for each group of partials. Raises DesignError."""
        ...

    def values(self, partials: Sequence[str]) -> list[Json]:
        """The values that a client is given. Raises DesignError."""
        ...


class NoReducer:
    """Of a view without a reduce function: its nodes only count."""

    reads = "''"
    aggregate = None

    def reduce(self, chunks: Sequence[Sequence[Stored]]) -> list[str]:
        return [""] * len(chunks)

    def rereduce(self, groups: Sequence[Sequence[str]]) -> list[str]:
        return [""] * len(groups)

    def values(self, partials: Sequence[str]) -> list[Json]:
        return [None] * len(partials)


@dataclass(frozen=True)
class BuiltinReducer:
    """One of CouchDB's own functions."""

    builtin: Builtin

    @property
    def reads(self) -> str:
        return self.builtin.reads

    @property
    def aggregate(self) -> tuple[str, Callable[[Any], str]] | None:
        return self.builtin.aggregate

    def reduce(self, chunks: Sequence[Sequence[Stored]]) -> list[str]:
        return [_text(self.builtin.reduce(chunk)) if chunk else "" for chunk in chunks]

    def rereduce(self, groups: Sequence[Sequence[str]]) -> list[str]:
        return [
            _text(self.builtin.rereduce(json.loads(f"[{','.join(group)}]"))) if group else ""
            for group in groups
        ]

    def values(self, partials: Sequence[str]) -> list[Json]:
        return list(map(self.builtin.value, json.loads(f"[{','.join(partials)}]")))


def _text(partial: Json) -> str:
    return str(partial) if type(partial) is int else json.dumps(partial)


@dataclass(frozen=True)
class JsReducer:
    """A JavaScript function of the design document; its partials are its own JSON texts."""

    pool: JsPool
    program: Program
    view: str
    reads = "v"
    aggregate = None

    def reduce(self, chunks: Sequence[Sequence[Stored]]) -> list[str]:
        return self._run("reduce", [_line(chunk) if chunk else "" for chunk in chunks])

    def rereduce(self, groups: Sequence[Sequence[str]]) -> list[str]:
        return self._run("rereduce", [f"[{','.join(group)}]" if group else "" for group in groups])

    def _run(self, command: str, lines: Sequence[str]) -> list[str]:
        answers = iter(self.pool.run(self.program, command, list(filter(None, lines)), self.view))
        return [next(answers) if line else "" for line in lines]

    def values(self, partials: Sequence[str]) -> list[Json]:
        try:
            return list(json.loads(f"[{','.join(partials)}]"))
        except RecursionError as error:
            raise DesignError("the reduce function's value is nested too deep") from error


def _line(chunk: Sequence[Stored]) -> str:
    keys = ",".join(f"[{row[2]},{json.dumps(docid_of(row[1]))}]" for row in chunk)
    return f"[[{keys}],[{','.join(row[3] for row in chunk)}]]"
