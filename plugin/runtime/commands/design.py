"""`divan design`: what Designers customised in the databases, and new versions of the rest."""

import json
from pathlib import Path
from typing import Any

import click

from plugin.runtime.commands.output import as_json_option, print_facts
from plugin.runtime.designs.customising import read, written
from plugin.runtime.designs.deploying import Deployed
from plugin.runtime.designs.design_state import DesignState, design_state, keep
from plugin.runtime.designs.threeway import ABSENT, Difference
from plugin.runtime.errors import Refused
from plugin.runtime.office import Office
from plugin.runtime.people.people import demand_office

places_argument = click.argument("places", nargs=-1, required=True)


@click.group()
def design() -> None:
    """Forms, listings and views: deploy new versions, and look after what was customised.

    A place in a design is written forms/customer/items/phone/label: names from the outside in.
    """


@design.command()
@as_json_option
@click.pass_obj
def deploy(data: Path, as_json: bool) -> None:
    """Bring the designs of all databases up to this version, with their indexes.

    Can run before the server is restarted: the old indexes serve until the new ones are built.
    `divan serve` does the same when it starts.
    """
    with Office.open(data) as office:
        demand_office(office)
        done = office.deploy(None if as_json else _progress)
    lines = [line for one in done for line in _told(one)]
    print_facts([_deployed(one) for one in done], "\n".join(lines) or "All is up to date.", as_json)
    if any(one.newer for one in done):
        raise Refused("A newer Divan has deployed here. Upgrade this one.")


@design.command()
@click.argument("databases", nargs=-1)
@as_json_option
@click.pass_obj
def status(data: Path, databases: tuple[str, ...], as_json: bool) -> None:
    """Show what is customised in DATABASES (all if none is named), and what of it clashes."""
    with Office.open(data) as office:
        demand_office(office)
        names = databases or tuple(office.databases())
        states = [design_state(office, name) for name in names]
    facts = [_facts(state) for state in states]
    lines = [line for state in states for line in _lines(state)]
    print_facts(facts, "\n".join(lines) or "Nothing is customised.", as_json)


@design.command()
@click.argument("database")
@click.argument("place", required=False)
@as_json_option
@click.pass_obj
def diff(data: Path, database: str, place: str | None, as_json: bool) -> None:
    """Show what stands in DATABASE beside what is shipped, at PLACE or everywhere."""
    with Office.open(data) as office:
        demand_office(office)
        state = design_state(office, database)
        found = state.at(read(place)) if place else state.customised
    lines = [line for one in found for line in _both(one)]
    facts = [
        {"place": written(one.place), "mine": _json(one.mine), "shipped": _json(one.new)}
        for one in found
    ]
    print_facts(facts, "\n".join(lines) or "Nothing is customised.", as_json)


@design.command()
@click.argument("database")
@places_argument
@click.pass_obj
def take(data: Path, database: str, places: tuple[str, ...]) -> None:
    """Replace what was customised at PLACES of DATABASE by what is shipped."""
    chosen = [read(place) for place in places]
    with Office.open(data) as office:
        demand_office(office)
        state = design_state(office, database)
        for place in chosen:
            state.at(place)
        left = office.take_shipped(database, chosen)
    click.echo(f"{database}: taken as shipped. Clashes left: {len(left.clashes)}")


@design.command("keep")
@click.argument("database")
@places_argument
@click.pass_obj
def keep_(data: Path, database: str, places: tuple[str, ...]) -> None:
    """Keep what was customised where it clashes at PLACES of DATABASE."""
    with Office.open(data) as office:
        demand_office(office)
        for place in keep(office, database, [read(place) for place in places]):
            click.echo(f"{database}: {written(place)} is kept.")


def _progress(database: str, view: str, rows: int) -> None:
    click.echo(f"{database}: building {view} and the others, {rows} rows so far", err=True)


def _deployed(done: Deployed) -> dict[str, Any]:
    return {
        "database": done.name,
        "changed": done.changed,
        "newer": done.newer,
        "clashes": [written(place) for place in done.clashes],
        "put_back": [written(place) for place in done.put_back],
    }


def _told(done: Deployed) -> list[str]:
    if done.newer:
        return [f"{done.name}: left as it is, {done.newer} deployed here"]
    lines = [f"{done.name}: deployed"] if done.changed else []
    lines += [f"{done.name}: {written(place)} is as shipped again" for place in done.put_back]
    return lines + [f"{done.name}: {written(place)} clashes" for place in done.clashes]


def _facts(state: DesignState) -> dict[str, Any]:
    return {
        "database": state.name,
        "release": dict(state.release),
        "newer": state.newer,
        "customised": [written(one.place) for one in state.customised],
        "clashes": {written(place): why for place, why in state.clashes.items()},
    }


def _lines(state: DesignState) -> list[str]:
    lines = [f"{state.name}: deployed by {state.newer}, newer than this Divan"] * bool(state.newer)
    lines += [
        f"{state.name}: {written(place)} CLASHES{': ' if why else ''}{why}"
        for place, why in state.clashes.items()
    ]
    return lines + [f"{state.name}: {written(one.place)} {_kind(one)}" for one in state.customised]


def _kind(one: Difference) -> str:
    if one.new is ABSENT:
        return "is added here"
    return "is removed here" if one.mine is ABSENT else "is changed here"


def _both(one: Difference) -> list[str]:
    return [
        written(one.place),
        f"  here     {_shown(one.mine)}",
        f"  shipped  {_shown(one.new)}",
    ]


def _shown(value: Any) -> str:
    return "nothing" if value is ABSENT else json.dumps(value, ensure_ascii=False)


def _json(value: Any) -> Any:
    """A place that a side does not have is null, as in the answers of CouchDB."""
    return None if value is ABSENT else value
