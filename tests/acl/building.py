"""From the JSON of cases.json to identities and lists."""

from typing import Any

from acl import Acl, Identity, Level, parse, security_object, user_context


def identity_of(raw: dict[str, Any]) -> Identity:
    return Identity(
        raw["name"],
        raw.get("kind", "person"),
        tuple(raw.get("units", ())),
        frozenset(raw.get("groups", ())),
        Level.parse(raw.get("cap", "Manager")),
    )


def acl_of(raw: dict[str, Any]) -> Acl:
    return parse(raw)


def context_of(identity: Identity) -> dict[str, Any]:
    """CouchDB's userCtx of the identity."""
    name, roles = user_context(identity)
    return {"db": "tracking", "name": name, "roles": list(roles)}


def list_of(acl: Acl) -> dict[str, Any]:
    """`secObj.acl` as the store gives it."""
    return dict(security_object(acl)["acl"])
