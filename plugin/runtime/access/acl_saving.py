"""The access control list of a database: read it, change it, copy it to where the store looks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from acl import (
    ACL_ID,
    Acl,
    AclError,
    Clash,
    differences,
    merge,
    parse,
    problems,
    security_object,
    to_document,
)
from plugin.runtime.access.acl_log import LoggedChange, logged, read_log
from plugin.runtime.access.managers import guarded
from plugin.runtime.context import Context, told
from plugin.runtime.errors import Invalid, OfficeError, Refused, SaveConflict
from plugin.runtime.messages import Message
from store.api import Database
from store.errors import BadRequest, Conflict, Forbidden, NotFound, Unauthorized


def read_acl(db: Database) -> tuple[Acl, dict[str, Any]]:
    """The list of a database and its document. Raises OfficeError where there is none, or it
    cannot be read."""
    try:
        doc = db.get(ACL_ID)
        return parse(doc), doc
    except NotFound as error:
        raise OfficeError(
            "The database {name} has no access control list.", name=db.name
        ) from error
    except AclError as error:
        raise OfficeError(
            "The access control list of {name} is damaged: {why}", name=db.name, why=str(error)
        ) from error


def save_acl(ctx: Context, acl: Acl, rev: str | None) -> None:
    """Write a new list. For Managers only; a line of what changed goes into its log.

    `rev` is the revision that was edited (None: whatever is there). Raises Refused, Invalid with
    all that is wrong, SaveConflict.
    """
    ctx.demand("manage")
    demand_sound(acl)
    before, doc = read_acl(ctx.reading)
    if rev is not None and doc["_rev"] != rev:
        raise SaveConflict({}, doc, ())
    if before == acl:
        return
    line = {"at": ctx.now(), "by": ctx.by, **logged(differences(before, acl))}
    new = to_document(acl, {**doc, "log": [*(doc.get("log") or []), line]})
    ctx.note("changed", ACL_ID)
    try:
        with guarded(ctx.office, ctx.name, {ACL_ID: new}):
            ctx.writing.put(new)
    except Conflict as error:
        raise SaveConflict({}, read_acl(ctx.reading)[1], ()) from error
    except (Forbidden, Unauthorized) as error:
        raise Refused(Message(error.reason)) from error
    copy_to_security(ctx.reading)
    ctx.office.written(ctx.name)


@dataclass(frozen=True)
class AclMeeting:
    """Two saves of the list that met. `acl` holds the changes of both, to be saved on `rev`;
    `clashes` are the entries for which somebody has to choose. `mine` and `theirs` say what each
    changed."""

    acl: Acl
    rev: str
    clashes: tuple[Clash, ...]
    mine: tuple[Message, ...]
    theirs: tuple[LoggedChange, ...]


def meet(ctx: Context, acl: Acl, rev: str, choices: Mapping[str, str]) -> AclMeeting:
    """The list as edited on `rev`, and what was saved since, put together.

    `choices` says `mine` or `theirs` for entries that clash. Where `rev` was compacted away,
    everything that differs is a clash.
    """
    theirs, doc = read_acl(ctx.reading)
    base, before = _at(ctx, rev)
    merged = merge(base, acl, theirs, choices)
    since = read_log(doc)
    return AclMeeting(
        merged.acl,
        str(doc["_rev"]),
        merged.clashes,
        tuple(map(told, differences(base, acl))),
        tuple(since[: len(since) - len(read_log(before))]),
    )


def _at(ctx: Context, rev: str) -> tuple[Acl, dict[str, Any]]:
    """The list as it was at a revision; an empty one where that is not known any more."""
    try:
        doc = ctx.reading.get(ACL_ID, rev=rev)
        return parse(doc), doc
    except (NotFound, BadRequest, AclError):
        return Acl(), {}


def demand_sound(acl: Acl) -> None:
    """Raises Invalid with all that is wrong with a list."""
    found = problems(acl)
    if found:
        raise Invalid({str(n): told(one) for n, one in enumerate(found, 1)})


def copy_to_security(db: Database) -> bool:
    """Copy the list into `_security`, where `validate_doc_update` reads it. True if it differed."""
    wanted = security_object(read_acl(db)[0])
    if db.security() == wanted:
        return False
    db.set_security(wanted)
    return True
