"""`divan store check`."""

import json
from pathlib import Path
from typing import Any

import click

from store.checking import check as check_database
from store.command.common import Failure, as_json_option, chosen, names_argument, opened
from store.errors import StoreError
from store.lite.integrity import integrity
from store.lite.server import LiteServer


@click.command()
@names_argument
@as_json_option
@click.pass_obj
def check(data: Path, databases: tuple[str, ...], as_json: bool) -> None:
    """Read every revision and attachment and report what is damaged (exit code 1)."""
    facts = []
    with opened(data) as server:
        for name in chosen(server, databases):
            found = _checked(server, data / "store", name)
            facts.append(found)
            if not as_json:
                _print_checked(found)
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False))
    damaged = [str(found["database"]) for found in facts if found["problems"]]
    if damaged:
        raise Failure(f"Damaged: {', '.join(damaged)}. Restore a backup or replicate anew.")


def _checked(server: LiteServer, directory: Path, name: str) -> dict[str, Any]:
    """The facts of one database; one that cannot be opened does not keep the rest unchecked."""
    facts: dict[str, Any] = {"database": name, "documents": 0, "revisions": 0, "attachments": 0}
    try:
        problems = integrity(directory, name)
        if not problems:
            found = check_database(server.database(name))
            facts |= {"documents": found.documents, "revisions": found.revisions}
            facts |= {"attachments": found.attachments}
            problems = list(found.problems)
    except StoreError as error:
        problems = [error.reason]
    return {**facts, "problems": problems}


def _print_checked(found: dict[str, Any]) -> None:
    counts = (
        f"{found['documents']} documents, {found['revisions']} revisions, "
        f"{found['attachments']} attachments"
    )
    click.echo(f"{found['database']}: {'DAMAGED' if found['problems'] else 'sound'}; {counts}")
    for problem in found["problems"]:
        click.echo(f"  {problem}")
