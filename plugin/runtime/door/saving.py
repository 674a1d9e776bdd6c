"""Change and delete documents: ACL, module code, computed items, the form's checks, then the store,
which validates once more under the person's own name."""

from collections.abc import Callable, Mapping
from typing import Any

from plugin.runtime.access.managers import guarded
from plugin.runtime.context import Context
from plugin.runtime.door.computing import book, bring, publish, restrict
from plugin.runtime.door.document import Document, Raw
from plugin.runtime.door.door_checks import all_problems, foreign_items
from plugin.runtime.door.links import Links
from plugin.runtime.door.reading import fetch, live_branches
from plugin.runtime.door.rebase import rebase
from plugin.runtime.errors import (
    Invalid,
    Refused,
    SaveConflict,
)
from plugin.runtime.forms.calculating import calculate, put
from plugin.runtime.forms.form import Form, items_of
from plugin.runtime.forms.form_check import problems
from plugin.runtime.forms.numbering import number, provisional
from plugin.runtime.forms.rows import tidied
from plugin.runtime.messages import Message
from store.errors import BadRequest, Conflict, Forbidden, TooLarge, Unauthorized

ATTEMPTS = 5
"""Times that a save is merged again onto what others wrote in between."""


def ready(ctx: Context, form: Form, new: Raw, old: Raw | None, links: Links) -> bool:
    """Make `new` ready for the store, in place. False where it says nothing new.

    Raises Refused or Invalid.
    """
    publish(form, new)
    restrict(ctx, form, new, old, links)  # who reads a view says which right it takes
    ctx.demand("create" if old is None else "edit", new, old)
    code = ctx.office.form_code(ctx.name, form.name)
    if code and code.before_save:
        code.before_save(ctx.session.documents(ctx), new, old)
    new.update(tidied(form, items_of(new)))
    bring(form, new, links)
    calculate(form, new)
    restrict(ctx, form, new, old, links)
    publish(form, new)
    found = problems(form, new, old, any_state=ctx.system)
    found = {**all_problems(ctx, form, new, old, links), **found}
    if found:
        raise Invalid(found)
    _give_number(ctx, form, new)
    return book(ctx, new, old)


def _give_number(ctx: Context, form: Form, new: Raw) -> None:
    """At the office; on a laptop a provisional one, which stays to be found when that comes."""
    if not form.number:
        return
    given, waiting = new.get(form.number.item), provisional(new["_id"])
    if ctx.office.kind != "office":
        put(new, form.number.item, given or waiting)
    elif not given or given == waiting:
        if given:
            new["provisional"] = waiting
        put(new, form.number.item, number(ctx.session, form.number.rule))


def save(ctx: Context, docid: str, rev: str, items: Mapping[str, Any]) -> Document:
    """Change items of a document that was read as `rev`. None takes an item away.

    What others changed in other items meanwhile is kept. Raises SaveConflict where the same items
    were changed; NotFound, Refused, Invalid.
    """

    def change(current: Raw) -> Raw:
        form = ctx.form(current.get("form"))
        wrong = foreign_items(ctx, form, items)
        if wrong:
            raise Invalid(wrong)
        return applied(current, rebase(ctx, form, current, rev, items))

    return rewrite(ctx, docid, change)


def applied(current: Raw, items: Mapping[str, Any]) -> Raw:
    """A copy of the document with these items set."""
    new = {key: value for key, value in current.items() if key != "_conflicts"}
    for name, value in items.items():
        put(new, name, value)
    return new


def rewrite(ctx: Context, docid: str, change: Callable[[Raw], Raw]) -> Document:
    """Put what `change(current)` makes of the document; again when somebody was faster."""
    for attempt in range(1, ATTEMPTS + 1):
        current = fetch(ctx, docid)
        new = change(current)
        if not ready(ctx, ctx.form(current.get("form")), new, current, Links(ctx)):
            return ctx.document(current)
        try:
            return stored(ctx, new)
        except Conflict as error:
            if attempt == ATTEMPTS:
                raise busy() from error
    raise AssertionError("unreachable")


def busy() -> Refused:
    """The answer where others were faster each time."""
    return Refused("This document is being changed by others all the time. Please try again.")


def stored(ctx: Context, new: Raw) -> Document:
    """Write under the person's own name. The store's refusal becomes Refused with its reason.

    Raises Invalid where a database would lose its last Manager."""
    ctx.note("changed", new["_id"])
    try:
        with guarded(ctx.office, ctx.name, {new["_id"]: new}):
            rev = ctx.writing.put(new)
    except (Forbidden, Unauthorized, TooLarge, BadRequest) as error:
        raise Refused(Message(error.reason)) from error
    ctx.office.written(ctx.name)
    if new.get("_attachments"):
        return ctx.document(ctx.reading.get(new["_id"], rev=rev))
    return ctx.document({**new, "_rev": rev})


def delete(ctx: Context, docid: str, rev: str) -> None:
    """Delete all live branches. The stub keeps form, readers and authors, so that replication can
    tell whom it concerns. Raises SaveConflict where the document is no longer `rev`."""
    current = fetch(ctx, docid)
    ctx.demand("delete", current, current)
    if current["_rev"] != rev:
        raise SaveConflict({}, current, ())
    stubs = [stub(ctx, docid, branch) for branch in live_branches(ctx, current)]
    ctx.note("deleted", docid)
    with guarded(ctx.office, ctx.name, {docid: None}):
        answers = ctx.writing.bulk_docs(stubs)
    for answer in answers:
        if answer.get("error") == Conflict.error:  # somebody was faster
            raise SaveConflict({}, fetch(ctx, docid), ())
        if "error" in answer:
            raise Refused(Message(str(answer.get("reason") or answer["error"])))
    ctx.office.written(ctx.name)


def stub(ctx: Context, docid: str, branch: Raw) -> Raw:
    """The tombstone of one branch."""
    keys = ("form", "readers", "authors", "public", "former_readers")
    kept: Raw = {key: branch[key] for key in keys if key in branch}
    return {
        "_id": docid,
        "_rev": branch["_rev"],
        "_deleted": True,
        **kept,
        "updated": {"at": ctx.now(), "by": ctx.by},
    }
