"""`divan store compact`."""

import json
from pathlib import Path

import click

from store.command.common import as_json_option, chosen, names_argument, opened


@click.command()
@names_argument
@as_json_option
@click.pass_obj
def compact(data: Path, databases: tuple[str, ...], as_json: bool) -> None:
    """Forget the bodies of replaced revisions and give the space back."""
    facts = []
    with opened(data) as server:
        for name in chosen(server, databases):
            database = server.database(name)
            before = database.info()["sizes"]["file"]
            database.compact()
            after = database.info()["sizes"]["file"]
            facts.append({"database": name, "before": before, "after": after})
            if not as_json:
                click.echo(f"{name}: {before // 1024} KiB, now {after // 1024} KiB")
    if as_json:
        click.echo(json.dumps(facts))
