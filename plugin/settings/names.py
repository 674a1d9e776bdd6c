"""Documents of the settings whose id is made of their name.

The name stands in access control lists and documents everywhere, so it is given once for ever.
"""

import re

from plugin import SESSIONS_ID, Documents, Invalid, Message, Raw

NAME = re.compile(r"[a-z][a-z0-9]*([.-][a-z0-9]+)*")
MADE_UP = re.compile(r"[0-9a-f]{32}")
LIST_NAME = re.compile(r"[a-z][a-z0-9]*([_-][a-z0-9]+)*")


def check_person(documents: Documents, new: Raw, old: Raw | None) -> None:
    """The id of a person is `person:<login>`. Raises Invalid for a bad, changed or taken name,
    and for one who would report to oneself."""
    _name(documents, new, old, "login", NAME, ("person", "group"))
    if new.get("manager") and new["manager"] == new.get("login"):
        raise Invalid({"manager": Message("Nobody reports to oneself.")})


def check_group(documents: Documents, new: Raw, old: Raw | None) -> None:
    """The id of a group is `group:<name>`. Raises Invalid for a bad, changed or taken name."""
    _name(documents, new, old, "name", NAME, ("group", "person"))


def check_list(documents: Documents, new: Raw, old: Raw | None) -> None:
    """The id of a keyword list is `keywords:<name>`. Raises Invalid as above."""
    _name(documents, new, old, "name", LIST_NAME, ("keywords",))


def check_rule(documents: Documents, new: Raw, old: Raw | None) -> None:
    """The id of a numbering rule is `numbering:<name>`. Raises Invalid as above, and for a pattern
    that cannot be filled in."""
    _name(documents, new, old, "name", LIST_NAME, ("numbering",))
    try:
        str(new.get("pattern") or "").format(year=2026, month="11", day="22", n=1)
    except (KeyError, ValueError, IndexError, AttributeError) as error:
        raise Invalid({"pattern": Message("This pattern cannot be filled in.")}) from error


def check_sessions(documents: Documents, new: Raw, old: Raw | None) -> None:
    """There is one such document, which the directory reads. Raises Invalid for a second one."""
    if new["_id"] != SESSIONS_ID:
        raise Invalid({"title": Message("There is such a document already. Change that one.")})


def _name(
    documents: Documents,
    new: Raw,
    old: Raw | None,
    item: str,
    pattern: re.Pattern[str],
    forms: tuple[str, ...],
) -> None:
    """Give a new document the id of its name; `forms` share one name space, its own form first.

    One that came with a telling id (an import, the first administrator) has its name from there.
    """
    given = new["_id"].partition(":")[2]
    if old is None and not MADE_UP.fullmatch(given):
        new.setdefault(item, given)
        return
    name = new.get(item)
    if not isinstance(name, str):
        return  # the form's check says so
    if old is not None:
        if old.get(item) not in (None, name):
            raise Invalid({item: Message("This name cannot be changed any more.")})
        return
    if not pattern.fullmatch(name):
        raise Invalid({item: Message("Lower case letters, digits, dots and hyphens only.")})
    wanted = f"{forms[0]}:{name}"
    taken = [f"{form}:{name}" for form in forms if f"{form}:{name}" != new["_id"]]
    if any(documents.exists(docid) for docid in taken):
        raise Invalid({item: Message("This name is taken.")})
    new["_id"] = wanted
