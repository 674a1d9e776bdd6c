"""An identity and an ACL in CouchDB's words: `userCtx` and `_security`."""

from typing import Any

from acl.document import to_document
from acl.effective import Access
from acl.entries import Acl
from acl.levels import Level
from acl.names import Identity

MEMBER_ROLE = "divan"
DESIGNER_ROLE = "divan-designer"


def user_context(
    identity: Identity, access: Access | None = None
) -> tuple[str | None, tuple[str, ...]]:
    """Name and roles for the store's user context, from which JavaScript decides as we do.

    Roles are `divan`, `kind:server`, `group:<name>`, `unit:<Sales/Central>` and `cap:<level>`. With
    the access to the database at hand, a Designer gets the role that may write design documents:
    `_security` cannot express it by names, for an explicit entry may stand below a group's.
    """
    roles = [MEMBER_ROLE, f"kind:{identity.kind}"]
    roles += [f"group:{group}" for group in sorted(identity.plain_groups)]
    if identity.units:
        roles.append("unit:" + "/".join(identity.units))
    if identity.cap < Level.MANAGER:
        roles.append(f"cap:{int(identity.cap)}")
    if access is not None and access.level >= Level.DESIGNER:
        roles.append(DESIGNER_ROLE)
    return identity.name, tuple(roles)


def security_object(acl: Acl) -> dict[str, Any]:
    """The `_security` object of a database with this list; `acl` is for `validate_doc_update`."""
    document = to_document(acl)
    return {
        "admins": {"names": [], "roles": ["_admin", DESIGNER_ROLE]},
        "members": {"names": [], "roles": [MEMBER_ROLE]},
        "acl": {"entries": document["entries"], "roles": document["roles"]},
    }
