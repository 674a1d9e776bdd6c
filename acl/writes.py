"""Whether one document may replace another: what the store asks of every write.

The twin of `design_docs/_shared/lib/access_check.js`. Whoever takes pushed documents asks it with
the current winner as `old`, because the store itself sees only the parent of the pushed branch.
"""

from collections.abc import Mapping
from typing import Any

from acl.decide import Decision, is_acl, may
from acl.effective import Access
from acl.names import Identity
from acl.readers import well_formed
from acl.reasons import reason

_STUB_ITEMS = ("form", "readers", "authors")


def may_write(
    access: Access, identity: Identity, new: Mapping[str, Any], old: Mapping[str, Any] | None
) -> Decision:
    """Whether `identity` may write `new` where `old` is now (None: nothing; or a tombstone).

    Both are whole documents with `_id`. A deletion keeps form, readers, authors and public mark: a
    tombstone without readers would be open to everyone who follows the changes, and one without
    the mark would not reach those who had the public document. Whether an access
    control list is sensible is `entries.problems`.
    """
    if is_acl(new) or is_acl(old):
        return _list(access, identity, new)
    if new.get("_deleted") and old is not None:
        return _deletion(access, identity, new, old)
    if not well_formed(new):
        return Decision(False, reason("bad_names"))
    live = old is not None and not old.get("_deleted")
    return may(access, identity, "edit" if live else "create", new, old)


def _list(access: Access, identity: Identity, new: Mapping[str, Any]) -> Decision:
    if new.get("_deleted"):
        return Decision(False, reason("acl_stays"))
    if new.get("_id") != "acl" or new.get("form") != "acl":
        return Decision(False, reason("acl_place"))
    return may(access, identity, "manage")


def _deletion(
    access: Access, identity: Identity, new: Mapping[str, Any], old: Mapping[str, Any]
) -> Decision:
    decision = may(access, identity, "delete", old, old)
    keeps = all(_same(new.get(item), old.get(item)) for item in _STUB_ITEMS)
    keeps = keeps and (new.get("public") is True) is (old.get("public") is True)
    return decision if keeps or not decision else Decision(False, reason("stub_keeps"))


def _same(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON: to Python True is 1, to the store it is not."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return isinstance(one, bool) is isinstance(other, bool) and bool(one == other)
