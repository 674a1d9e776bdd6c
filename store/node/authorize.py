"""What a path needs of whoever asks, before any handler sees the request.

After CouchDB's own table (`chttpd_auth_request`): server paths are for administrators but for a
few; databases judge their members themselves, by `_security`. Pure.
"""

from collections.abc import Sequence

from store.errors import Forbidden, NotFound, StoreError, Unauthorized
from store.node.accounts import PREFIX, USERS
from store.types import UserContext

REPLICATOR = "_replicator"
PUBLIC = frozenset({"_up", "_uuids", "_session"})
FOR_ADMINISTRATORS = frozenset({"_purge", "_purged_infos_limit", "_sync_shards"})
NOT_SERVER_ADMIN = "You are not a server admin."


def is_of_database(parts: Sequence[str]) -> bool:
    """Whether the path leads to or into a database."""
    return bool(parts) and (not parts[0].startswith("_") or parts[0] in (USERS, REPLICATOR))


def refusal(parts: Sequence[str], method: str, user: UserContext, users: str) -> StoreError | None:
    """What refuses `user` the path, if anything does; `users` is the database of users."""
    if user.is_admin or not parts or parts[0] in PUBLIC:
        return None
    if parts[0] == "_replicate":
        return None if user.name else Unauthorized("You are not an authenticated user")
    if not is_of_database(parts):
        return Unauthorized(NOT_SERVER_ADMIN)
    if len(parts) == 1:
        return Unauthorized(NOT_SERVER_ADMIN) if method in ("PUT", "DELETE") else None
    if parts[1] in FOR_ADMINISTRATORS or parts[0] == REPLICATOR:
        return Unauthorized(NOT_SERVER_ADMIN)
    return _of_users(parts, method, user) if parts[0] in (users, USERS) else None


def _of_users(parts: Sequence[str], method: str, user: UserContext) -> StoreError | None:
    """A member of `_users` reaches the own document alone. Whoever is nobody yet may write one,
    which the store refuses where it is there already."""
    docid = parts[1]
    if docid.startswith("_"):
        return Forbidden(NOT_SERVER_ADMIN) if user.name else Unauthorized(NOT_SERVER_ADMIN)
    own = docid == f"{PREFIX}{user.name}" if user.name else method == "PUT"
    return None if own else NotFound("missing")
