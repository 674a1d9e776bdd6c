"""The access control list of a database: read it, change it, copy it to where the store looks."""

from typing import Any

from acl import ACL_ID, Acl, AclError, differences, parse, problems, security_object, to_document
from plugin.runtime.acl_log import logged
from plugin.runtime.context import Context, told
from plugin.runtime.errors import Invalid, OfficeError, Refused, SaveConflict
from plugin.runtime.managers import guarded
from plugin.runtime.messages import Message
from store.api import Database
from store.errors import Conflict, Forbidden, NotFound, Unauthorized


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
    try:
        with guarded(ctx.office, ctx.name, {ACL_ID: new}):
            ctx.writing.put(new)
    except Conflict as error:
        raise SaveConflict({}, read_acl(ctx.reading)[1], ()) from error
    except (Forbidden, Unauthorized) as error:
        raise Refused(Message(error.reason)) from error
    copy_to_security(ctx.reading)
    ctx.office.written(ctx.name)


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
