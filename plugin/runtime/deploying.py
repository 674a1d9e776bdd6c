"""Make databases with their ACL and keep their design documents up to date."""

from dataclasses import replace

from acl import Acl, security_object, to_document
from plugin.runtime.acl_saving import copy_to_security
from plugin.runtime.design import build
from plugin.runtime.directory import SERVER_NAME
from plugin.runtime.module import DatabaseSpec
from store.api import Database, Server
from store.deploy import deploy
from store.errors import Conflict, DatabaseExists, NotFound

OWNER = "@owner"
"""Stands for the person in the ACL of a template."""


def deploy_database(
    server: Server, name: str, spec: DatabaseSpec, at: str, owner: str | None = None
) -> bool:
    """Bring one database up to date; True if anything was new. Can be repeated after a crash.

    An ACL that is there already is kept: from then on it belongs to the database's Managers.
    """
    new = False
    if not server.exists(name):
        try:
            server.create(name)
            new = True
        except DatabaseExists:  # another process was quicker, and does the same
            new = False
    db = server.database(name)
    by = {"at": at, "by": SERVER_NAME}
    begun = _has_acl(db)
    if not begun:  # those that are there already, after a crash, are left as they are
        db.bulk_docs([{**doc, "created": by, "updated": by} for doc in spec.documents])
    for document in build(spec.design):
        new = deploy(db, document) or new
    if not begun:
        new = _write_acl(db, owned(spec.acl, owner), by) or new
    return copy_to_security(db) or new


def owned(acl: Acl, owner: str | None) -> Acl:
    """The ACL of a template with the person's name put in."""
    if owner is None:
        return acl
    entries = tuple(
        replace(entry, name=owner) if entry.name == OWNER else entry for entry in acl.entries
    )
    return replace(acl, entries=entries)


def _has_acl(db: Database) -> bool:
    """The ACL is written last: without it the database counts as not made, and is made on."""
    try:
        db.get("acl")
    except NotFound:
        return False
    return True


def _write_acl(db: Database, acl: Acl, by: dict[str, str]) -> bool:
    db.set_security(security_object(acl))
    try:
        db.put(to_document(acl, {"created": by, "updated": by, "log": []}))
    except Conflict:  # another process made the same database at the same time
        return False
    return True
