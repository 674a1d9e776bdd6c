"""What the office holds of one document: its leaves, and the revisions before them whose bodies are
still there. A push is compared with them."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from store.api import Database
from store.errors import BadRequest, NotFound
from store.types import Doc


class Versions:
    """Of the document `docid` in `inner`, where `leaves` are its leaves, the winner first."""

    def __init__(self, inner: Database, docid: str, leaves: Sequence[Doc]) -> None:
        self._inner = inner
        self._docid = docid
        self.leaves = leaves

    @cached_property
    def living(self) -> list[Doc]:
        return [leaf for leaf in self.leaves if not leaf.get("_deleted")]

    def known(self) -> Iterator[Doc]:
        yield from self.leaves
        yield from self._older

    def base(self, new: Doc) -> Doc | None:
        """The version that `new` changes: the nearest below it whose body is there."""
        line = line_of(new)
        for rev in line[1:] if line else [str(new.get("_rev"))]:
            leaf = next((leaf for leaf in self.leaves if leaf["_rev"] == rev), None)
            if leaf := leaf or self._body(rev):
                return leaf
        return None

    def follows(self, new: Doc, leaf: Doc) -> bool:
        """Whether `new` is a version after the leaf."""
        return leaf["_rev"] in (*line_of(new), new.get("_rev"))

    @cached_property
    def _older(self) -> list[Doc]:
        return list(self._ancestors())

    def _ancestors(self) -> Iterator[Doc]:
        for leaf in self.leaves:
            told = self._inner.get(self._docid, rev=leaf["_rev"], revs_info=True)
            for info in told.get("_revs_info", ())[1:]:
                if info["status"] == "available" and (body := self._body(info["rev"])):
                    yield body

    def _body(self, rev: str) -> Doc | None:
        try:
            return self._inner.get(self._docid, rev=rev)
        except (NotFound, BadRequest):  # none of it, or compacted just now
            return None


def line_of(doc: Mapping[str, Any]) -> list[str]:
    """The revisions in `_revisions`, the newest first; none where it is missing or malformed, which
    the store refuses."""
    revisions = doc.get("_revisions")
    if not isinstance(revisions, Mapping):
        return []
    start, ids = revisions.get("start"), revisions.get("ids")
    if not isinstance(start, int) or not isinstance(ids, list):
        return []
    return [f"{start - back}-{digest}" for back, digest in enumerate(ids)]


def lines_of(doc: Mapping[str, Any] | None) -> list[Any]:
    """The lines of the steps that were taken."""
    steps = (doc or {}).get("steps")
    return steps if isinstance(steps, list) else []
