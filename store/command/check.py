"""`divan store check`."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from store.checking import check as check_database
from store.command.common import as_json_option, chosen, names_argument, opened, unusable
from store.command.progress import Line
from store.comparing import differing_views
from store.errors import StoreError
from store.lite import copies, files
from store.lite.integrity import integrity
from store.lite.server import LiteServer

ATTEMPTS = 3
"""A database that is written to between the copy and its reading is copied again."""


@click.command()
@names_argument
@click.option("--indexes", is_flag=True, help="Build all indexes anew beside, and compare.")
@as_json_option
@click.pass_obj
def check(data: Path, databases: tuple[str, ...], indexes: bool, as_json: bool) -> None:
    """Read every revision and attachment and report what is damaged (exit code 1)."""
    facts = []
    with opened(data) as server:
        for name in chosen(server, databases):
            line = Line()
            found = _checked(server, data / "store", name, indexes, line)
            line.clear()
            facts.append(found)
            if not as_json:
                _print_checked(found)
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False))
    damaged = [str(found["database"]) for found in facts if found["problems"]]
    if damaged:
        raise unusable(damaged)


def _checked(
    server: LiteServer, directory: Path, name: str, indexes: bool, line: Line
) -> dict[str, Any]:
    """The facts of one database; one that cannot be opened does not keep the rest unchecked."""
    facts: dict[str, Any] = {"database": name, "documents": 0, "revisions": 0, "attachments": 0}
    problems: list[str] = []
    try:
        problems += integrity(directory, name, lambda done, whole: line.share(name, done, whole))
    except StoreError as error:
        problems.append(error.reason)
    try:  # also where the file is damaged: most of it may be readable, and what is not is named
        database = server.database(name)
        whole = int(database.info()["doc_count"])
        found = check_database(database, lambda done: line.share(name, done, whole))
        facts |= {"documents": found.documents, "revisions": found.revisions}
        facts |= {"attachments": found.attachments}
        problems += found.problems
        if not problems:
            problems += _wrong_indexes(server, directory, name, indexes)
    except StoreError as error:
        problems.append(error.reason)
    return {**facts, "problems": list(dict.fromkeys(problems))}


def _wrong_indexes(server: LiteServer, directory: Path, name: str, indexes: bool) -> Iterator[str]:
    """What differs from the indexes of a copy, which has none yet and builds them."""
    if not indexes:
        return
    database = server.database(name)
    for _ in range(ATTEMPTS):
        with TemporaryDirectory() as folder, closing(LiteServer(folder)) as beside:
            copy = files.database_file(Path(folder), name)
            copies.copy(files.database_file(directory, name), copy, lambda done, pages: None)
            wrong = list(differing_views(database, beside.database(name)))
            copied = beside.database(name).info()["update_seq"]
        if database.info()["update_seq"] == copied:
            yield from wrong
            return
    yield "Its indexes were not compared: it is written to all the time."


def _print_checked(found: dict[str, Any]) -> None:
    counts = (
        f"{found['documents']} documents, {found['revisions']} revisions, "
        f"{found['attachments']} attachments"
    )
    click.echo(f"{found['database']}: {'DAMAGED' if found['problems'] else 'sound'}; {counts}")
    for problem in found["problems"]:
        click.echo(f"  {problem}")
