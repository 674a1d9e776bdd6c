"""`divan store replicate`."""

import json
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import click

from store.api import Database, Server
from store.command.common import Refused, as_json_option, opened, told_plainly
from store.command.progress import Line, told, until_interrupted
from store.command.remote import auth_option, credentials
from store.errors import BadRequest, DamagedDocument, NotFound
from store.opening import open_server
from store.replication import Cancel, Options, Progress, Summary
from store.replication import replicate as run
from store.replication.endpoint import created, is_address, split
from store.replication.values import digest
from store.types import Auth

LISTED = 20
"""Documents left out that are named one by one."""


@click.command()
@click.argument("source")
@click.argument("target")
@click.option("--continuous", is_flag=True, help="Go on with each change until stopped.")
@click.option("--create-target", is_flag=True, help="Make the target where it is missing.")
@click.option("--filter", "function", metavar="DESIGN/NAME", help="A filter of the source.")
@click.option("--param", multiple=True, metavar="NAME=VALUE", help="A parameter of the filter.")
@click.option("--selector", metavar="JSON", help="Only documents that this selector finds.")
@click.option("--doc-ids", metavar="ID,ID…", help="Only these documents.")
@click.option("--winning-revs-only", is_flag=True, help="Leave conflicts behind.")
@click.option("--since-seq", help="Begin here where no earlier run is known.")
@auth_option("source")
@auth_option("target")
@as_json_option
@click.pass_obj
def replicate(
    data: Path,
    /,
    source: str,
    target: str,
    create_target: bool,
    source_auth: Path | None,
    target_auth: Path | None,
    as_json: bool,
    **choices: Any,
) -> None:
    """Replicate the database SOURCE to TARGET, one way.

    Each is the name of a database in the data directory, or an address: https://host/database for
    CouchDB, Cloudant or another server of its protocol, lite:///directory/database for another
    embedded store. Cut in the middle or stopped with Ctrl-C, the same command goes on where it was.

    Exit code 4: the target refused documents, or the source cannot read them; they are named.
    """
    line = Line()

    def show(progress: Progress) -> None:
        if as_json and progress.waiting:
            click.echo(json.dumps(_facts(progress)))
        line.show(f"{source} to {target}: {told(progress)}")

    def work(cancel: Cancel) -> Summary:
        options = _options(**choices)
        with (
            told_plainly(),
            _opened(data, source, credentials("source", source_auth), False) as here,
            _opened(data, target, credentials("target", target_auth), create_target) as there,
        ):
            name = digest(socket.gethostname(), str(data.absolute()), source, target)
            return run(
                here, there, replication_id=name, options=options, progress=show, cancel=cancel
            )

    summary = until_interrupted(work)
    line.clear()
    _report(summary, source, target, as_json)


def _options(
    *,
    continuous: bool,
    function: str | None,
    param: tuple[str, ...],
    selector: str | None,
    doc_ids: str | None,
    winning_revs_only: bool,
    since_seq: str | None,
) -> Options:
    pairs = [pair.partition("=") for pair in param]
    if not all(mark for _, mark, _ in pairs):
        raise click.UsageError("--param needs NAME=VALUE.")
    try:
        return Options(
            continuous=continuous,
            filter=function,
            query_params={name: value for name, _, value in pairs},
            selector=None if selector is None else _object(selector),
            doc_ids=None if doc_ids is None else tuple(doc_ids.split(",")),
            winning_revs_only=winning_revs_only,
            since_seq=0 if since_seq is None else since_seq,
            retries=None if continuous else Options.retries,
        )
    except BadRequest as error:
        raise click.UsageError("Give only one of --filter, --selector and --doc-ids.") from error


def _object(text: str) -> dict[str, Any]:
    try:
        selector = json.loads(text)
    except ValueError as error:
        raise click.UsageError(f"--selector is not JSON: {error}") from error
    if not isinstance(selector, dict):
        raise click.UsageError("--selector must be a JSON object.")
    return selector


@contextmanager
def _opened(data: Path, name: str, auth: Auth | None, create: bool) -> Iterator[Database]:
    if not is_address(name):
        with opened(data) as server:
            yield _database(server, name, name, create)
        return
    base, database = split(name)
    with closing(open_server(base, auth=auth)) as remote:
        yield _database(remote, database, name, create)


def _database(server: Server, name: str, given: str, create: bool) -> Database:
    """The database `name`, which the command line called `given`."""
    created(server, name, create)
    try:
        return server.database(name)
    except NotFound as error:
        raise NotFound(f"There is no database {given}.") from error


def _facts(progress: Progress) -> dict[str, Any]:
    return {
        "docs_written": progress.counts.written,
        "doc_write_failures": progress.counts.refused,
        "last_seq": progress.last_seq,
        "pending": progress.pending,
    }


def _report(summary: Summary, source: str, target: str, as_json: bool) -> None:
    unreadable = sum(each.error == DamagedDocument.error for each in summary.refused)
    refused = len(summary.refused) - unreadable
    if as_json:
        told = [vars(each) for each in summary.refused]
        click.echo(json.dumps({**summary.to_json(), "refused": told}, ensure_ascii=False))
    else:
        counts = summary.counts
        line = f"{counts.checked} revisions looked at, {counts.written} written, {refused} refused"
        line += f", {unreadable} unreadable" if unreadable else ""
        click.echo(f"{source} to {target}: {line}")
        for each in summary.refused[:LISTED]:
            click.echo(f"  {each.id} {each.rev}: {each.error}: {each.reason}")
    if unreadable:
        raise Refused(f"{unreadable} revisions are damaged; {refused} were refused.")
    if refused:
        raise Refused(f"The target refused {refused} revisions.")
