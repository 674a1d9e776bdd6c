"""`divan user`: people, their passwords and the tokens of their laptops."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from plugin.runtime.commands.output import as_json_option, print_facts
from plugin.runtime.errors import BadInput
from plugin.runtime.office import Office
from plugin.runtime.people.people import (
    add_person,
    demand_office,
    demand_person,
    leave,
    make_administrator,
)


@click.group()
def user() -> None:
    """People: add them, let them choose a password, end what they have."""


@user.command()
@click.argument("name")
@click.option("--name-latin", help="Name in Latin letters; NAME where it is left out.")
@click.option("--name-zh", default="", help="Chinese name.")
@click.option("--department", default="", help="Path, the larger unit first: Sales/Shanghai.")
@click.option("--manager", default="", help="Stable id of the manager.")
@click.option("--mail", default="", help="Mail address.")
@click.option("--language", type=click.Choice(["en", "zh_Hans"]), help="Language of the pages.")
@click.option("--admin", is_flag=True, help="Make the person an administrator.")
@as_json_option
@click.pass_obj
def add(
    data: Path,
    /,
    name: str,
    name_latin: str | None,
    admin: bool,
    as_json: bool,
    **items: str | None,
) -> None:
    """Add a person with the stable id NAME (as in anna.snelling) and print a one-time link.

    NAME is also the login. By the link the person chooses a password, once and within 7 days.
    """
    with Office.open(data) as office:
        demand_office(office)
        given = {item: value for item, value in items.items() if value}
        add_person(office, name, {**given, "name_latin": name_latin or name})
        if admin:
            make_administrator(office, name)
        facts = {"name": name, "administrator": admin, "link": _link(office, name)}
    print_facts(facts, f"{name} is added. One-time link: {facts['link']}", as_json)


@user.command()
@click.argument("name")
@as_json_option
@click.pass_obj
def invite(data: Path, name: str, as_json: bool) -> None:
    """Print a new one-time link for NAME to choose a password. Earlier links stop working."""
    with Office.open(data) as office:
        demand_office(office)
        demand_person(office, name)
        facts = {"name": name, "link": _link(office, name)}
    print_facts(facts, facts["link"], as_json)


@user.command()
@click.argument("name")
@click.pass_obj
def password(data: Path, name: str) -> None:
    """Set the password of NAME. Open sessions of the person end.

    The password is asked for twice, or read from the standard input when it is no terminal.
    """
    with Office.open(data) as office:
        demand_person(office, name)
        office.credentials.set_password(name, _new_password())
    click.echo(f"The password of {name} is set.", err=True)


@user.command("list")
@click.option("--all", "everybody", is_flag=True, help="Also those who have left.")
@as_json_option
@click.pass_obj
def list_(data: Path, everybody: bool, as_json: bool) -> None:
    """List the people: stable id, name, department, manager, and who can sign in."""
    with Office.open(data) as office:
        people = office.directory.people(fresh=True).persons.values()
        facts = [
            {
                "name": person.name,
                "title": person.title(),
                "department": person.department,
                "manager": person.manager,
                "active": person.active,
                "password": office.credentials.has_password(person.name),
            }
            for person in sorted(people, key=lambda person: person.name)
            if everybody or person.active
        ]
    lines = [_line(person) for person in facts]
    print_facts(facts, "\n".join(lines) if lines else "There is nobody yet.", as_json)


@user.command("leave")
@click.argument("name")
@click.pass_obj
def leave_(data: Path, name: str) -> None:
    """NAME has left: cannot sign in any more, laptops are emptied, the name stays taken."""
    with Office.open(data) as office:
        demand_office(office)
        demand_person(office, name)
        leave(office, name)
    click.echo(f"{name} has left.", err=True)


@user.command()
@click.argument("name")
@as_json_option
@click.pass_obj
def tokens(data: Path, name: str, as_json: bool) -> None:
    """List the laptops of NAME and the ids of their tokens."""
    with Office.open(data) as office:
        demand_person(office, name)
        facts = [vars(token) for token in office.credentials.tokens(name)]
    lines = [
        f"{token['id'][:16]}  {token['label'] or token['kind']}  since {token['issued_at']}"
        + (f"  revoked {token['revoked_at']}" if token["revoked_at"] else "")
        for token in facts
    ]
    print_facts(facts, "\n".join(lines) if lines else "There is none.", as_json)


@user.command()
@click.argument("name")
@click.argument("token")
@click.pass_obj
def revoke(data: Path, name: str, token: str) -> None:
    """End the TOKEN of a laptop of NAME (see `tokens`; the first letters of the id suffice).

    At its next sync that laptop is emptied.
    """
    with Office.open(data) as office:
        demand_office(office)
        found = [one for one in office.credentials.tokens(name) if one.id.startswith(token)]
        if len(found) != 1:
            raise BadInput(
                "{count} tokens of {name} begin with {token}.",
                count=len(found),
                name=name,
                token=token,
            )
        office.credentials.revoke(found[0].id)
    click.echo("The token is revoked.", err=True)


def _link(office: Office, name: str) -> str:
    base = str(office.settings.base_url).rstrip("/")
    return f"{base}/invite/{office.credentials.invite(name)}"


def _new_password() -> str:
    if sys.stdin.isatty():
        prompt = click.prompt("New password", hide_input=True, confirmation_prompt=True, err=True)
        return str(prompt)
    return sys.stdin.readline().rstrip("\r\n")


def _line(person: Mapping[str, Any]) -> str:
    marks = "" if person["password"] else "  (no password yet)"
    marks += "" if person["active"] else "  (left)"
    where = " · ".join(filter(None, (person["department"], person["manager"])))
    return f"{person['name']:32} {person['title']:32} {where}{marks}".rstrip()
