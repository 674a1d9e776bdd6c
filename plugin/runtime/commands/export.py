"""`divan export`: a listing as a file."""

import sys
from pathlib import Path

import click

from acl import VIEW_FORM
from plugin.runtime.errors import BadInput, NotFound
from plugin.runtime.exporting import FORMATS, export, write_file
from plugin.runtime.files import written_whole
from plugin.runtime.filters.query import Query, read_query, saved_pairs
from plugin.runtime.listings.listing import Listing
from plugin.runtime.office import Office
from plugin.runtime.session import Session


@click.command("export")
@click.argument("database")
@click.argument("listing")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--as", "person", help="Only what this person may read and copy.")
@click.option("--all", "whole", is_flag=True, help="All items of the form, with the ids.")
@click.option(
    "--filter",
    "text",
    default="",
    help="Only rows that meet these conditions, as they stand in the address of the page.",
)
@click.pass_obj
def export_(
    data: Path,
    database: str,
    listing: str,
    file: Path,
    person: str | None,
    whole: bool,
    text: str,
) -> None:
    """Write a LISTING of a DATABASE into FILE, as CSV or Excel by the ending of its name.

    LISTING may be the id of a saved view, as it stands in the view's address (view:…).

    A listing of one's own documents needs --as. The file is there when it is complete; one that
    is there already is replaced then.
    """
    ending = file.suffix.removeprefix(".").lower()
    if ending not in FORMATS:
        raise BadInput("The name of the file must end in .csv or .xlsx.")
    hidden, done = not sys.stderr.isatty(), 0
    with Office.open(data) as office:
        source, text = _source(_session(office, person), database, listing, text)
        table = export(source, query=_query(source, text), whole=whole)
        bar = click.progressbar(
            length=table.total, label="Exporting", file=sys.stderr, hidden=hidden
        )

        def show(written: int) -> None:
            nonlocal done
            bar.update(written - done)
            done = written

        with bar, written_whole(file) as out:
            write_file(table, ending, out, show)
    click.echo(f"{file}: {done} rows.")


def _source(session: Session, database: str, listing: str, text: str) -> tuple[Listing, str]:
    """The listing with its filter: those of a saved view, where its id was given."""
    if not listing.startswith(f"{VIEW_FORM}:"):
        return session.listing(database, listing), text
    if text:
        raise BadInput("A saved view has its own filter; leave --filter away.")
    view = session.database(database).view(listing)
    return session.listing(database, view.listing), view.text


def _query(listing: Listing, text: str) -> Query:
    asked = read_query(listing.context.form(listing.spec.form), saved_pairs(text))
    for parameter, problem in asked.problems.items():
        raise BadInput(f"--filter, {parameter}: {problem}")
    return asked.query


def _session(office: Office, person: str | None) -> Session:
    if person is None:
        return office.system()
    if office.directory.person(person) is None:
        raise NotFound("There is no person {name}.", name=person)
    return office.session(office.directory.identity(person))
