"""The access control list as the administration page sends it, and the same as hidden fields."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from acl import RULES, Acl, Entry, EntryType, Level, Privilege, Rule
from plugin import BadInput
from views.editing import Answers

NEW = "new"
"""Key of the line for one more entry or role."""


@dataclass(frozen=True)
class Typed:
    """The list that was sent, and the entry that was added by it."""

    acl: Acl
    added: str = ""


def read_acl(
    posted: Answers,
    resolve: Callable[[str], str] = str,
    kind: Callable[[str], EntryType] | None = None,
) -> Typed:
    """The list: `<key>.name`, `.type`, `.level`, `.privileges`, `.roles`, `.remove`, and `.was`,
    the level for which the ticks were shown; `role.<key>.name`, `.was`, `.remove` for roles.

    `resolve` gives the stable id for the name that somebody typed, `kind` the type of a new entry
    where none was chosen. Raises BadInput for a level or type that there is not.
    """
    keys = [name.removesuffix(".name") for name in posted if name.endswith(".name")]
    renamed = dict(_roles(posted, [key for key in keys if key.startswith("role.")]))
    entries = []
    added = ""
    for key in keys:
        name = resolve((posted.get(f"{key}.name") or "").strip())
        if key.startswith("role.") or not name or f"{key}.remove" in posted:
            continue
        entry = _entry(posted, key, name, renamed)
        if key == NEW and not posted.get(f"{key}.type") and kind is not None:
            entry = replace(entry, type=kind(name))
        added = name if key == NEW else added
        entries.append(entry)
    roles = dict.fromkeys(role for role in renamed.values() if role)
    return Typed(Acl(tuple(entries), tuple(roles)), added)


def _roles(posted: Answers, keys: list[str]) -> Iterator[tuple[str, str]]:
    """What each role is called now, by its name in the ticks; empty where it goes."""
    for key in keys:
        name = _bracketed((posted.get(f"{key}.name") or "").strip())
        was = posted.get(f"{key}.was") or name
        if was:
            yield was, "" if f"{key}.remove" in posted else name


def _bracketed(role: str) -> str:
    """People may leave the brackets out."""
    return role if not role or role.startswith("[") else f"[{role}]"


def _entry(posted: Answers, key: str, name: str, renamed: dict[str, str]) -> Entry:
    try:
        level = Level.parse(posted.get(f"{key}.level") or "")
        before = Level.parse(posted.get(f"{key}.was") or level.title)
        type_ = EntryType(posted.get(f"{key}.type") or EntryType.UNSPECIFIED)
        ticked = frozenset(Privilege(one) for one in posted.getlist(f"{key}.privileges"))
    except ValueError as error:
        raise BadInput("The list cannot be read: {why}", why=str(error)) from error
    # The page shows what a level always has as ticked: nobody chose that, so it is not stored, and
    # it does not stay as a choice where the level was changed.
    optional = (Rule.OPTIONAL, Rule.WITH_READ_PUBLIC)
    shown = {one for one, rule in RULES[before].items() if rule is Rule.ALWAYS}
    chosen = ticked if before is level else ticked - shown
    kept = frozenset(one for one in chosen if RULES[level][one] in optional)
    roles = (renamed.get(role, role) for role in posted.getlist(f"{key}.roles"))
    return Entry(name, type_, level, kept, frozenset(role for role in roles if role))


def as_fields(acl: Acl) -> list[tuple[str, str]]:
    """The same list as fields of a form: `read_acl` of them gives it back."""
    fields = []
    for key, entry in enumerate(acl.entries):
        fields += [
            (f"{key}.name", entry.name),
            (f"{key}.type", entry.type.value),
            (f"{key}.level", entry.level.title),
        ]
        fields += [(f"{key}.privileges", one.value) for one in sorted(entry.privileges)]
        fields += [(f"{key}.roles", role) for role in sorted(entry.roles)]
    return fields + [(f"role.{key}.name", role) for key, role in enumerate(acl.roles)]
