"""`divan store backup`."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from store.backup import back_up
from store.command.common import Failure, as_json_option, directory_of, names_argument, told_plainly
from store.command.progress import Line, interrupting


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
@names_argument
@as_json_option
@click.pass_obj
def backup(data: Path, directory: Path, databases: tuple[str, ...], as_json: bool) -> None:
    """Copy everything, or the named DATABASES, to the new DIRECTORY while the store is in use.

    The whole data directory goes along, settings and secrets too: keep the backup as safe as it.
    A backup that was cut leaves no DIRECTORY; run it again.
    """
    directory_of(data)
    line = Line()
    with told_plainly(), interrupting():
        manifest = back_up(data, directory, databases, line.share)
    line.clear()
    damaged = [each.name for each in manifest.databases if each.problems or each.misfits]
    if as_json:
        click.echo(json.dumps(asdict(manifest), ensure_ascii=False))
    else:
        for each in manifest.databases:
            click.echo(f"{each.name}: {each.doc_count} documents, {each.file.bytes // 1024} KiB")
            for problem in (*each.problems, *each.misfits):
                click.echo(f"  {problem}")
        click.echo(f"{directory}: {len(manifest.databases)} databases{_verdict(damaged)}.")
    if damaged:
        raise Failure(f"Damaged: {', '.join(damaged)}. They were copied as they are.")


def _verdict(damaged: list[str]) -> str:
    if damaged:
        return f", {len(damaged)} of them damaged"
    return ", all sound when they were read back"
