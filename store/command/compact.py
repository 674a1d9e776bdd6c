"""`divan store compact`."""

import json
from pathlib import Path

import click

from store.api import Database
from store.command.common import as_json_option, chosen, names_argument, opened, unusable
from store.errors import Damaged


@click.command()
@names_argument
@as_json_option
@click.pass_obj
def compact(data: Path, databases: tuple[str, ...], as_json: bool) -> None:
    """Forget the bodies of replaced revisions and give the space back."""
    facts, damaged = [], []
    with opened(data) as server:
        for name in chosen(server, databases):
            try:
                before, after = _compacted(server.database(name))
            except Damaged:
                damaged.append(name)
                continue
            facts.append({"database": name, "before": before, "after": after})
            if not as_json:
                click.echo(f"{name}: {before // 1024} KiB, now {after // 1024} KiB")
    if as_json:
        click.echo(json.dumps(facts))
    if damaged:
        raise unusable(damaged)


def _compacted(database: Database) -> tuple[int, int]:
    """Its bytes before and after."""
    before = int(database.info()["sizes"]["file"])
    database.compact()
    return before, int(database.info()["sizes"]["file"])
