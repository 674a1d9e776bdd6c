"""`divan export`: a listing as a file."""

import sys
from pathlib import Path

import click

from plugin.runtime.errors import BadInput, NotFound
from plugin.runtime.exporting import FORMATS, export, write_file
from plugin.runtime.files import written_whole
from plugin.runtime.office import Office
from plugin.runtime.session import Session


@click.command("export")
@click.argument("database")
@click.argument("listing")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--as", "person", help="Only what this person may read and copy.")
@click.option("--all", "whole", is_flag=True, help="All items of the form, with the ids.")
@click.pass_obj
def export_(
    data: Path, database: str, listing: str, file: Path, person: str | None, whole: bool
) -> None:
    """Write a LISTING of a DATABASE into FILE, as CSV or Excel by the ending of its name.

    A listing of one's own documents needs --as. The file is there when it is complete; one that
    is there already is replaced then.
    """
    ending = file.suffix.removeprefix(".").lower()
    if ending not in FORMATS:
        raise BadInput("The name of the file must end in .csv or .xlsx.")
    hidden = not sys.stderr.isatty()
    with Office.open(data) as office:
        table = export(_session(office, person).listing(database, listing), whole=whole)
        bar = click.progressbar(
            length=table.total, label="Exporting", file=sys.stderr, hidden=hidden
        )
        with bar, written_whole(file) as out:
            write_file(table, ending, out, lambda done: bar.update(done - bar.pos))
    click.echo(f"{file}: {table.total} rows.")


def _session(office: Office, person: str | None) -> Session:
    if person is None:
        return office.system()
    if office.directory.person(person) is None:
        raise NotFound("There is no person {name}.", name=person)
    return office.session(office.directory.identity(person))
