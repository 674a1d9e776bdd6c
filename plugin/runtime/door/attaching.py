"""Attachments of documents, through the same door: whoever may edit the document may attach."""

import base64
import re
import unicodedata
from collections.abc import Collection, Sequence
from posixpath import splitext

from plugin.runtime.context import Context
from plugin.runtime.door.document import Document, Raw, StoredFile
from plugin.runtime.door.reading import fetch
from plugin.runtime.door.saving import applied, rewrite
from plugin.runtime.errors import AtOffice, BadInput, NotFound, SaveConflict
from store.errors import AttachmentLeft
from store.errors import NotFound as Missing

LONGEST = 200
"""Characters of a file's name."""


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


def add_files(ctx: Context, docid: str, files: Sequence[StoredFile]) -> Document:
    """Add files to what is there now. None is written over: a second one of a name gets a number.

    Raises BadInput where there is no file, or one has no name.
    """
    if not files:
        raise BadInput("Choose a file first.")

    def change(current: Raw) -> Raw:
        new = applied(current, {})
        there = dict(current.get("_attachments") or {})
        for file in files:
            data = base64.b64encode(file.data).decode()
            name = _free(_named(file.name), there)
            there[name] = {"content_type": file.content_type, "data": data}
        return {**new, "_attachments": there}

    return rewrite(ctx, docid, change)


def _named(name: str) -> str:
    """A file's own name without folders and what no name may hold."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    shown = "".join(char for char in last if char.isprintable()).strip().lstrip("_")
    if not shown:
        raise BadInput("Give the file a name.")
    stem, kind = splitext(shown)
    return stem[: max(0, LONGEST - len(kind))] + kind[:LONGEST]


def _free(name: str, taken: Collection[str]) -> str:
    stem, kind = splitext(name)
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{stem} ({number}){kind}"
    return free


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
