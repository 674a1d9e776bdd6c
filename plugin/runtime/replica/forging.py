"""The bookkeeping of pushed documents: nobody writes steps, times or names for somebody else, a
number that only the office gives, or a time that is not his.

A settled conflict brings along what others wrote on their branch. So what stands under another
name is taken where the office has it already, in a leaf or in a revision before it.
"""

from collections.abc import Sequence

from plugin.runtime.context import Context
from plugin.runtime.forms.form import is_empty
from plugin.runtime.forms.numbering import provisional
from plugin.runtime.messages import Message
from plugin.runtime.replica.content import STEPS
from plugin.runtime.replica.dating import (
    Mark,
    fits,
    is_behind,
    is_possible,
    made,
    marks,
    saved,
    text_of,
)
from plugin.runtime.replica.versions import Versions, line_of, lines_of
from store.types import Doc

MADE = Message("Who made a document and when cannot be changed.")
FORM = Message("The form of a document cannot be changed.")
OTHERS = Message("This was written under the name of somebody else.")
NUMBER = Message("Numbers of documents are given by the office.")
CLOCK = Message("The clock was wrong when this was written. Set it, and save the document anew.")
HISTORY = Message(
    "A change of an item must be of this version of the document, or of an earlier one."
)


class Forging:
    """Asks the bodies that the office holds of one document, for who pushes."""

    def __init__(self, context: Context, docid: str, versions: Versions) -> None:
        self._context = context
        self._inner = context.reading
        self._me = context.by
        self._docid = docid
        self._versions = versions
        self._leaves = versions.leaves

    def problem(self, new: Doc) -> str:
        """Why the document cannot be taken, or an empty text."""
        if new.get("_deleted"):
            found = "" if new.get("merged") else self._names(new)
        else:
            found = self._origin(new) or self._graft(new) or self._names(new) or self._number(new)
        return str(found or self._times(new))

    def _origin(self, new: Doc) -> Message | str:
        created = new.get("created")
        mine = made(new).by == self._me
        living = self._versions.living
        if any(leaf.get("form") != new.get("form") for leaf in living):
            return FORM
        if mine and all(made(leaf).by == self._me for leaf in living):
            return ""
        told = text_of(created)
        known = any(text_of(one.get("created")) == told for one in self._versions.known())
        return "" if known else MADE

    def _graft(self, new: Doc) -> Message | str:
        """A branch from nowhere must not hide the steps that the document has."""
        line = line_of(new)
        if not line or not self._leaves:
            return ""
        missing = self._inner.revs_diff({self._docid: line}).get(self._docid, {})
        if len(missing.get("missing", ())) < len(line):
            return ""
        mine = set(map(text_of, lines_of(new)))
        living = self._versions.living
        kept = all(text_of(step) in mine for leaf in living for step in lines_of(leaf))
        return "" if kept else STEPS

    def _names(self, new: Doc) -> Message | str:
        foreign = [mark for mark in marks(new) if mark.by != self._me]
        if all(any(mark in marks(one) for one in self._versions.known()) for mark in foreign):
            return ""
        return OTHERS

    def _number(self, new: Doc) -> Message | str:
        """A number is the document's own, or a laptop's for now: another one may be another
        document's."""
        form = self._context.design.forms.get(str(new.get("form")))
        if form is None or form.number is None or not form.items[form.number.item].computed:
            return ""
        item, waiting = form.number.item, provisional(self._docid)
        given, former = new.get(item), new.get("provisional")
        if former not in (None, waiting):
            return NUMBER
        if given == waiting or (is_empty(given) and not self._versions.living):
            return ""
        known = (one.get(item) for one in self._versions.known() if not one.get("_deleted"))
        return "" if any(given == one for one in known) else NUMBER

    def _times(self, new: Doc) -> Message | str:
        """One's own times that the office does not have yet must be those of an edit."""
        line = line_of(new)
        generation = _generation(new, line)
        if not all(fits(mark, generation) for mark in marks(new)):
            return HISTORY
        now = self._context.office.clock()
        own = [mark for mark in (*marks(new), made(new)) if mark.by == self._me]
        wrong = [mark for mark in own if not is_possible(mark, now)]
        parents = [leaf for leaf in self._leaves if leaf["_rev"] in (*line, new.get("_rev"))]
        if saved(new).by == self._me and is_behind(saved(new), parents, now):
            wrong.append(saved(new))
        return "" if all(map(self._has, wrong)) else CLOCK

    def _has(self, mark: Mark) -> bool:
        """Whether the office knows this mark already."""
        return any(mark in (*marks(one), made(one)) for one in self._versions.known())


def forged(context: Context, new: Doc, versions: Versions) -> str:
    """Why the bookkeeping of `new` cannot be taken from who pushes it, or an empty text."""
    return Forging(context, str(new["_id"]), versions).problem(new)


def _generation(new: Doc, line: Sequence[str]) -> int:
    """Of the version that the document is to be: without a line it is the child of its `_rev`."""
    told = line[0] if line else str(new.get("_rev", "0-"))
    number = told.partition("-")[0]
    return (int(number) if number.isdigit() else 0) + (not line)
