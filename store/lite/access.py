"""Who may reach a database, by its `_security` object (CouchDB 3.5, "Database Security").

Without any names and roles under `members` everybody may; `_admin` always may.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from store.errors import BadRequest, Forbidden, StoreError, Unauthorized
from store.types import Json, UserContext


@lru_cache(maxsize=256)
def parsed(security: str) -> Mapping[str, Json]:
    """The stored `_security`, parsed once: it may hold a long ACL and is looked at with each
    operation. Not to be altered."""
    found: Mapping[str, Json] = json.loads(security)
    return found


def check_member(security: Mapping[str, Json], user: UserContext) -> None:
    """Raise Unauthorized (nobody) or Forbidden unless `user` is a member or an administrator."""
    members = security.get("members", {})
    if not members.get("names") and not members.get("roles"):
        return
    if not (_listed(members, user) or is_admin(security, user)):
        word = "authorized" if user.name is None else "allowed"
        raise refusal(user, f"You are not {word} to access this db.")


def check_admin(security: Mapping[str, Json], user: UserContext) -> None:
    """Raise Unauthorized (nobody) or Forbidden unless `user` is a database administrator."""
    if not is_admin(security, user):
        raise refusal(user, "You are not a db or server admin.")


def is_admin(security: Mapping[str, Json], user: UserContext) -> bool:
    return user.is_admin or _listed(security.get("admins", {}), user)


def refusal(user: UserContext, reason: str) -> StoreError:
    return Unauthorized(reason) if user.name is None else Forbidden(reason)


def check_security(security: object) -> dict[str, Any]:
    """The object as it may be stored. Raises BadRequest with what is wrong."""
    if not isinstance(security, Mapping):
        raise BadRequest("The security object must be a JSON object")
    for part in ("admins", "members"):
        names = security.get(part, {})
        if not isinstance(names, Mapping):
            raise BadRequest(f"{part} must be a JSON object")
        for kind in ("names", "roles"):
            listed = names.get(kind, [])
            if not isinstance(listed, list) or not all(isinstance(at, str) for at in listed):
                raise BadRequest(f"{kind} of {part} must be a JSON list of strings")
    return dict(security)


def _listed(part: Mapping[str, Json], user: UserContext) -> bool:
    return user.name in part.get("names", ()) or not set(user.roles).isdisjoint(
        part.get("roles", ())
    )
