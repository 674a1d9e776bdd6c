"""`divan full-access`: the log of what administrators did by full access."""

from dataclasses import asdict
from pathlib import Path

import click

from plugin.runtime.commands.output import as_json_option, print_facts
from plugin.runtime.office import Office
from plugin.runtime.people.people import demand_office


@click.command()
@click.option("--limit", default=200, show_default=True, help="So many lines, the newest first.")
@as_json_option
@click.pass_obj
def full_access(data: Path, limit: int, as_json: bool) -> None:
    """Show who had full access, why, and what was opened and changed by it.

    It is turned on in the shell; nobody changes this log.
    """
    with Office.open(data) as office:
        demand_office(office)
        lines = office.full_access.log(limit)
    text = "\n".join(
        f"{one.at} {one.person} {one.what} {one.database} {one.about} ({one.reason})"
        for one in lines
    )
    print_facts([asdict(one) for one in lines], text or "Nobody has used it yet.", as_json)
