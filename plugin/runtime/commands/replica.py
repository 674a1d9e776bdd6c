"""`divan replica`: a laptop's replica of an office."""

import json
import platform
import sys
from pathlib import Path

import click

from plugin.runtime.commands.interrupting import interruptible
from plugin.runtime.commands.replica_laptops import laptops
from plugin.runtime.commands.replica_output import (
    in_words,
    progress,
    show,
    show_kept,
    show_status,
    show_unsent,
)
from plugin.runtime.commands.replica_review import review
from plugin.runtime.errors import BadInput, DivanError, Stopped
from plugin.runtime.office import Office
from plugin.runtime.replica.following import Follower
from plugin.runtime.replica.laptop import Replica, register
from plugin.runtime.replica.remote import read_url
from plugin.runtime.replica.removing import remove_database, remove_replica
from plugin.runtime.replica.subset import Keep, kept, read_written, sensible, written
from plugin.runtime.replica.timetable import NEVER, at_hours, every
from plugin.runtime.replica.unsent import Unsent, all_unsent, export, unsent

KEEP = click.option(
    "--keep",
    "chosen",
    multiple=True,
    metavar="DATABASE[:mine][:months=N][:no-attachments]",
    help="Keep this database, or a part of it: of my customers and what hangs on them, changed"
    " within so many months, without attachments. Give it for each. Without it, all that you may"
    " read.",
)
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
YES = click.option("--yes", is_flag=True, help="Do not ask before copying.")


@click.group()
def replica() -> None:
    """A replica of an office on this machine: clone it, work offline, synchronise."""


@replica.command()
@click.argument("url")
@click.option("--login", prompt="Login name", help="Your login name at the office.")
@click.option("--label", default=platform.node, help="Name of this laptop in the office's list.")
@KEEP
@YES
@AS_JSON
@click.pass_obj
def clone(
    data: Path, url: str, login: str, label: str, chosen: tuple[str, ...], yes: bool, as_json: bool
) -> None:
    """Copy what you may read from the office at URL into the data directory.

    The password is asked for, or taken from the standard input when it is no terminal. The same
    password opens the replica. Cut in the middle, the command goes on when it is run again.
    """
    keep = _keep(chosen)
    register(data, read_url(url), login, _password(), label)
    with Office.open(data) as office, interruptible() as stop:
        opened = Replica(office, stop)
        if keep is not None:
            _demand_known(opened, keep)
            opened.choose(keep)
        show_kept(opened, opened.laptop.keep)
        _ask_to_copy(yes)
        show(opened.sync(progress), as_json)
    if not as_json:
        click.echo(f"Done. Work with: divan --data {data} serve --port 8001")


@replica.command()
@KEEP
@click.option("--all", "everything", is_flag=True, help="Keep everything that you may read.")
@YES
@AS_JSON
@click.pass_obj
def choose(data: Path, chosen: tuple[str, ...], everything: bool, yes: bool, as_json: bool) -> None:
    """Choose anew what is kept here, and synchronise.

    What is not kept any more goes, but for edits that the office does not have yet.
    """
    if everything == bool(chosen):
        raise click.UsageError("Give either --keep or --all.")
    keep = _keep(chosen)
    with Office.open(data) as office, interruptible() as stop:
        opened = Replica(office, stop)
        if keep is not None:
            _demand_known(opened, keep)
            _show_narrowed(opened, keep)
        show_kept(opened, sensible(keep))
        _ask_to_copy(yes)
        opened.choose(keep)
        show(opened.sync(progress), as_json)


@replica.command()
@click.option(
    "--continuous", is_flag=True, help="Go on until stopped, also when the office is away."
)
@AS_JSON
@click.pass_obj
def sync(data: Path, continuous: bool, as_json: bool) -> None:
    """Bring replica and office level: rights, their edits, your edits.

    Exit code 0: done, also where something waits for you (see `replica status`). 1: the office
    does not answer, or another sync runs. 4: it refuses this laptop; when its access was ended,
    the laptop is empty now. 130: stopped by Ctrl-C; the next sync goes on from there.
    """
    with Office.open(data) as office, interruptible() as stop:
        opened = Replica(office, stop)
        if continuous:
            Follower(opened, stop).run(lambda done: show(done, as_json), _away, progress)
            raise Stopped
        show(opened.sync(progress), as_json)


