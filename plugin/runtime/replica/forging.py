"""The bookkeeping of pushed documents: nobody writes steps, times or names for somebody else.

A settled conflict brings along what others wrote on their branch. So what stands under another
name is taken where the office has it already, in a leaf or in a revision before it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from store.api import Database
from store.errors import BadRequest, NotFound
from store.types import Doc

MADE = "Who made a document and when cannot be changed."
FORM = "The form of a document cannot be changed."
OTHERS = "This was written under the name of somebody else."
STEPS = "The steps that were taken stay in the document."


class Forging:
    """Asks the bodies that the office holds of one document. `me` is who pushes."""

    def __init__(self, inner: Database, me: str, docid: str, leaves: Sequence[Doc]) -> None:
        self._inner = inner
        self._me = me
        self._docid = docid
        self._leaves = leaves
        self._older: list[Doc] | None = None

    def problem(self, new: Doc) -> str:
        """Why a live document cannot be taken, or an empty text."""
        return self._origin(new) or self._graft(new) or self._names(new)

    def _origin(self, new: Doc) -> str:
        created = new.get("created")
        mine = isinstance(created, Mapping) and created.get("by") == self._me
        living = [leaf for leaf in self._leaves if not leaf.get("_deleted")]
        if any(leaf.get("form") != new.get("form") for leaf in living):
            return FORM
        if mine and all((leaf.get("created") or {}).get("by") == self._me for leaf in living):
            return ""
        known = any(_text(one.get("created")) == _text(created) for one in self._known())
        return "" if known else MADE

    def _graft(self, new: Doc) -> str:
        """A branch from nowhere must not hide the steps that the document has."""
        line = line_of(new)
        if not line or not self._leaves:
            return ""
        missing = self._inner.revs_diff({self._docid: line}).get(self._docid, {})
        if len(missing.get("missing", ())) < len(line):
            return ""
        mine = set(map(_text, _lines(new)))
        living = [leaf for leaf in self._leaves if not leaf.get("_deleted")]
        kept = all(_text(step) in mine for leaf in living for step in _lines(leaf))
        return "" if kept else STEPS

    def _names(self, new: Doc) -> str:
        foreign = [mark for mark in _marks(new) if mark[1] != self._me]
        if all(any(mark in _marks(one) for one in self._known()) for mark in foreign):
            return ""
        return OTHERS

    def _known(self) -> Iterator[Doc]:
        yield from self._leaves
        if self._older is None:
            self._older = list(self._ancestors())
        yield from self._older

    def _ancestors(self) -> Iterator[Doc]:
        """Revisions before the leaves whose bodies are still there."""
        for leaf in self._leaves:
            told = self._inner.get(self._docid, rev=leaf["_rev"], revs_info=True)
            for info in told.get("_revs_info", ())[1:]:
                if info["status"] == "available":
                    try:
                        yield self._inner.get(self._docid, rev=info["rev"])
                    except (NotFound, BadRequest):  # compacted just now
                        continue


def forged(inner: Database, me: str | None, new: Doc, leaves: Sequence[Doc]) -> str:
    """Why the bookkeeping of `new` cannot be taken from `me`, or an empty text."""
    return Forging(inner, me or "Anonymous", str(new["_id"]), leaves).problem(new)


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


def _marks(doc: Mapping[str, Any]) -> list[tuple[str, str]]:
    """All that says who did something, with the name: steps, changes of items, the last save."""
    found = [(_text(line), _by(line)) for line in _lines(doc)]
    updated = doc.get("updated")
    stamps = [updated] if updated is not None else []
    changed = doc.get("changed")
    for entry in changed.values() if isinstance(changed, Mapping) else ():
        at, by = (entry[1], entry[2]) if isinstance(entry, list) and len(entry) == 3 else ("", "")
        stamps.append({"at": at, "by": by})
    return found + [(_text(stamp), _by(stamp)) for stamp in stamps]


def _lines(doc: Mapping[str, Any]) -> list[Any]:
    steps = doc.get("steps")
    return steps if isinstance(steps, list) else []


def _by(mark: Any) -> str:
    return str(mark.get("by", "")) if isinstance(mark, Mapping) else ""


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
