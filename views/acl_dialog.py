"""The dialog of an access control list as plain values for the template."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import url_for

from acl import DEFAULT_ENTRY, RULES, Acl, Entry, EntryType, Level, Privilege, Rule
from views.editing import Option
from views.language import _
from views.people_names import entry_title
from views.shell import Crumb

KINDS = {
    "person": (EntryType.PERSON,),
    "server": (EntryType.SERVER, EntryType.SERVER_GROUP),
    "group": (EntryType.GROUP, EntryType.MIXED),
    "unspecified": (EntryType.UNSPECIFIED,),
}
ICONS = {
    EntryType.PERSON: "person",
    EntryType.SERVER: "hdd-network",
    EntryType.GROUP: "people",
    EntryType.SERVER_GROUP: "hdd-stack",
    EntryType.MIXED: "people",
}


@dataclass(frozen=True)
class Tick:
    """`rule` is the letter of the level's rule: F always, f never, o and p by choice."""

    value: str
    label: str
    ticked: bool
    rule: str = "o"

    @property
    def fixed(self) -> bool:
        return self.rule in "Ff"


@dataclass(frozen=True)
class EntryForm:
    """One entry: its line in the list at the left, its attributes at the right."""

    key: str
    name: str
    title: str
    icon: str
    type: str
    kind: str
    level: str
    level_title: str
    privileges: tuple[Tick, ...]
    roles: tuple[Tick, ...]
    selected: bool
    left_out: bool
    stays: bool
    warning: str = ""


@dataclass(frozen=True)
class Dialog:
    """`filter` is a kind or level, empty for all."""

    entries: tuple[EntryForm, ...]
    roles: tuple[str, ...]
    filter: str
    tab: str

    @property
    def shown(self) -> int:
        return sum(not one.left_out for one in self.entries)


def dialog(
    acl: Acl, *, selected: str, filter_: str, tab: str, warnings: Mapping[str, str]
) -> Dialog:
    """The list with one entry selected: that of this name, else the first that is shown."""
    left_out = [bool(filter_) and not _passes(entry, filter_) for entry in acl.entries]
    names = [entry.name for entry, out in zip(acl.entries, left_out, strict=True) if not out]
    chosen = selected if selected in names else next(iter(names), "")
    entries = (
        _form(str(key), entry, acl, entry.name == chosen, out, warnings.get(entry.name, ""))
        for key, (entry, out) in enumerate(zip(acl.entries, left_out, strict=True))
    )
    return Dialog(tuple(entries), acl.roles, filter_, tab if tab in TABS else TABS[0])


TABS = ("entries", "roles", "advanced")


def tabs(database: str) -> list[Crumb]:
    """The pages of access control; `icon` holds their short name."""
    return [
        Crumb(_("Entries, roles, settings"), url_for("acl.page", database=database), "entries"),
        Crumb(_("Log"), url_for("acl_asking.log", database=database), "log"),
        Crumb(
            _("Effective access"), url_for("acl_asking.effective", database=database), "effective"
        ),
        Crumb(_("Why can she see this?"), url_for("acl_asking.why", database=database), "why"),
    ]


def _passes(entry: Entry, filter_: str) -> bool:
    return filter_ == entry.level.title or entry.type in KINDS.get(filter_, ())


def _form(
    key: str, entry: Entry, acl: Acl, selected: bool, left_out: bool, warning: str
) -> EntryForm:
    return EntryForm(
        key=key,
        name=entry.name,
        title=entry_title(entry.name),
        icon=ICONS.get(entry.type, "circle"),
        type=entry.type.value,
        kind=next(kind for kind, types in KINDS.items() if entry.type in types),
        level=entry.level.title,
        level_title=_(entry.level.title),
        privileges=ticks(entry),
        roles=tuple(Tick(role, role, role in entry.roles) for role in acl.roles),
        selected=selected,
        left_out=left_out,
        stays=entry.name == DEFAULT_ENTRY,
        warning=warning,
    )


def ticks(entry: Entry) -> tuple[Tick, ...]:
    """The privileges as they stand by level and choice."""
    rules = RULES[entry.level]
    return tuple(
        Tick(
            one.value,
            _(one.label),
            rules[one] is Rule.ALWAYS or one in entry.privileges,
            rules[one].value,
        )
        for one in Privilege
    )


def level_options() -> list[tuple[Option, str]]:
    """Levels, the highest first, each with the rules of its privileges for the script:
    `create:F delete:o …`."""
    return [(Option(one.title, _(one.title)), _rules(one)) for one in sorted(Level, reverse=True)]


def type_options() -> list[Option]:
    return [Option(one.value, _(one.label)) for one in EntryType]


def filter_options() -> list[tuple[str, list[Option]]]:
    """What the list can be narrowed to: headings with choices."""
    kinds = {
        "person": _("Persons"),
        "server": _("Servers"),
        "group": _("Groups"),
        "unspecified": _("Unspecified"),
    }
    return [
        (_("Type"), [Option(value, label) for value, label in kinds.items()]),
        (_("Level"), [option for option, rules in level_options()]),
    ]


def _rules(level: Level) -> str:
    return " ".join(f"{one.value}:{rule.value}" for one, rule in RULES[level].items())
