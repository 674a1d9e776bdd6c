"""`divan replica review`: edits of a laptop that the office did not take."""

import json
from pathlib import Path

import click

from plugin.runtime.files import write_private
from plugin.runtime.office import Office
from plugin.runtime.replica.deciding import whole
from plugin.runtime.replica.review import DISCARD, RETRY, SEND, ReviewFolder, exported

KEY = click.argument("key")


@click.group()
def review() -> None:
    """Edits that the office did not take. What you choose is carried out by the next sync."""


@review.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print the edits as JSON.")
@click.pass_obj
def list_(data: Path, as_json: bool) -> None:
    """The key of each, its document, the reason, and what happens with it."""
    edits = ReviewFolder(data).all()
    if as_json:
        told = [{"key": edit.key, "wish": edit.wish, **exported(edit)} for edit in edits]
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    for edit in edits:
        click.echo(
            f"{edit.key} {edit.database}/{edit.id} {edit.title}: {edit.reason} "
            f"({edit.why} {edit.at}, {edit.wish or 'undecided'})"
        )


@review.command()
@KEY
@click.option("--note", default="", help="A word to who decides.")
@click.pass_obj
def send(data: Path, key: str, note: str) -> None:
    """Send an edit to those who may edit the document."""
    _wish(data, key, SEND, note)


@review.command()
@KEY
@click.pass_obj
def retry(data: Path, key: str) -> None:
    """Try again, where the right came back."""
    _wish(data, key, RETRY)


@review.command()
@KEY
@click.pass_obj
def discard(data: Path, key: str) -> None:
    """Let the office's version stand."""
    _wish(data, key, DISCARD)


@review.command()
@KEY
@click.pass_obj
def undo(data: Path, key: str) -> None:
    """Take back what was chosen, until the next sync."""
    _wish(data, key, "")


@review.command()
@KEY
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
def export(data: Path, key: str, file: Path) -> None:
    """Write an edit with its files into FILE, as JSON."""
    with Office.open(data) as office:
        edit = whole(office.server, ReviewFolder(data).get(key))
    write_private(file, json.dumps(exported(edit), ensure_ascii=False, indent=2) + "\n")


def _wish(data: Path, key: str, wish: str, note: str = "") -> None:
    edit = ReviewFolder(data).wish(key, wish, note)
    click.echo(f"{edit.database}/{edit.id}: {wish or 'undecided'}, at the next sync.")
