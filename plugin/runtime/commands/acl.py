"""`divan acl`: the access control lists of databases, and what somebody has by them."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from acl import Acl, Entry, EntryType, Level, Privilege, to_document
from plugin.runtime.commands.acl_asking import effective, log, person, print_effects, why
from plugin.runtime.commands.output import as_json_option, print_facts
from plugin.runtime.errors import NotFound
from plugin.runtime.office import Office
from plugin.runtime.people.people import demand_office

privilege_type = click.Choice([privilege.value for privilege in Privilege])


@click.group()
def acl() -> None:
    """Access control: the seven levels of each database."""


for command in (effective, person, why, log):
    acl.add_command(command)


@acl.command()
@click.argument("database")
@as_json_option
@click.pass_obj
def show(data: Path, database: str, as_json: bool) -> None:
    """Show the access control list of DATABASE."""
    with Office.open(data) as office:
        doc = to_document(office.state(database).acl)
    facts = {key: doc[key] for key in ("entries", "roles")}
    print_facts({"database": database, **facts}, "\n".join(_lines(facts["entries"])), as_json)


@acl.command("set")
@click.argument("database")
@click.argument("name")
@click.option("--level", help="No Access, Depositor, Reader, Author, Editor, Designer or Manager.")
@click.option("--type", "type_", type=click.Choice([t.value for t in EntryType]))
@click.option("--allow", multiple=True, type=privilege_type, help="Tick a privilege. Repeatable.")
@click.option("--deny", multiple=True, type=privilege_type, help="Untick a privilege. Repeatable.")
@click.option("--role", multiple=True, help="Give a role, [Leaders]. Repeatable; made if new.")
@click.option("--no-role", multiple=True, help="Take a role away. Repeatable.")
@click.option("--remove", is_flag=True, help="Remove the entry.")
@click.option("--dry-run", is_flag=True, help="Tell what it would change for whom; change nothing.")
@as_json_option
@click.pass_obj
def set_(
    data: Path, /, database: str, name: str, dry_run: bool, as_json: bool, **change: Any
) -> None:
    """Change or add the entry NAME (a person, group, server, */unit, -Default- or Anonymous).

    What is not named stays. What makes no sense is refused, and so is removing the last Manager.
    """
    with Office.open(data) as office:
        demand_office(office)
        documents = office.system().database(database)
        new = changed(documents.acl(), name, **change)
        if dry_run:
            print_effects(documents.acl_effects(new), as_json)
            return
        documents.save_acl(new)
        entries = to_document(new)["entries"]
    facts = [entry for entry in entries if entry["name"] == name]
    print_facts(
        facts[0] if facts else None, "\n".join(_lines(facts)) or f"{name} is removed.", as_json
    )


def changed(
    old: Acl,
    name: str,
    *,
    level: str | None = None,
    type_: str | None = None,
    allow: Iterable[str] = (),
    deny: Iterable[str] = (),
    role: Iterable[str] = (),
    no_role: Iterable[str] = (),
    remove: bool = False,
) -> Acl:
    """The list with one entry changed. Raises NotFound for removing what is not there, and a usage
    error for a level that is none."""
    entry = old.find(name)
    others = tuple(one for one in old.entries if one.name != name)
    if remove:
        if entry is None:
            raise NotFound("The list has no entry {name}.", name=name)
        return replace(old, entries=others)
    entry = entry or Entry(name)
    privileges = entry.privileges | frozenset(map(Privilege, allow))
    entry = Entry(
        name,
        EntryType(type_) if type_ else entry.type,
        _level(level) if level else entry.level,
        privileges - frozenset(map(Privilege, deny)),
        (entry.roles | frozenset(role)) - frozenset(no_role),
    )
    roles = (*old.roles, *sorted(set(role) - set(old.roles)))
    names = [one.name for one in old.entries]
    place = names.index(name) if name in names else len(others)
    return Acl((*others[:place], entry, *others[place:]), roles)


def _level(text: str) -> Level:
    try:
        return Level.parse(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--level") from error


def _lines(entries: Iterable[dict[str, Any]]) -> list[str]:
    return [
        f"{entry['name']:32} {entry['type']:12} {entry['level']:10} "
        f"{' '.join([*entry['privileges'], *entry['roles']])}".rstrip()
        for entry in entries
    ]
