"""From a document as it comes to an edit that can be stored. No I/O; bad input: BadRequest."""

import base64
import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from store import revisions
from store.errors import AttachmentTooLarge, BadDocument, BadRequest, IllegalDocId, TooLarge
from store.jsontext import encoder_of
from store.types import Content, Doc, LeftBehind

MAX_DOCUMENT = 8_000_000
"""Characters of a document's JSON text without attachments (CouchDB: `max_document_size`)."""
MAX_ATTACHMENT = 1024**3
"""Bytes of one attachment (CouchDB: `max_attachment_size`)."""
MAX_DEPTH = 200
"""Levels of nesting. The JavaScript engine and JSON readers overflow on deep nesting."""

_KNOWN = frozenset(("_id", "_rev", "_deleted", "_attachments", "_revisions"))
_ANSWERED = frozenset(
    ("_conflicts", "_deleted_conflicts", "_revs_info", "_local_seq", "_deleted_revs")
)
_KEPT = frozenset(
    f"_replication_{name}" for name in ("id", "state", "state_time", "state_reason", "stats")
)
"""What a replicator writes into the document that asked for a replication: items like any other."""
_to_text = encoder_of(ensure_ascii=False)
_to_ascii = encoder_of(ensure_ascii=True)


@dataclass(frozen=True, slots=True)
class Ahead:
    """Bytes that were stored ahead of their document, see `store.lite.contents`."""

    key: int


@dataclass(frozen=True, slots=True)
class NewAttachment:
    """One member of `_attachments`: with `data`, or a stub that means the parent's (None).

    `digest` and `stored_length` are those of the stored bytes, which are zipped where `encoding`
    says so, `length` that of the plain ones. Where `data` is still to be read, `digest` is the one
    that it must have, or "". `revpos` is None where none was given. `LeftBehind` are bytes that are
    not here and will not come.
    """

    content_type: str
    digest: str
    length: int
    revpos: int | None
    data: bytes | Content | Ahead | LeftBehind | None
    stored_length: int = 0
    encoding: Literal["gzip"] | None = None


class Edit(NamedTuple):
    """One revision to write.

    `rev` is the parent, None for a new document; in replication it is the revision itself and
    `history` its path, newest first (else empty). `text` is the body as JSON.
    """

    docid: str
    rev: str | None
    history: tuple[str, ...]
    deleted: bool
    body: dict[str, Any]
    text: str
    attachments: dict[str, NewAttachment]

    @property
    def has_stubs(self) -> bool:
        """Whether attachments are those of a revision that is stored."""
        attached = self.attachments
        return bool(attached) and any(at.data is None for at in attached.values())

    @property
    def streams(self) -> bool:
        """Whether attachments are still to be read in pieces."""
        attached = self.attachments
        return bool(attached) and any(isinstance(at.data, Content) for at in attached.values())


def edit(doc: Doc, *, new_edits: bool = True, make_id: bool = False) -> Edit:
    """The edit that a document asks for. Raises BadRequest or TooLarge.

    With `make_id` a document without `_id` gets one, as in `_bulk_docs`.
    """
    if not isinstance(doc, dict):
        raise BadRequest("Document must be a JSON object")
    docid = doc.get("_id")
    if docid is None and make_id and new_edits:
        docid = uuid.uuid4().hex
    docid = check_id(docid)
    history = _history(doc)
    if not new_edits and not history:
        raise BadRequest(
            "When `new_edits: false`, the document needs `_rev` or `_revisions` specified"
        )
    deleted = doc.get("_deleted", False)
    if not isinstance(deleted, bool):
        raise BadDocument("Bad special document member: _deleted")
    body = body_of(doc)
    text = to_text(body)
    if len(text) > MAX_DOCUMENT:
        raise TooLarge(docid)
    return Edit(
        docid, history[0] if history else None, () if new_edits else history, deleted, body, text,
        _attachments(doc.get("_attachments")),
    )  # fmt: skip


def check_id(docid: object) -> str:
    """Return the id. Raise IllegalDocId unless a document may have it (`_local/` ones apart)."""
    if not isinstance(docid, str):
        raise IllegalDocId("Document id must be a string")
    if not docid:
        raise IllegalDocId("Document id must not be empty")
    if docid == "_design/":
        raise IllegalDocId("Illegal document id `_design/`")
    if docid.startswith("_") and not docid.startswith("_design/"):
        raise IllegalDocId("Only reserved document ids may start with underscore.")
    try:
        docid.encode()
    except UnicodeEncodeError:
        raise IllegalDocId("Document id must be valid UTF-8") from None
    return docid


