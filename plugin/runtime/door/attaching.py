"""Attachments of documents, through the same door: whoever may edit the document may attach."""

import base64

from plugin.runtime.context import Context
from plugin.runtime.door.document import Document, Raw, StoredFile
from plugin.runtime.door.reading import fetch
from plugin.runtime.door.saving import applied, rewrite
from plugin.runtime.errors import AtOffice, BadInput, NotFound, SaveConflict
from store.errors import AttachmentLeft
from store.errors import NotFound as Missing


def attach(
    ctx: Context, docid: str, rev: str, name: str, data: bytes, content_type: str
) -> Document:
    """Add an attachment, or replace the one of that name. Raises BadInput for a bad name."""
    if not name or name.startswith("_"):
        raise BadInput("An attachment needs a name that does not start with _.")

    def change(current: Raw) -> Raw:
        new = applied(_unchanged(current, rev), {})
        body = {"content_type": content_type, "data": base64.b64encode(data).decode()}
        new["_attachments"] = {**(current.get("_attachments") or {}), name: body}
        return new

    return rewrite(ctx, docid, change)


def detach(ctx: Context, docid: str, rev: str, name: str) -> Document:
    """Take an attachment away. Raises NotFound where there is none of that name."""

    def change(current: Raw) -> Raw:
        files = dict(_unchanged(current, rev).get("_attachments") or {})
        if files.pop(name, None) is None:
            raise NotFound("There is no such attachment.")
        new = applied(current, {})
        new.pop("_attachments")
        return {**new, "_attachments": files} if files else new

    return rewrite(ctx, docid, change)


def _unchanged(current: Raw, rev: str) -> Raw:
    if current["_rev"] != rev:
        raise SaveConflict({}, current, ())
    return current


def read_attachment(ctx: Context, docid: str, name: str) -> StoredFile:
    """The attachment, if the document may be read. Raises NotFound; AtOffice on a laptop that left
    attachments behind."""
    current = fetch(ctx, docid)
    try:
        found = ctx.reading.get_attachment(docid, name, rev=current["_rev"])
    except AttachmentLeft as error:
        raise AtOffice(name) from error
    except Missing as error:
        raise NotFound("There is no such attachment.") from error
    return StoredFile(name, found.content_type, found.data)
