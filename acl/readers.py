"""Readers and Authors items: who reads a document, and the short name of its reader set.

A document holds `readers: {item: [names]}` and `authors: {item: [names]}`. What is malformed
there restricts the document (a name that nobody has) instead of opening it.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from acl.effective import Access
from acl.names import Identity

NOBODY = "?"
ADMIN_ROLE = "[Admin]"
OPEN_SET = "*"
CONFLICT_PREFIX = "c:"
_SURROGATE = re.compile("[\ud800-\udfff]")


def readers_of(doc: Mapping[str, Any]) -> frozenset[str]:
    """All who are listed: Readers, and Authors if there is a reader. Empty: everyone."""
    readers = _listed(doc.get("readers"))
    return readers | authors_of(doc) if readers else readers


def authors_of(doc: Mapping[str, Any]) -> frozenset[str]:
    """All names in the Authors items."""
    return _listed(doc.get("authors"))


def _listed(items: Any) -> frozenset[str]:
    if items is None:
        return frozenset()
    if not isinstance(items, Mapping):
        return frozenset([NOBODY])
    return frozenset(name for value in items.values() for name in _names(value))


def _names(value: Any) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list | tuple):
        value = [value]
    return [name if isinstance(name, str) else NOBODY for name in value if name != ""]


def well_formed(doc: Mapping[str, Any]) -> bool:
    """Whether Readers and Authors are objects of lists of names, as a new document must hold."""
    return _well_formed(doc.get("readers")) and _well_formed(doc.get("authors"))


def _well_formed(items: Any) -> bool:
    if items is None:
        return True
    return isinstance(items, Mapping) and all(
        isinstance(names, list) and all(isinstance(name, str) for name in names)
        for names in items.values()
    )


def reader_set(doc: Mapping[str, Any]) -> str:
    """The short name of the set of readers: the first part of an index key.

    `*` where everyone reads; `c:<id>` for a document with live conflicts (`_conflicts`); else 22
    characters of base64url(SHA-256) over the JSON list of the sorted names.
    """
    if doc.get("_conflicts"):
        return CONFLICT_PREFIX + str(doc["_id"])
    readers = readers_of(doc)
    return set_name(readers) if readers else OPEN_SET


@lru_cache(maxsize=4096)
def set_name(names: frozenset[str]) -> str:
    """The reader set of these names. Sorted by UTF-16 units, as JavaScript sorts."""
    ordered = sorted(names, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
    text = json.dumps(ordered, ensure_ascii=False, separators=(",", ":"))
    text = _SURROGATE.sub(lambda lone: f"\\u{ord(lone[0]):04x}", text)
    digest = hashlib.sha256(text.encode()).digest()
    return base64.urlsafe_b64encode(digest)[:22].decode()


def names_of(identity: Identity, access: Access) -> frozenset[str]:
    """All names under which the identity may be listed: itself, groups, units, roles, everybody."""
    return identity.names | access.roles


def can_read(names: frozenset[str], readers: frozenset[str]) -> bool:
    """Whether one with these names is among the readers; levels are another matter (`may`)."""
    return not readers or not names.isdisjoint(readers)


def combined(branches: Iterable[Mapping[str, Any]]) -> frozenset[frozenset[str]]:
    """The readers of all live branches of a document in conflict: one must be allowed by each."""
    return frozenset(readers_of(branch) for branch in branches)


def can_read_all(names: frozenset[str], branches: frozenset[frozenset[str]]) -> bool:
    """Whether one with these names is allowed by all branches; `branches` is from `combined`."""
    return all(can_read(names, readers) for readers in branches)


def cleaned(readers: Iterable[str], removed: Iterable[str]) -> list[str]:
    """A Readers item without the removed names. An item that had readers never becomes empty:
    `[Admin]` stays, because an empty item would open the document to everyone."""
    before = [name for name in readers if name]
    gone = set(removed)
    after = [name for name in before if name not in gone]
    return after if after or not before else [ADMIN_ROLE]
