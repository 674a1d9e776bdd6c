"""The values of access control that modules and the shell name."""

from acl import (
    ANONYMOUS,
    Access,
    Acl,
    Decision,
    Entry,
    EntryType,
    Identity,
    Level,
    Privilege,
)

__all__ = [
    "ANONYMOUS",
    "Access",
    "Acl",
    "Decision",
    "Entry",
    "EntryType",
    "Identity",
    "Level",
    "Privilege",
]
