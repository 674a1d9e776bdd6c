"""Rows of Mango indexes: the values of fields, taken without JavaScript."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from store.collation import sort_key
from store.lite.mapping import Mapped, Rows, Text
from store.mango.indexes import Index, values
from store.mango.matching import matcher
from store.types import Doc


@dataclass(frozen=True)
class FieldMapper:
    """The indexes of one design document of language "query"."""

    indexes: Sequence[Index]

    def check(self, limit: float | None = None) -> None:
        """Nothing can be wrong: what makes no sense is no index."""

    def rows(self, documents: Sequence[Text]) -> Mapped:
        """One row for each document that is in an index, its value null. Raises BadQuery where the
        partial filter's `$regex` takes too long."""
        docs: list[tuple[str, Doc]] = [(docid, json.loads(text)) for docid, text in documents]
        return Mapped(len(docs), [_rows(index, docs) for index in self.indexes])


def _rows(index: Index, docs: Sequence[tuple[str, Doc]]) -> Rows:
    matches = matcher(index.partial)
    fields = index.fields
    found = [(values(doc, fields), docid) for docid, doc in docs if matches(doc)]
    keys = [(key, docid) for key, docid in found if key is not None]
    return Rows(
        [(docid, 1) for _, docid in keys],
        [sort_key(key) for key, _ in keys],
        [json.dumps(key, separators=(",", ":")) for key, _ in keys],
        ["null"] * len(keys),
    )
