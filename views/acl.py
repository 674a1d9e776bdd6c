"""The access control list of a database: entries, roles, and what somebody may do by them."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers.response import Response

from acl import (
    ANONYMOUS_ENTRY,
    DEFAULT_ENTRY,
    RULES,
    Acl,
    Entry,
    EntryType,
    Level,
    Privilege,
    Rule,
    access,
    dry_problems,
)
from plugin import Invalid, Message, NotFound, Raw, Refused, SaveConflict, told
from views.acl_reading import read_acl
from views.editing import Option
from views.language import _, current_formats
from views.navigator import crumbs, info
from views.renderers import name_of
from views.shell import documents, shell, user

blueprint = Blueprint("acl", __name__)
Answer = Response | str | tuple[str, int]

LEVELS = {
    Level.MANAGER: Message("Manager"),
    Level.DESIGNER: Message("Designer"),
    Level.EDITOR: Message("Editor"),
    Level.AUTHOR: Message("Author"),
    Level.READER: Message("Reader"),
    Level.DEPOSITOR: Message("Depositor"),
    Level.NO_ACCESS: Message("No Access"),
}
TYPES = {
    EntryType.UNSPECIFIED: Message("Unspecified"),
    EntryType.PERSON: Message("Person"),
    EntryType.SERVER: Message("Server"),
    EntryType.GROUP: Message("Person group"),
    EntryType.SERVER_GROUP: Message("Server group"),
    EntryType.MIXED: Message("Mixed group"),
}
PRIVILEGES = {
    Privilege.CREATE: Message("Create"),
    Privilege.DELETE: Message("Delete"),
    Privilege.PRIVATE_VIEWS: Message("Private listings"),
    Privilege.SHARED_VIEWS: Message("Shared listings"),
    Privilege.AGENTS: Message("Agents"),
    Privilege.READ_PUBLIC: Message("Read public"),
    Privilege.WRITE_PUBLIC: Message("Write public"),
    Privilege.REPLICATE: Message("Replicate or copy"),
}


@dataclass(frozen=True)
class Tick:
    """`fixed`: the level has it always or never; ticking changes nothing."""

    value: str
    label: str
    ticked: bool
    fixed: bool = False


@dataclass(frozen=True)
class EntryLine:
    key: str
    name: str
    title: str
    type: str
    level: str
    privileges: tuple[Tick, ...]
    roles: tuple[Tick, ...]
    new: bool = False
    stays: bool = False


@dataclass(frozen=True)
class Effect:
    """What a person has in this database, and why."""

    title: str
    level: str
    privileges: str
    roles: str
    why: tuple[str, ...]


@dataclass(frozen=True)
class LogLine:
    text: str
    by: str
    at: str


@blueprint.get("/<database>/acl")
def page(database: str) -> Answer:
    """The list as it stands."""
    docs = documents(database)
    info(database)
    return _show(database, docs.acl(), docs.acl_document(), 200)


@blueprint.post("/<database>/acl")
def save(database: str) -> Answer:
    """Save the list; the door refuses all but Managers, and a list that is not sound."""
    docs = documents(database)
    info(database)
    old, stored = docs.acl(), docs.acl_document()
    new = read_acl(request.form)
    who = user()
    warnings = [
        _(told(one))
        for one in (dry_problems(old, new, who.identity) if who else ())
        if one.code == "acl_lose_manager"
    ]
    if warnings and docs.may("manage") and "sure" not in request.form:
        return _show(database, new, stored, 422, warnings=warnings)
    try:
        docs.save_acl(new, request.form.get("rev") or None)
    except Invalid as error:
        texts = [_(text) for text in error.problems.values()]
        return _show(database, new, stored, error.status, problems=texts)
    except (Refused, SaveConflict) as error:
        return _show(database, new, stored, error.status, problems=[_(error.message)])
    flash(_("Saved. It is in force at once."), "success")
    return redirect(_after(database), 303)


def _after(database: str) -> str:
    """Back to the list, or to the start page for one who just shut the door behind himself."""
    try:
        documents(database)
        info(database)
    except NotFound:
        return url_for("start.page")
    return url_for(".page", database=database)


def _show(
    database: str,
    acl: Acl,
    stored: Raw,
    status: int,
    *,
    problems: list[str] | None = None,
    warnings: list[str] | None = None,
) -> tuple[str, int]:
    people = shell().office.directory.people()
    persons = [Option(one.name, name_of(one.name)) for one in people.persons.values() if one.active]
    groups = [Option(one.name, name_of(one.name)) for one in people.groups.values()]
    can_manage = bool(documents(database).may("manage"))
    lines = [_line(str(place), entry, acl) for place, entry in enumerate(acl.entries)]
    if can_manage:
        lines.append(_line("new", Entry("", level=Level.READER), acl, new=True))
    asked = request.args.get("person", "").strip()
    html = render_template(
        "acl.html",
        title=_("Access control"),
        crumbs=crumbs(database),
        action=url_for(".save", database=database),
        cancel=url_for("navigator.page", database=database),
        rev=stored.get("_rev", ""),
        can_manage=can_manage,
        entries=lines,
        types=[Option(one.value, _(text)) for one, text in TYPES.items()],
        levels=[(Option(one.title, _(text)), _rules(one)) for one, text in LEVELS.items()],
        roles=", ".join(acl.roles),
        problems=problems or [],
        warnings=warnings or [],
        asked=asked,
        effect=_effect(acl, asked) if asked else None,
        people=persons,
        names=persons + groups,
        log=[_log_line(line) for line in reversed(stored.get("log") or [])][:20],
    )
    return html, status


def _line(key: str, entry: Entry, acl: Acl, *, new: bool = False) -> EntryLine:
    rules = RULES[entry.level]
    ticks = tuple(
        Tick(
            one.value,
            _(text),
            rules[one] is Rule.ALWAYS or one in entry.privileges,
            rules[one] in (Rule.ALWAYS, Rule.NEVER),
        )
        for one, text in PRIVILEGES.items()
    )
    roles = tuple(Tick(role, role, role in entry.roles) for role in acl.roles)
    title = {
        DEFAULT_ENTRY: _("Everybody else"),
        ANONYMOUS_ENTRY: _("Not signed in"),
    }.get(entry.name, name_of(entry.name))
    level, stays = entry.level.title, entry.name == DEFAULT_ENTRY
    return EntryLine(key, entry.name, title, entry.type.value, level, ticks, roles, new, stays)


def _rules(level: Level) -> str:
    """For the script: each privilege with the letter of its rule, `create:F delete:o …`."""
    return " ".join(f"{one.value}:{rule.value}" for one, rule in RULES[level].items())


def _effect(acl: Acl, name: str) -> Effect | None:
    """What the list shown gives to a person; None for nobody."""
    person = shell().office.directory.by_login(name)
    if person is None:
        return None
    held = access(acl, shell().office.directory.identity(person.name))
    shown = [_(text) for one, text in PRIVILEGES.items() if one in held.privileges]
    return Effect(
        title=name_of(person.name),
        level=_(LEVELS[held.level]),
        privileges=", ".join(shown),
        roles=", ".join(sorted(held.roles)),
        why=tuple(_(told(one)) for one in held.why),
    )


def _log_line(line: dict[str, Any]) -> LogLine:
    by, at = str(line.get("by", "")), str(line.get("at", ""))
    return LogLine(str(line.get("text", "")), name_of(by), current_formats().time(at))
