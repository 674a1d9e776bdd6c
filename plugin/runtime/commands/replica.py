"""`divan replica`: a laptop's replica of an office."""

import json
import platform
import sys
import time
from pathlib import Path
from typing import Any

import click

from plugin.runtime.office import Office
from plugin.runtime.replica.laptop import Replica, register
from plugin.runtime.replica.remote import Unreachable, read_url
from plugin.runtime.replica.sync import Synced
from store.replication import Progress

PAUSE = 30.0
"""Seconds between two syncs of `--continuous`."""


@click.group()
def replica() -> None:
    """A replica of an office on this machine: clone it, work offline, synchronise."""


@replica.command()
@click.argument("url")
@click.option("--login", prompt="Login name", help="Your login name at the office.")
@click.option("--label", default=platform.node, help="Name of this laptop in the office's list.")
@click.option("--yes", is_flag=True, help="Do not ask before copying.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
@click.pass_obj
def clone(data: Path, url: str, login: str, label: str, yes: bool, as_json: bool) -> None:
    """Copy what you may read from the office at URL into the data directory.

    The password is asked for, or taken from the standard input when it is no terminal. The same
    password opens the replica. Cut in the middle, the command goes on when it is run again.
    """
    laptop = register(data, read_url(url), login, _password(), label)
    with Office.open(data) as office:
        opened = Replica(office)
        databases = opened.databases()
        documents = sum(entry["documents"] for entry in databases)
        click.echo(
            f"{documents} documents in {len(databases)} databases for {laptop.person}.", err=True
        )
        if (
            not yes
            and sys.stdin.isatty()
            and not click.confirm("Copy them?", default=True, err=True)
        ):
            raise click.Abort
        _show(opened.sync(_progress), as_json)
    if not as_json:
        click.echo(f"Done. Work with: divan --data {data} serve --port 8001")


@replica.command()
@click.option(
    "--continuous", is_flag=True, help="Go on until stopped, also when the office is away."
)
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
@click.pass_obj
def sync(data: Path, continuous: bool, as_json: bool) -> None:
    """Bring replica and office level: rights, their edits, your edits.

    Exit code 0: done, also where something waits for you (see `replica status`). 1: the office
    does not answer. 4: it refuses this laptop; when its access was ended, the laptop is empty now.
    """
    with Office.open(data) as office:
        opened = Replica(office)
        while True:
            try:
                _show(opened.sync(_progress), as_json)
            except Unreachable as error:
                if not continuous:
                    raise
                click.echo(f"divan: {error}", err=True)
            if not continuous:
                return
            time.sleep(PAUSE)


@replica.command()
@click.option("--json", "as_json", is_flag=True, help="Print the facts as JSON.")
@click.pass_obj
def status(data: Path, as_json: bool) -> None:
    """Last sync, waiting and refused documents, conflicts. Asks nobody."""
    with Office.open(data) as office:
        facts = Replica(office).status()
    if as_json:
        click.echo(json.dumps(facts, indent=2, ensure_ascii=False))
        return
    click.echo(f"Replica of {facts['office']} for {facts['person']}")
    for entry in facts["databases"]:
        click.echo(
            f"{entry['name']:20} {entry['documents']:>8} documents, "
            f"last sync {entry['synced_at'] or 'never'}, {entry['conflicts']} conflicts, "
            f"{len(entry['refused'])} refused, {len(entry['review'])} for review"
        )
        for refused in entry["refused"]:
            click.echo(f"    refused {refused['id']}: {refused['reason']}")
        for docid in entry["review"]:
            click.echo(f"    for review {docid}: your edit could not stay in the document")


def _password() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, err=True))
    return sys.stdin.readline().rstrip("\n")


def _progress(database: str, step: str, progress: Progress) -> None:
    if sys.stderr.isatty():
        word = "received" if step == "pull" else "sent"
        click.echo(f"\r{database}: {progress.counts.written} {word}\033[K", nl=False, err=True)


def _show(results: list[Synced], as_json: bool) -> None:
    if sys.stderr.isatty():
        click.echo("\r\033[K", nl=False, err=True)
    if as_json:
        click.echo(json.dumps([done.to_json() for done in results], indent=2, ensure_ascii=False))
        return
    for done in results:
        click.echo(_line(done.to_json()))


def _line(done: dict[str, Any]) -> str:
    return (
        f"{done['database']:20} {done['pulled']:>6} received {done['pushed']:>6} sent "
        f"{done['removed']:>4} removed {done['merged']:>4} merged {done['conflicts']:>4} conflicts "
        f"{len(done['refused']):>4} refused"
    )
