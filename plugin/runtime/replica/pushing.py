"""What a replica pushes: checked against the current winner and the pushed body, then written.

The deletion of one branch of a conflict, while another branch lives, is an edit: it needs no right
to delete. The store's own check cannot see the other branch, so such a stub is written in the
server's name after it was decided here.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, NoReturn

from acl import ACL_ID, AclError, Level, may_write, parse_sound, reason
from plugin.runtime.access.managers import concerns
from plugin.runtime.context import Context
from plugin.runtime.designs.design import DESIGN_ID, read_design
from plugin.runtime.errors import OfficeError
from plugin.runtime.messages import Message
from plugin.runtime.replica.content import STEPS, ends_well, unfit
from plugin.runtime.replica.forging import forged
from plugin.runtime.replica.versions import Versions, line_of
from plugin.runtime.replica.visibility import Visibility
from store.errors import Conflict, Forbidden, StoreError
from store.types import Doc, Row

Guard = Callable[[Doc], AbstractContextManager[None]]
"""What is entered around the write of one document; raises Forbidden."""
NOT_HERE = Message("This document cannot be made here.")
log = logging.getLogger(__name__)

_UNSTORED = {"_revisions", "_revs_info", "_conflicts", "_deleted_conflicts", "_local_seq"}


class Pusher:
    """Writes under the person's own name and roles what `check` lets pass."""

    def __init__(self, context: Context, visibility: Visibility, guard: Guard) -> None:
        self._context = context
        self._inner = context.reading
        self._writer = context.writing
        self._access = context.access
        self._identity = context.identity
        self._visibility = visibility
        self._guard = guard
        self._stood: dict[str, list[Doc]] = {}

    def bulk_docs(self, docs: Sequence[Doc], *, new_edits: bool) -> list[Row]:
        """The answer of `_bulk_docs`. Refused documents do not stop the others."""
        rows: dict[int, Row] = {}
        live = [n for n, doc in enumerate(docs) if not doc.get("_deleted")]
        stubs = [n for n, doc in enumerate(docs) if doc.get("_deleted")]
        # Stubs last: whether one settles a conflict depends on the branches that came with it. The
        # right to it does not: they may have handed the document over.
        pushed = {str(docs[n].get("_id")) for n in live}
        both = {docid for n in stubs if (docid := str(docs[n].get("_id"))) in pushed}
        self._stood = {docid: self._visibility.leaves(docid) for docid in both}
        alone = [n for n in live if concerns(self._inner.name, str(docs[n].get("_id")))]
        self._write(docs, [n for n in live if n not in alone], new_edits, rows)
        for number in (*alone, *stubs):
            self._write_alone(docs, number, new_edits, rows)
        return [rows[n] for n in range(len(docs)) if n in rows]

    def _write_alone(
        self, docs: Sequence[Doc], number: int, new_edits: bool, rows: dict[int, Row]
    ) -> None:
        try:
            self.check(docs[number])
            with self._guard(docs[number]):
                self._write(docs, [number], new_edits, rows)
        except StoreError as error:
            rows[number] = self._refused(docs[number], error)

    def _write(
        self, docs: Sequence[Doc], numbers: list[int], new_edits: bool, rows: dict[int, Row]
    ) -> None:
        allowed: list[int] = []
        settling: list[int] = []
        for number in numbers:
            doc = docs[number]
            try:
                (settling if self.check(doc) else allowed).append(number)
            except StoreError as error:
                rows[number] = self._refused(doc, error)
        for database, chosen in ((self._writer, allowed), (self._inner, settling)):
            if not chosen:
                continue
            answer = database.bulk_docs([docs[n] for n in chosen], new_edits=new_edits)
            if new_edits:
                rows.update(zip(chosen, answer, strict=True))
            else:
                rows.update(_by_document(docs, chosen, answer))

    def check(self, doc: Doc) -> bool:
        """Raises Forbidden with the reason; returns whether the stub settles a conflict."""
        docid = str(doc.get("_id", ""))
        if docid.startswith("_design/"):
            if self._access.level < Level.DESIGNER:
                raise Forbidden(str(reason("need_designer")))
            if docid == DESIGN_ID and not doc.get("_deleted"):
                _readable(doc)
            return False
        now = leaves = self._visibility.leaves(docid)
        if doc.get("_deleted"):
            leaves = self._stood.get(docid) or now
        living = _living(leaves)
        if leaves and not all(map(self._visibility.allows, living or leaves)):
            self._refuse_unseen(doc)
        new = _stored(doc)
        if doc.get("_deleted") and self._settles(doc, _living(now)):
            for leaf in living:
                self._may(new | {"_deleted": False}, leaf)
            self._demand_a_good_end(doc, _living(now))
            return True
        self._may(new, living[0] if living else leaves[0] if leaves else None)
        if docid == ACL_ID:
            _sound(new)
            self._logged(new, living[0] if living else {})
        else:
            versions = Versions(self._inner, docid, leaves)
            problem = forged(self._context, doc, versions)
            if not problem and not doc.get("_deleted"):
                problem = unfit(self._context, doc, versions)
            if problem:
                raise Forbidden(problem)
        return False

    def _refuse_unseen(self, doc: Doc) -> NoReturn:
        """Refuse what is pushed onto a document that is not there for the person, by the reason for
        which it could not be made where there is none. Who could make it only hears that it cannot
        be made here. Who shows a version of it had it once: he is told that it is closed."""
        line = line_of(doc) or [str(doc["_rev"])] if "_rev" in doc else []
        docid = str(doc["_id"])
        lacking = self._inner.revs_diff({docid: line}).get(docid, {}).get("missing", ())
        if len(lacking) < len(line):
            raise Forbidden(str(reason("not_reader")))
        self._may(_stored(doc), None)
        if problem := forged(self._context, doc, Versions(self._inner, docid, ())):
            raise Forbidden(problem)
        if "_rev" in doc and "_revisions" not in doc:  # the version of a document that is nowhere
            raise Conflict
        raise Forbidden(str(NOT_HERE))

    def _may(self, new: Mapping[str, Any], old: Mapping[str, Any] | None) -> None:
        decision = may_write(self._access, self._identity, new, old)
        if not decision:
            raise Forbidden(str(decision.reason))

    def _refused(self, doc: Doc, error: StoreError) -> Row:
        row = {"id": doc.get("_id"), "error": error.error, "reason": error.reason}
        where = (doc.get("_id"), self._inner.name, self._identity.name)
        log.warning("Refused %s in %s, pushed by %s: %s", *where, error.reason)
        told = "_rev" in doc and not isinstance(error, Conflict)  # whose rows the store makes so
        return row | ({"rev": doc["_rev"]} if told else {})

    def _logged(self, new: Mapping[str, Any], old: Mapping[str, Any]) -> None:
        """Refuse a list whose log lost lines, or gained some that are not the pusher's own."""
        before, after = old.get("log") or [], new.get("log") or []
        added = after[len(before) :]
        own = all(line.get("by") == self._identity.name for line in added)
        same = parse_sound(new) == parse_sound(old) if old else False
        if after[: len(before)] != before or not own or not (added or same):
            raise Forbidden(str(reason("acl_log")))

    def _demand_a_good_end(self, stub: Doc, living: list[Doc]) -> None:
        line = line_of(stub) or [str(stub.get("_rev"))]
        others = [leaf for leaf in living if leaf["_rev"] not in line]
        for ended in (leaf for leaf in living if leaf["_rev"] in line):
            if not ends_well(self._context, ended, others):
                raise Forbidden(str(STEPS))

    def _settles(self, stub: Doc, living: list[Doc]) -> bool:
        """Whether another branch lives on when the branch under the stub ends."""
        line = line_of(stub) or [str(stub.get("_rev"))]
        return any(leaf["_rev"] not in line for leaf in living)