@replica.command()
@AS_JSON
@click.pass_obj
def status(data: Path, as_json: bool) -> None:
    """Last sync, waiting and refused documents, conflicts. Asks nobody."""
    with Office.open(data) as office:
        facts = Replica(office).status()
    if as_json:
        click.echo(json.dumps(facts, indent=2, ensure_ascii=False))
    else:
        show_status(facts)


@replica.command()
@click.option("--every", "span", help="Every so long, such as 15m or 2h.")
@click.option("--at", "hours", multiple=True, help="At a time of the day, such as 18:00.")
@click.option("--off", is_flag=True, help="Only when somebody asks for it.")
@click.pass_obj
def schedule(data: Path, span: str | None, hours: tuple[str, ...], off: bool) -> None:
    """When `divan serve` synchronises this laptop by itself; without an option, what is set."""
    if sum(map(bool, (span, hours, off))) > 1:
        raise click.UsageError("Give one of --every, --at and --off.")
    with Office.open(data) as office:
        opened = Replica(office)
        if span or hours or off:
            opened.keep_timetable(
                every(span) if span else at_hours(" ".join(hours)) if hours else NEVER
            )
        click.echo(in_words(opened.laptop.timetable))


@replica.command()
@click.argument("database", required=False)
@click.option(
    "--export",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write what stands here alone into this file first.",
)
@click.option("--discard", is_flag=True, help="Let go of what stands here alone.")
@click.option("--yes", is_flag=True, help="Do not ask before removing.")
@click.pass_obj
def remove(data: Path, database: str | None, file: Path | None, discard: bool, yes: bool) -> None:
    """Take the replica off this machine, or one DATABASE of it.

    What stands here alone, because it was not sent or was refused, is shown; it goes only with
    --export, --discard or your word. The laptop's token ends at the office, if it can be reached.
    """
    with Office.open(data) as office:
        opened = Replica(office)
        edits = _standing_here(opened, database)
        if file is not None:
            export(file, edits)
            click.echo(f"{len(edits)} documents are in {file}.", err=True)
        elif edits:
            show_unsent(edits)
        what = f"the database {database}" if database else "the whole replica"
        if sys.stdin.isatty() and not yes:
            click.confirm(f"Remove {what} from this machine?", abort=True, err=True)
            discard = True
        if database:
            remove_database(opened, database, discard=discard or file is not None)
            click.echo(f"Removed {database}.")
            return
        if not remove_replica(opened, discard=discard or file is not None):
            click.echo(
                "divan: The office does not answer, so this laptop's token is still good there."
                " End it on the page of your account.",
                err=True,
            )
        click.echo("Removed.")


replica.add_command(laptops)
replica.add_command(review)


def _standing_here(opened: Replica, database: str | None) -> list[Unsent]:
    server = opened.office.server
    if database is None:
        return all_unsent(server, opened.keeper)
    return unsent(server.database(database), opened.keeper) if server.exists(database) else []


def _keep(chosen: tuple[str, ...]) -> Keep | None:
    return dict(map(read_written, chosen)) if chosen else None


def _show_narrowed(opened: Replica, keep: Keep) -> None:
    """Say what goes by a choice that is narrower than the one before."""
    for entry in opened.status()["databases"]:
        name = entry["name"]
        before, now = kept(opened.laptop.keep, name), kept(sensible(keep), name)
        if before is not None and now is None:
            click.echo(f"{name} goes from this machine.", err=True)
        elif before is not None and now is not None and before != now:
            click.echo(f"{written(name, before)} becomes {written(name, now)}.", err=True)


def _demand_known(opened: Replica, keep: Keep) -> None:
    """Raises BadInput for a database that the office does not offer."""
    offered = [entry["name"] for entry in opened.databases()]
    for name in keep:
        if name not in offered:
            raise BadInput(
                "There is no database {name} for you. There are: {offered}.",
                name=name,
                offered=", ".join(offered),
            )


def _ask_to_copy(yes: bool) -> None:
    if not yes and sys.stdin.isatty():
        click.confirm("Copy them?", default=True, abort=True, err=True)


def _password() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, err=True))
    return sys.stdin.readline().rstrip("\n")


def _away(error: DivanError, pause: float) -> None:
    click.echo(f"divan: {error} Next try in {pause:.0f} seconds.", err=True)
