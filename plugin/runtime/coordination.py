"""Databases that only the server reaches: no ACL, so no person and no laptop ever sees them."""

from contextlib import suppress

from store.api import Database, Server
from store.errors import DatabaseExists

COORDINATION = "coordination"
"""Leases and counters: what several processes on several machines must decide once."""
ONLY_SERVER = {"names": [], "roles": ["_admin"]}


def server_database(server: Server, name: str, *, history: int) -> Database:
    """The database of this name, made if it is not there yet, shut to everybody else; it keeps
    `history` revisions. One that was replicated here is brought in order."""
    if not server.exists(name):
        with suppress(DatabaseExists):  # another process was faster, and does the same
            server.create(name)
    db = server.database(name)
    shut = {"admins": ONLY_SERVER, "members": ONLY_SERVER}
    if db.security() != shut:
        db.set_security(shut)
    if db.revs_limit() != history:
        db.set_revs_limit(history)
    return db
