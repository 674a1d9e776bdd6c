"""Make documents, one or many; idempotent where the caller names the id."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from plugin.runtime.access.managers import guarded
from plugin.runtime.context import Context
from plugin.runtime.door.computing import bring
from plugin.runtime.door.document import Document, Raw
from plugin.runtime.door.door_checks import foreign_items
from plugin.runtime.door.links import Links
from plugin.runtime.door.reading import any_winner, fetch, is_document_id
from plugin.runtime.door.saving import ready, stored
from plugin.runtime.errors import Deleted, DivanError, Invalid, NotFound, Refused
from plugin.runtime.forms.calculating import calculate, put
from plugin.runtime.forms.form import Form, items_of
from plugin.runtime.forms.rows import completed, tidied
from plugin.runtime.messages import Message
from store.errors import Conflict
from store.types import Row

NewDocument = tuple[str, Mapping[str, Any], str | None]
"""Form, items, id or None."""


def defaults(ctx: Context, form: Form, preset: Mapping[str, Any]) -> dict[str, Any]:
    """The items of a new document before anybody typed: defaults, first state, what is brought."""
    doc: Raw = {"form": form.name}
    for item in form.items.values():
        value = preset.get(item.name, ctx.value(item.default))
        if item.many and value is not None and not isinstance(value, list):
            value = [value]
        put(doc, item.name, value)
    if form.workflow:
        doc.setdefault(form.workflow.item, form.workflow.initial)
    bring(form, doc, Links(ctx))
    return items_of(doc)


def preview(ctx: Context, form: Form, items: Mapping[str, Any], old: Raw | None) -> dict[str, Any]:
    """The items as a save would have them: with what links bring and formulas give. Not checked."""
    new = dict(old or {"form": form.name})
    for name, value in completed(form, tidied(form, items), old or {}).items():
        put(new, name, value)
    bring(form, new, Links(ctx))
    calculate(form, new)
    return items_of(new)


def draft(ctx: Context, form: Form, items: Mapping[str, Any], docid: str | None) -> Raw:
    """A new document, not yet checked. Raises Invalid for items that the form does not have."""
    foreign = foreign_items(ctx, form, items)
    if foreign:
        raise Invalid(foreign)
    docid = docid or f"{form.name}:{uuid.uuid4().hex}"
    if not is_document_id(docid):
        raise Refused("A document cannot have the id {id}.", id=docid)
    new: Raw = {"_id": docid, "form": form.name}
    for name, value in {**defaults(ctx, form, items), **tidied(form, items)}.items():
        put(new, name, value)
    return new


def create(
    ctx: Context, form_name: str, items: Mapping[str, Any], docid: str | None = None
) -> Document:
    """Make a document. One that is already there under the id given is returned as it is.

    Raises Deleted where it was there and is deleted; else as `ready`.
    """
    there = _already(ctx, docid) if docid else None
    if there:
        return there
    new = _prepared(ctx, form_name, items, docid, Links(ctx))
    try:
        return stored(ctx, new)
    except Conflict as error:
        again = _already(ctx, docid) if docid else None
        if again is None:
            raise _not_here() from error
        return again


def _prepared(
    ctx: Context, form_name: str, items: Mapping[str, Any], docid: str | None, links: Links
) -> Raw:
    """A checked new document. Module code may have given it an id made of a name: a name that was
    ever used is refused, because rights may still hang on it."""
    form = ctx.form(form_name)
    new = draft(ctx, form, items, docid)
    given = new["_id"]
    ready(ctx, form, new, None, links)
    if new["_id"] != given and any_winner(ctx, new["_id"]) is not None:
        raise Refused("This name was used before. Names are never given twice.")
    return new


def _already(ctx: Context, docid: str) -> Document | None:
    """The document under this id. What may not be read is answered as one that cannot be made."""
    stub = any_winner(ctx, docid) if is_document_id(docid) else None
    if stub is None:
        return None
    if not stub.get("_deleted"):
        try:
            return ctx.document(fetch(ctx, docid))
        except NotFound:
            raise _not_here() from None
    raise Deleted if ctx.may_read([stub]) else _not_here()


def _not_here() -> Refused:
    return Refused("This document cannot be made here.")


def create_many(ctx: Context, wanted: Sequence[NewDocument]) -> list[Document | DivanError]:
    """Make many documents in one batch of the store; for each the document or why not."""
    links = Links(ctx)
    results: dict[int, Document | DivanError] = {}
    drafts: dict[int, Raw] = {}
    for place, (form_name, items, docid) in enumerate(wanted):
        try:
            there = _already(ctx, docid) if docid else None
            if there:
                results[place] = there
                continue
            drafts[place] = _prepared(ctx, form_name, items, docid, links)
        except DivanError as error:
            results[place] = error
    for new in drafts.values():
        ctx.note("changed", new["_id"])
    with guarded(ctx.office, ctx.name, {new["_id"]: new for new in drafts.values()}):
        rows = ctx.writing.bulk_docs(list(drafts.values())) if drafts else []
    for (place, new), row in zip(drafts.items(), rows, strict=True):
        results[place] = _result(ctx, new, row)
    return [results[place] for place in range(len(wanted))]


def _result(ctx: Context, new: Raw, row: Row) -> Document | DivanError:
    if "error" in row:
        return Refused(Message(str(row.get("reason") or row["error"])))
    return ctx.document({**new, "_rev": row["rev"]})
