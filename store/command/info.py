"""`divan store info`."""

import json
from pathlib import Path

import click

from store.command.common import as_json_option, chosen, names_argument, opened


@click.command()
@names_argument
@as_json_option
@click.pass_obj
def info(data: Path, databases: tuple[str, ...], as_json: bool) -> None:
    """Show documents, deleted ones, sequence and size of each database."""
    with opened(data) as server:
        facts = [server.database(name).info() for name in chosen(server, databases)]
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    click.echo(f"{'database':32}{'documents':>10}{'deleted':>10}{'sequence':>10}{'KiB':>12}")
    for each in facts:
        size = each["sizes"]["file"] // 1024
        counts = f"{each['doc_count']:>10}{each['doc_del_count']:>10}{each['update_seq']:>10}"
        click.echo(f"{each['db_name']:32}{counts}{size:>12}")