def body_of(doc: Doc) -> dict[str, Any]:
    """The document without the members that belong to the store. Raises BadDocument."""
    body = dict(doc)
    for name in doc:
        if not isinstance(name, str):
            raise BadRequest("Names of items must be strings")
        if name[:1] == "_" and name not in _KEPT:
            if name not in _KNOWN and name not in _ANSWERED:
                raise BadDocument(f"Bad special document member: {name}")
            del body[name]
    return body


def to_text(body: Mapping[str, Any]) -> str:
    """The body as JSON text, in ASCII where it has half a surrogate, which UTF-8 cannot say."""
    try:
        text = _to_text(body)
        if not text.isascii() and not _is_utf8(text):
            text = _to_ascii(body)
    except (TypeError, ValueError, RecursionError) as error:
        raise BadRequest(f"The document is not JSON: {error}") from error
    if text.count("{") + text.count("[") > MAX_DEPTH and _depth(body) > MAX_DEPTH:
        raise BadRequest(f"The document is nested more than {MAX_DEPTH} deep")
    return text


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _depth(value: object) -> int:
    deepest = 0
    waiting: list[tuple[object, int]] = [(value, 1)]
    while waiting:
        at, depth = waiting.pop()
        if isinstance(at, dict | list | tuple):
            deepest = max(deepest, depth)
            inner = at.values() if isinstance(at, dict) else at
            waiting.extend((child, depth + 1) for child in inner)
    return deepest


def _history(doc: Doc) -> tuple[str, ...]:
    """The revision and its ancestors, as far as they are told; newest first. As in CouchDB `_rev`
    does not count beside `_revisions`."""
    if "_revisions" in doc:
        return revisions.from_revisions(doc["_revisions"])
    rev = doc.get("_rev")
    if rev is None:
        return ()
    revisions.parse(rev)
    return (rev,)


def _attachments(given: object) -> dict[str, NewAttachment]:
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise BadDocument("Bad special document member: _attachments")
    return {name: _attachment(name, value) for name, value in given.items()}


def _attachment(name: object, value: object) -> NewAttachment:
    if not isinstance(name, str) or not name:
        raise BadRequest("Attachment name can't be empty")
    if name.startswith("_"):
        raise BadRequest(f"Attachment name '{name}' starts with prohibited character '_'")
    if not isinstance(value, dict):
        raise BadRequest(f"Attachment {name} must be an object")
    content_type = value.get("content_type") or "application/octet-stream"
    digest, revpos = value.get("digest") or "", value.get("revpos")
    if not isinstance(content_type, str) or not isinstance(digest, str):
        raise BadRequest(f"Attachment {name} has a wrong content_type or digest")
    if revpos is not None and type(revpos) is not int:
        raise BadRequest(f"Attachment {name} has a wrong revpos")
    if isinstance(value.get("data"), LeftBehind):
        return NewAttachment(
            content_type, digest, value["length"], revpos, value["data"],
            value.get("encoded_length", 0), value.get("encoding"),
        )  # fmt: skip
    if value.get("stub") is True:
        return NewAttachment(content_type, digest, 0, revpos, None)
    data = value.get("data")
    if isinstance(data, Content):
        encoding = _encoding(name, value.get("encoding"))
        return NewAttachment(content_type, digest, 0, revpos, data, encoding=encoding)
    plain = _plain(name, data)
    return NewAttachment(content_type, digest_of(plain), len(plain), revpos, plain, len(plain))


def _encoding(name: str, value: object) -> Literal["gzip"] | None:
    if value is None or value == "identity":
        return None
    if value == "gzip":
        return "gzip"
    raise BadRequest(f"Attachment {name} has an encoding that is not gzip")


def _plain(name: str, value: object) -> bytes:
    if isinstance(value, str):
        value = _decoded("".join(value.split()))  # lines of base64, as mail has them
    if not isinstance(value, bytes):
        raise BadRequest(f"Invalid attachment data for {name}")
    if len(value) > MAX_ATTACHMENT:
        raise AttachmentTooLarge(name)
    return value


def _decoded(text: str) -> bytes | None:
    """What the base64 stands for, None where it is none or more than that."""
    try:
        return base64.b64decode(text, validate=True) if len(text) % 4 == 0 else None
    except ValueError:
        return None


def digest_of(data: bytes) -> str:
    """`md5-<base64>`, as CouchDB names an attachment's content."""
    return as_digest(hashlib.md5(data, usedforsecurity=False).digest())


def as_digest(md5: bytes) -> str:
    return "md5-" + base64.b64encode(md5).decode("ascii")
