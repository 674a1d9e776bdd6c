"""The access control list as the administration page sends it."""

from acl import RULES, Acl, Entry, EntryType, Level, Privilege, Rule
from plugin import BadInput
from views.editing import Answers


def read_acl(posted: Answers) -> Acl:
    """The list: `<key>.name`, `.type`, `.level`, `.privileges`, `.roles`, `.remove`, and `.was`,
    the level for which the ticks were shown; key `new` is the line for one more.

    Raises BadInput for a level or type that there is not.
    """
    keys = [name.removesuffix(".name") for name in posted if name.endswith(".name")]
    roles = tuple(part.strip() for part in (posted.get("roles") or "").split(",") if part.strip())
    entries = (
        _entry(posted, key)
        for key in keys
        if (posted.get(f"{key}.name") or "").strip() and f"{key}.remove" not in posted
    )
    return Acl(tuple(entries), tuple(dict.fromkeys(roles)))


def _entry(posted: Answers, key: str) -> Entry:
    try:
        level = Level.parse(posted.get(f"{key}.level") or "")
        before = Level.parse(posted.get(f"{key}.was") or level.title)
        kind = EntryType(posted.get(f"{key}.type") or "")
        ticked = frozenset(Privilege(one) for one in posted.getlist(f"{key}.privileges"))
    except ValueError as error:
        raise BadInput("The list cannot be read: {why}", why=str(error)) from error
    # The page shows what a level always has as ticked: nobody chose that, so it is not stored, and
    # it does not stay as a choice where the level was changed.
    optional = (Rule.OPTIONAL, Rule.WITH_READ_PUBLIC)
    shown = {one for one, rule in RULES[before].items() if rule is Rule.ALWAYS}
    chosen = ticked if before is level else ticked - shown
    kept = frozenset(one for one in chosen if RULES[level][one] in optional)
    return Entry(
        (posted.get(f"{key}.name") or "").strip(),
        kind,
        level,
        kept,
        frozenset(posted.getlist(f"{key}.roles")),
    )
