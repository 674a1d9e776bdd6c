"""`divan search`: the full-text index of this data directory."""

from pathlib import Path
from typing import Any

import click

from plugin.runtime.commands.output import as_json_option, print_facts
from plugin.runtime.office import Office
from plugin.runtime.search.following import follow
from store.text import TextIndex
from store.types import ChangesOptions


@click.group()
def search() -> None:
    """The index that searches in all databases ask. `divan serve` keeps it up to date."""


@search.command()
@as_json_option
@click.pass_obj
def status(data: Path, as_json: bool) -> None:
    """How many documents of each database the index holds, and how many changes it lacks."""
    with Office.open(data) as office:
        facts = [_standing(office, office.texts, name) for name in office.databases()]
    lines = [
        f"{fact['name']:20} {fact['documents']:>8} documents, {fact['behind']} changes to come"
        for fact in facts
    ]
    print_facts(facts, "\n".join(lines), as_json)


@search.command()
@as_json_option
@click.pass_obj
def rebuild(data: Path, as_json: bool) -> None:
    """Make the index anew, as after a restored backup. Searches find less until it is done; cut in
    the middle, it is gone on with by `divan serve` or the same command."""
    done = []
    with Office.open(data) as office:
        office.texts.clear()
        for name in office.databases():
            for behind in follow(office, office.texts, name):
                if behind and not as_json:
                    click.echo(f"{name}: {behind} changes to come …", err=True)
            done.append(_standing(office, office.texts, name))
    documents = sum(fact["documents"] for fact in done)
    print_facts(done, f"{documents} documents can be found.", as_json)


def _standing(office: Office, index: TextIndex, name: str) -> dict[str, Any]:
    """`{"name", "documents", "behind"}`"""
    known = index.followed(name)
    since = known.seq if known else 0
    rest = office.server.database(name).changes(ChangesOptions(since=since, limit=1))
    behind = len(rest["results"]) + int(rest.get("pending") or 0)
    return {"name": name, "documents": index.count(name), "behind": behind}
