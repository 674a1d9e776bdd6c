"""Conflicts that replication could not merge, settled by a person: live branches of a document, and
deletions made apart from its last edit."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plugin.runtime.context import Context
from plugin.runtime.door.apart import asked, is_deletion, kept
from plugin.runtime.door.document import Document, Raw
from plugin.runtime.door.links import Links
from plugin.runtime.door.merge import Clash, differing, ended, merge
from plugin.runtime.door.reading import fetch, live_branches
from plugin.runtime.door.saving import applied, ready, rewrite, stored
from plugin.runtime.errors import Invalid, SaveConflict
from plugin.runtime.forms.form import Form
from plugin.runtime.messages import Message
from store.api import Database
from store.errors import AttachmentLeft, BadRequest, Conflict
from store.errors import NotFound as Missing
from store.types import LEFT_BEHIND


def conflicts(ctx: Context, docid: str) -> list[Document]:
    """The live branches, the winner first; empty where there is no conflict. Raises NotFound."""
    raw = fetch(ctx, docid)
    branches = live_branches(ctx, raw)
    return [ctx.document(branch) for branch in branches] if len(branches) > 1 else []


def clashes(ctx: Context, docid: str) -> tuple[str, ...]:
    """The items for which a person has to choose; the others merge by themselves."""
    return _to_choose(ctx, _branches(ctx, fetch(ctx, docid)))


def _to_choose(ctx: Context, branches: Sequence[Raw]) -> tuple[str, ...]:
    """All that differs, where the form wants that a person looks at every conflict."""
    form = _form(ctx, branches[0])
    if form is not None and form.conflicts == "create":
        return tuple(name for name in differing(branches) if name not in form.formulas)
    result = merge(branches, form=form)
    return result.items if isinstance(result, Clash) else ()


def _form(ctx: Context, raw: Raw) -> Form | None:
    return ctx.design.forms.get(str(raw.get("form")))


def settle(ctx: Context, docid: str, choices: Mapping[str, str]) -> Document:
    """Merge all branches into one; `choices` gives for an item the revision whose value counts.

    Needs the right to edit each branch. Raises Invalid for items that still need a choice,
    SaveConflict where somebody was faster, Refused, NotFound.
    """
    winner = fetch(ctx, docid)
    branches = _branches(ctx, winner)
    for branch in branches:
        ctx.demand("edit", branch, branch)
    if len(branches) < 2:
        return ctx.document(winner)
    result = merge(branches, choices, _form(ctx, winner))
    left = [item for item in _to_choose(ctx, branches) if item not in choices]
    if left or isinstance(result, Clash):
        left += result.items if isinstance(result, Clash) else ()
        raise Invalid(dict.fromkeys(left, Message("Please choose one of the values.")))
    new = with_files(ctx.reading, result.doc, result.borrowed)
    old = {key: value for key, value in winner.items() if key != "_conflicts"}
    settled = ctx.document(old)
    if ready(ctx, ctx.form(new.get("form")), new, old, Links(ctx)):
        try:
            settled = stored(ctx, new)
        except Conflict as error:
            raise SaveConflict({}, fetch(ctx, docid), ()) from error
    _close(ctx, [branch for branch in branches if branch["_rev"] != winner["_rev"]])
    return settled


@dataclass(frozen=True)
class Deletion:
    """Who deleted a document, and when, while somebody edited it elsewhere; empty texts where that
    is not known here, or not for this identity."""

    by: str = ""
    at: str = ""


def deletions(ctx: Context, docid: str) -> list[Deletion]:
    """The deletions that wait for an answer. Raises NotFound."""
    return [_deletion(ctx, docid, rev) for rev in asked(fetch(ctx, docid))]


def _deletion(ctx: Context, docid: str, rev: str) -> Deletion:
    try:
        stub = ctx.reading.get(docid, rev=rev)
    except (Missing, BadRequest):  # it did not come to this replica
        return Deletion()
    if not is_deletion(stub) or not ctx.may_read([stub]):
        return Deletion()
    return Deletion(str(stub["updated"].get("by", "")), str(stub["updated"].get("at", "")))


def keep(ctx: Context, docid: str) -> Document:
    """Answer them all: the document stays. Raises as `save`."""
    return rewrite(ctx, docid, lambda current: kept(applied(current, {})))


def _branches(ctx: Context, winner: Raw) -> list[Raw]:
    revs = [winner["_rev"], *(winner.get("_conflicts") or [])]
    answers = ctx.reading.open_revs(winner["_id"], revs, with_revs=True)
    found = [answer["ok"] for answer in answers if "ok" in answer]
    return [branch for branch in found if not branch.get("_deleted")]


def with_files(db: Database, doc: Raw, borrowed: Mapping[str, str]) -> Raw:
    """Attachments of losing branches go in with their data: the winner has no stub of them."""
    files: dict[str, Any] = dict(doc.get("_attachments") or {})
    for name, rev in borrowed.items():
        files[name] = _file(db, doc["_id"], name, rev)
    return {**doc, "_attachments": files} if files else doc


def _file(db: Database, docid: str, name: str, rev: str) -> dict[str, Any]:
    try:
        found = db.get_attachment(docid, name, rev=rev)
    except AttachmentLeft:  # the office finds the bytes in the branch that has them
        return {**db.get(docid, rev=rev)["_attachments"][name], "data": LEFT_BEHIND}
    return {
        "content_type": found.content_type,
        "data": base64.b64encode(found.data).decode(),
    }


def _close(ctx: Context, losers: list[Raw]) -> None:
    """End the losing branches. Under the server's name: the document is not deleted by this, so
    the privilege to delete is not asked for."""
    ctx.reading.bulk_docs([ended(branch) for branch in losers])