def _stored(doc: Doc) -> Doc:
    return {name: value for name, value in doc.items() if name not in _UNSTORED}


def _living(leaves: Sequence[Doc]) -> list[Doc]:
    return [leaf for leaf in leaves if not leaf.get("_deleted")]


def _sound(acl: Mapping[str, Any]) -> None:
    """Refuse a list that cannot be read, also where the database's own checks were taken away: with
    it the office could not even start."""
    log = acl.get("log", [])
    if not isinstance(log, list) or not all(isinstance(line, Mapping) for line in log):
        raise Forbidden(str(reason("acl_shape", what='"log" is not a list of lines.')))
    try:
        parse_sound(acl)
    except AclError as error:
        raise Forbidden(str(error)) from error


def _readable(design: Doc) -> None:
    """Refuse a design that no page could be made of: nobody could open the database any more."""
    try:
        read_design(design)
    except OfficeError as error:
        raise Forbidden(str(error)) from error


def _by_document(docs: Sequence[Doc], numbers: list[int], answer: list[Row]) -> dict[int, Row]:
    """Rows of a `new_edits=false` answer, which names only the refused documents."""
    rows: dict[int, Row] = {}
    for row in answer:
        for number in numbers:
            same = docs[number].get("_id") == row.get("id")
            if (
                same
                and number not in rows
                and row.get("rev", docs[number].get("_rev")) == docs[number].get("_rev")
            ):
                rows[number] = row
                break
    return rows
