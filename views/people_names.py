"""Names as people type them where a person, group or entry is asked for."""

from acl import ANONYMOUS_ENTRY, DEFAULT_ENTRY, EntryType
from plugin import SERVER_NAME
from views.editing import Option
from views.language import _, current_language
from views.renderers import name_of
from views.shell import session, shell

FIXED_TITLES = {DEFAULT_ENTRY: "Everybody else", ANONYMOUS_ENTRY: "Not signed in"}


def stable_id(typed: str) -> str:
    """The stable id for what somebody typed: an id, a login, a mail address, or the name that
    people see where it is one person's or group's alone. Else the text as it is."""
    people = session().people()
    text = typed.strip()
    if text in people.persons or people.is_group(text):
        return text
    person = shell().office.directory.by_login(text)
    if person is not None and person.name in people.persons:
        return person.name
    wanted = text.casefold()
    found = [
        name for name in (*people.persons, *people.groups) if wanted == name_of(name).casefold()
    ]
    return found[0] if len(found) == 1 else text


def entry_type(name: str) -> EntryType:
    """The type of an entry by what the directory says of its name."""
    people = shell().office.directory.people()
    if name == SERVER_NAME:
        return EntryType.SERVER
    if name in people.persons:
        return EntryType.PERSON
    return EntryType.GROUP if people.is_group(name) else EntryType.UNSPECIFIED


def entry_title(name: str) -> str:
    """What people see for the name of an entry."""
    return _(FIXED_TITLES[name]) if name in FIXED_TITLES else name_of(name)


def name_options(*, entries: bool = False) -> list[Option]:
    """Persons and groups to choose from, and who is not signed in; for entries also units."""
    people = session().people()
    language = current_language()
    found = [Option(p.name, p.title(language)) for p in people.persons.values() if p.active]
    found += [Option(name, name_of(name)) for name in (*people.groups, "all-staff")]
    found.sort(key=lambda one: one.label.casefold())
    if entries:
        found += [Option(unit, "") for unit in people.units]
    return [*found, Option(ANONYMOUS_ENTRY, entry_title(ANONYMOUS_ENTRY))]
