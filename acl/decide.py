"""Whether an identity may do something, and why not. Pure: the same question, the same answer.

`design_docs/_shared/lib/acl.js` decides the same in the store; `tests/acl` proves that they agree.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from acl.effective import Access
from acl.levels import Level
from acl.names import Identity
from acl.readers import authors_of, can_read, names_of, readers_of
from acl.reasons import Reason, reason
from acl.rules import Privilege

Action = Literal["read", "create", "edit", "delete", "design", "manage", "replicate"]
Document = Mapping[str, Any]

VIEW_FORM = "view"


@dataclass(frozen=True)
class Decision:
    """True or false, with the reason. Usable as a condition."""

    allowed: bool
    reason: Reason

    def __bool__(self) -> bool:
        return self.allowed


@dataclass(frozen=True)
class _Question:
    access: Access
    me: str | None
    names: frozenset[str]
    doc: Document | None
    old: Document | None

    @property
    def current(self) -> Document:
        """The document as it stands: `old` where there is one, else the one asked about."""
        return (self.old if self.old is not None else self.doc) or {}


def may(
    access: Access,
    identity: Identity,
    action: Action,
    doc: Document | None = None,
    old: Document | None = None,
) -> Decision:
    """Whether `identity` with this access may do `action`.

    `doc` is the document in question, or in its new state; `old` is its current state where it
    differs (also a tombstone, with `_deleted`). Without a document the answer is whether the
    action is possible at all in the database. The reason's text never tells more than that.
    """
    question = _Question(access, identity.name, names_of(identity, access), doc, old)
    code = _ACTIONS[action](question)
    return Decision(code == "allowed", reason(code))


def _read(q: _Question) -> str:
    return _read_one(q, q.doc)


def _read_one(q: _Question, doc: Document | None) -> str:
    public = q.access.has(Privilege.READ_PUBLIC) and (doc is None or doc.get("public") is True)
    if q.access.level < Level.READER and not public:
        return "no_access" if q.access.level is Level.NO_ACCESS else "read_level"
    return "allowed" if doc is None or can_read(q.names, readers_of(doc)) else "not_reader"


def _create(q: _Question) -> str:
    if is_acl(q.doc):
        return _manage(q)
    new = _keep_view(q, q.doc) if is_view(q.doc) else _create_new(q)
    if q.old is not None:  # over a tombstone: its readers and authors still count
        return _first_refusal(new, _edit(q))
    return new


def _create_new(q: _Question) -> str:
    public = q.doc is not None and q.doc.get("public") is True
    if q.access.has(Privilege.CREATE) or (public and q.access.has(Privilege.WRITE_PUBLIC)):
        return "allowed"
    return "no_create"


def _edit(q: _Question) -> str:
    if is_acl(q.doc) or is_acl(q.old):
        return _manage(q)
    if is_view(q.doc) or is_view(q.old):
        return _edit_view(q)
    return _edit_current(q)


def _edit_current(q: _Question) -> str:
    code = _read_one(q, q.current if q.doc is not None or q.old is not None else None)
    if code != "allowed":
        return code
    code = _edit_by_level(q)
    if code != "allowed" and _was_public(q) and q.access.has(Privilege.WRITE_PUBLIC):
        stays = q.doc is None or q.doc.get("public") is True
        return "allowed" if stays else "public_stays"
    return code


def _edit_by_level(q: _Question) -> str:
    if q.access.level >= Level.EDITOR:
        return "allowed"
    if q.access.level is not Level.AUTHOR:
        return "edit_level"
    anywhere = q.doc is None and q.old is None
    return "allowed" if anywhere or q.names & authors_of(q.current) else "not_author"


def _edit_view(q: _Question) -> str:
    """As it was and as it becomes: one's own, and for Designers all that are shared."""
    states = [one for one in (q.old, q.doc) if one is not None]
    return _first_refusal(_own_view(q), *(_keep_view(q, one) for one in states))


def _own_view(q: _Question) -> str:
    code = _read_one(q, q.current)
    if code != "allowed":
        return code
    own = q.access.level >= Level.DESIGNER or q.names & authors_of(q.current)
    return "allowed" if own else "not_author"


def _keep_view(q: _Question, doc: Document | None) -> str:
    """A saved view that only the person reads is private; every other one is shared."""
    if not is_view(doc) or doc is None:
        return "view_stays"
    if q.me is not None and readers_of(doc) == {q.me}:
        return "allowed" if q.access.has(Privilege.PRIVATE_VIEWS) else "no_private_views"
    return "allowed" if q.access.has(Privilege.SHARED_VIEWS) else "no_shared_views"


def _was_public(q: _Question) -> bool:
    return q.current.get("public") is True


def _delete(q: _Question) -> str:
    if is_acl(q.doc) or is_acl(q.old):
        return "acl_stays"
    if is_view(q.current):
        return _own_view(q)
    code = _read_one(q, q.current if q.doc is not None or q.old is not None else None)
    if code != "allowed":
        return code
    if not q.access.has(Privilege.DELETE):
        return "no_delete"
    return _edit_by_level(q)


def _design(q: _Question) -> str:
    return "allowed" if q.access.level >= Level.DESIGNER else "need_designer"


def _manage(q: _Question) -> str:
    return "allowed" if q.access.level is Level.MANAGER else "need_manager"


def _replicate(q: _Question) -> str:
    if not q.access.has(Privilege.REPLICATE):
        return "no_replicate"
    return _read(q)


def is_acl(doc: Document | None) -> bool:
    """Whether this is the access control list, or calls itself so."""
    return doc is not None and (doc.get("_id") == "acl" or doc.get("form") == "acl")


def is_view(doc: Document | None) -> bool:
    """Whether this is a saved view: for these, privileges of their own count, not those to create
    and to delete documents."""
    return doc is not None and doc.get("form") == VIEW_FORM


def _first_refusal(*codes: str) -> str:
    return next((code for code in codes if code != "allowed"), "allowed")


_ACTIONS: dict[str, Callable[[_Question], str]] = {
    "read": _read,
    "create": _create,
    "edit": _edit,
    "delete": _delete,
    "design": _design,
    "manage": _manage,
    "replicate": _replicate,
}
