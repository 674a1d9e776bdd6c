"""What `divan replica` prints."""

import json
import sys
from typing import Any

import click

from plugin.runtime.replica.laptop import Replica
from plugin.runtime.replica.subset import Keep, kept, written
from plugin.runtime.replica.sync import Synced
from plugin.runtime.replica.timetable import Timetable
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


def show_kept(opened: Replica, keep: Keep | None) -> None:
    """How much is kept by a choice, None for everything."""
    documents = size = databases = 0
    for entry in opened.remote.sizes(keep):
        part = kept(keep, entry["name"])
        if part is None:
            continue
        of_it = entry["bytes"] + (entry["attachments"] if part.attachments else 0)
        click.echo(
            f"{written(entry['name'], part):40} {entry['documents']:>8} documents "
            f"{in_units(of_it):>9}",
            err=True,
        )
        documents, size, databases = documents + entry["documents"], size + of_it, databases + 1
    click.echo(
        f"{documents} documents ({in_units(size)}) in {databases} databases for"
        f" {opened.laptop.person}.",
        err=True,
    )


def in_units(size: int) -> str:
    """Bytes as people read them."""
    amount = float(size)
    for unit in ("B", "kB", "MB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}"
        amount /= 1000
    return f"{amount:.1f} GB"


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


def in_words(timetable: Timetable) -> str:
    """When the laptop synchronises by itself."""
    if timetable.every is not None:
        return f"Every {timetable.every} minutes, as long as the laptop is served."
    if timetable.at:
        return f"At {', '.join(timetable.at)}, as long as the laptop is served."
    return "Only when somebody asks for it."
