"""Access control after Notes: levels, privileges, roles, Readers and Authors. Pure, no I/O.

- `access(acl, identity)`: what somebody has in a database
- `may(access, identity, action, doc, old)`: whether something is allowed, and why not
- `may_write(access, identity, new, old)`: the same for a whole document, as the store asks
"""

from acl.couch import security_object, user_context
from acl.decide import VIEW_FORM, Action, Decision, is_view, may
from acl.differences import differences
from acl.document import ACL_FORM, ACL_ID, AclError, dry_problems, parse, parse_sound, to_document
from acl.effective import Access, access
from acl.entries import Acl, Entry, EntryType, problems
from acl.explaining import Branch, Explanation, Listed, explain
from acl.levels import Level
from acl.merging import Clash, Merge, merge
from acl.names import ANONYMOUS, ANONYMOUS_ENTRY, DEFAULT_ENTRY, Identity, is_role
from acl.readers import (
    authors_of,
    can_read,
    can_read_all,
    cleaned,
    combined,
    names_of,
    reader_set,
    readers_of,
    set_name,
)
from acl.reasons import Reason, about, reason
from acl.rules import RULES, Privilege, Rule
from acl.writes import may_write

__all__ = [
    "ACL_FORM",
    "ACL_ID",
    "ANONYMOUS",
    "ANONYMOUS_ENTRY",
    "DEFAULT_ENTRY",
    "RULES",
    "VIEW_FORM",
    "Access",
    "Acl",
    "AclError",
    "Action",
    "Branch",
    "Clash",
    "Decision",
    "Entry",
    "EntryType",
    "Explanation",
    "Identity",
    "Level",
    "Listed",
    "Merge",
    "Privilege",
    "Reason",
    "Rule",
    "about",
    "access",
    "authors_of",
    "can_read",
    "can_read_all",
    "cleaned",
    "combined",
    "differences",
    "dry_problems",
    "explain",
    "is_role",
    "is_view",
    "may",
    "may_write",
    "merge",
    "names_of",
    "parse",
    "parse_sound",
    "problems",
    "reader_set",
    "readers_of",
    "reason",
    "security_object",
    "set_name",
    "to_document",
    "user_context",
]
