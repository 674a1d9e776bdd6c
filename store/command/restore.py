"""`divan store restore`."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from store.backup import Manifest, is_free, restore_databases, restore_directory
from store.command.common import (
    Failure,
    Missing,
    as_json_option,
    directory_of,
    names_argument,
    told_plainly,
)
from store.command.progress import Line, interrupting


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
@names_argument
@click.option("--force", is_flag=True, help="Replace databases that are there.")
@as_json_option
@click.pass_obj
def restore(
    data: Path, directory: Path, databases: tuple[str, ...], force: bool, as_json: bool
) -> None:
    """Bring back the backup in DIRECTORY.

    Where the data directory is new, all of it is made. Where it is there, the databases of the
    backup (or the named DATABASES) are brought into it, also while it is in use; those that are
    there already are replaced only with --force. Settings and secrets then stay as they are.
    """
    line = Line()
    with told_plainly(), interrupting():
        if is_free(data) and not databases:
            restored = restore_directory(directory, data, line.share).databases
        else:
            Manifest.read(directory)
            if is_free(data):
                raise Missing(
                    f"{data} holds no store yet: name one that does by --data, or restore without "
                    "naming databases."
                )
            directory_of(data)
            restored = restore_databases(directory, data, databases, force=force, show=line.share)
    line.clear()
    if as_json:
        click.echo(json.dumps([asdict(each) for each in restored], ensure_ascii=False))
        return
    for each in restored:
        click.echo(f"{each.name}: {each.doc_count} documents")
        for problem in (*each.problems, *each.misfits):
            click.echo(f"  {problem}")
    click.echo(f"{data}: {len(restored)} databases restored.")
    if damaged := [each.name for each in restored if each.problems or each.misfits]:
        raise Failure(f"Damaged before the backup was made: {', '.join(damaged)}.")
