"""`divan store info`."""

import json
from pathlib import Path

import click

from store.command.common import as_json_option, chosen, names_argument, opened, unusable
from store.errors import DiskFailure, UnsupportedFormat
from store.lite.server import LiteServer
from store.types import Json


@click.command()
@names_argument
@as_json_option
@click.pass_obj
def info(data: Path, databases: tuple[str, ...], as_json: bool) -> None:
    """Show documents, deleted ones, sequence and size of each database.

    Exit code 1: one of them cannot be read; it is named.
    """
    with opened(data) as server:
        facts = [_facts(server, name) for name in chosen(server, databases)]
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False))
    else:
        click.echo(f"{'database':32}{'documents':>10}{'deleted':>10}{'sequence':>10}{'KiB':>12}")
        for each in facts:
            click.echo(_line(each))
    if damaged := [str(each["db_name"]) for each in facts if "error" in each]:
        raise unusable(damaged)


def _facts(server: LiteServer, name: str) -> dict[str, Json]:
    try:
        return server.database(name).info()
    except (DiskFailure, UnsupportedFormat) as error:
        return {"db_name": name, **error.to_json()}


def _line(facts: dict[str, Json]) -> str:
    if "error" in facts:
        return f"{facts['db_name']:32}{facts['reason']}"
    size = facts["sizes"]["file"] // 1024
    counts = f"{facts['doc_count']:>10}{facts['doc_del_count']:>10}{facts['update_seq']:>10}"
    return f"{facts['db_name']:32}{counts}{size:>12}"
