"""The ACL as a document: `{"_id": "acl", "form": "acl", "entries": [...], "roles": [...]}`.

An entry is `{"name", "type", "level": "Editor", "privileges": ["delete"], "roles": ["[Admin]"]}`.
The document replicates with its database; `log` and whatever else it holds is left as it is.
"""

from collections.abc import Mapping
from typing import Any

from acl.effective import access
from acl.entries import Acl, Entry, EntryType, problems
from acl.levels import Level
from acl.names import Identity
from acl.reasons import Reason, reason
from acl.rules import Privilege

ACL_ID = "acl"
ACL_FORM = "acl"
_LEVELS = {level.title: level for level in Level}


class AclError(ValueError):
    """A document is no sound access control list. `reasons` says all that is wrong."""

    def __init__(self, reasons: tuple[Reason, ...]) -> None:
        super().__init__(" ".join(map(str, reasons)))
        self.reasons = reasons


def parse(doc: Mapping[str, Any]) -> Acl:
    """The list in this document, of sound shape; whether it is sensible is `entries.problems`.

    Raises AclError where the shape, a level, a type or a privilege is unknown.
    """
    entries = doc.get("entries")
    roles = doc.get("roles", [])
    if not isinstance(entries, list):
        raise _wrong('"entries" is not a list.')
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
        raise _wrong('"roles" is not a list of names.')
    return Acl(tuple(_entry(entry) for entry in entries), tuple(roles))


def parse_sound(doc: Mapping[str, Any]) -> Acl:
    """The list in this document, of sound shape and sensible. Raises AclError with all problems."""
    acl = parse(doc)
    found = problems(acl)
    if found:
        raise AclError(found)
    return acl


def _entry(raw: Any) -> Entry:
    if not isinstance(raw, Mapping) or not isinstance(raw.get("name"), str):
        raise _wrong("an entry without a name.")
    name = raw["name"]
    try:
        return Entry(
            name,
            EntryType(raw.get("type", "unspecified")),
            _level(raw.get("level")),
            frozenset(Privilege(privilege) for privilege in _texts(raw.get("privileges", []))),
            frozenset(_texts(raw.get("roles", []))),
        )
    except ValueError as error:
        raise _wrong(f"{name}: {error}") from error


def _level(value: Any) -> Level:
    """By its exact title, as the store's check and its lookup read it."""
    level = _LEVELS.get(value) if isinstance(value, str) else None
    if level is None:
        raise ValueError(f"{value!r} is no level. The levels are: {', '.join(_LEVELS)}.")
    return level


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not a text.")
    return value


def _texts(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise ValueError(f"{value!r} is not a list.")
    return [_text(item) for item in value]


def _wrong(what: str) -> AclError:
    return AclError((reason("acl_shape", what=what),))


def to_document(acl: Acl, doc: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The document of this list; other items of `doc` (its `_rev`, its log) are kept."""
    kept = dict(doc or {})
    return {
        **kept,
        "_id": ACL_ID,
        "form": ACL_FORM,
        "entries": [_raw(entry) for entry in acl.entries],
        "roles": list(acl.roles),
    }


def _raw(entry: Entry) -> dict[str, Any]:
    return {
        "name": entry.name,
        "type": entry.type.value,
        "level": entry.level.title,
        "privileges": sorted(privilege.value for privilege in entry.privileges),
        "roles": sorted(entry.roles),
    }


def dry_problems(old: Acl, new: Acl, by: Identity) -> tuple[Reason, ...]:
    """What would come of saving `new` in place of `old`, before it is saved.

    All that stops it (`problems`), and `acl_lose_manager` where the one who changes it would no
    longer be Manager afterwards; the last is a warning unless it is the last Manager.
    """
    found = problems(new)
    before, after = access(old, by).level, access(new, by).level
    if before is Level.MANAGER and after is not Level.MANAGER:
        found = (*found, reason("acl_lose_manager"))
    return found
