"""What `divan replica` prints."""

import json
import sys
from typing import Any

import click

from plugin.runtime.replica.laptop import Replica
from plugin.runtime.replica.subset import Keep, kept
from plugin.runtime.replica.sync import Synced
from plugin.runtime.replica.unsent import Unsent
from store.replication import Progress


def progress(database: str, step: str, progress: Progress) -> None:
    """One line that follows the sync, where somebody looks at it."""
    if sys.stderr.isatty():
        word = "received" if step == "pull" else "sent"
        click.echo(f"\r{database}: {progress.counts.written} {word}\033[K", nl=False, err=True)


def show(results: list[Synced], as_json: bool) -> None:
    """What a sync did, a line a database."""
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


def show_kept(opened: Replica, keep: Keep | None = None) -> None:
    """How much would be kept; of the laptop's own choice where none is given."""
    wanted = opened.laptop.keep if keep is None else keep
    entries = [one for one in opened.databases() if kept(wanted, one["name"]) is not None]
    for entry in entries:
        click.echo(f"{entry['name']:20} {entry['documents']:>8} documents", err=True)
    documents = sum(entry["documents"] for entry in entries)
    click.echo(
        f"{documents} documents in {len(entries)} databases for {opened.laptop.person}.", err=True
    )


def show_status(facts: dict[str, Any]) -> None:
    """A line a database, and below it what somebody has to look at."""
    click.echo(f"Replica of {facts['office']} for {facts['person']}")
    for entry in facts["databases"]:
        click.echo(
            f"{entry['name']:20} {entry['documents']:>8} documents, "
            f"last sync {entry['synced_at'] or 'never'}, {len(entry['waiting'])} to send, "
            f"{entry['conflicts']} conflicts, {len(entry['refused'])} refused, "
            f"{len(entry['review'])} for review"
        )
        for refused in entry["refused"]:
            click.echo(f"    refused {refused['id']}: {refused['reason']}")
        for docid in entry["review"]:
            click.echo(f"    for review {docid}: your edit could not stay in the document")


def show_unsent(edits: list[Unsent]) -> None:
    """What would be lost."""
    for edit in edits:
        click.echo(f"    {edit.database}/{edit.id} stands here alone ({edit.why})", err=True)
