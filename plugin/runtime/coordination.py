"""Databases that only the server reaches: no ACL, so no person and no laptop ever sees them."""

from store.api import Database, Server
from store.errors import DatabaseExists

COORDINATION = "coordination"
"""Leases and counters: what several processes on several machines must decide once."""
ONLY_SERVER = {"names": [], "roles": ["_admin"]}


def server_database(server: Server, name: str, *, history: int) -> Database:
    """The database of this name, made if it is not there yet; it keeps `history` revisions."""
    if not server.exists(name):
        try:
            server.create(name)
        except DatabaseExists:  # another process was faster, and does the same
            return server.database(name)
        db = server.database(name)
        db.set_security({"admins": ONLY_SERVER, "members": ONLY_SERVER})
        db.set_revs_limit(history)
    return server.database(name)
