"""`divan store copy`."""

import json
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import click

from store.api import Server
from store.cancel import Cancel
from store.command.common import Failure, as_json_option, directory_of, told_plainly
from store.command.progress import Line, told, until_interrupted
from store.command.remote import auth_option, credentials
from store.copying import Copied, copy_database, own_databases
from store.errors import BadRequest, Damaged, Forbidden, NotFound
from store.lite.server import LiteServer
from store.opening import open_server
from store.replication import Progress
from store.replication.endpoint import is_address
from store.replication.values import digest
from store.side_by_side import Compared, compare
from store.types import Auth

Pair = tuple[Server, Server]


@click.command()
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@click.option("--database", "names", multiple=True, help="Only this one; may be given again.")
@click.option("--no-check", is_flag=True, help="Do not compare both sides at the end.")
@auth_option("source")
@auth_option("target")
@as_json_option
def copy(
    source: str,
    target: str,
    names: tuple[str, ...],
    no_check: bool,
    source_auth: Path | None,
    target_auth: Path | None,
    as_json: bool,
) -> None:
    """Bring a company from one store to another: all databases, whole.

    FROM and TO are data directories, or addresses: https://host for CouchDB or Cloudant,
    lite:///directory for the files of an embedded store alone. From one data directory to another
    settings and secrets go along, unless --database chooses. Stop Divan first; nothing may write to
    either side. Cut in the middle or stopped with Ctrl-C, the same command goes on where it was.

    At the end both sides are read and compared, document by document. Exit code 1: they differ.
    """
    line = Line()
    with told_plainly():
        _demand_apart(source, target)
    with (
        told_plainly(),
        _opened(source, credentials("source", source_auth)) as here,
        _opened(target, credentials("target", target_auth), create=True) as there,
    ):
        chosen = _chosen(here, names)
        pair = digest("copy", _absolute(source), _absolute(target))
        servers = (here, there)
        copied, damaged = until_interrupted(
            lambda cancel: _copy_all(servers, chosen, pair, line, cancel)
        )
        compared: dict[str, Compared] = {}
        if not no_check:
            sound = [name for name in chosen if name not in damaged]
            compared = until_interrupted(lambda cancel: _compare_all(servers, sound, line, cancel))
    line.clear()
    if not (names or is_address(source) or is_address(target)):
        _bring_the_rest(Path(source), Path(target))
    _report(copied, compared | damaged, as_json)


def _demand_apart(source: str, target: str) -> None:
    """Refuse what can be no copy. Raises BadRequest, Forbidden."""
    if not source or not target:
        raise BadRequest("Name the store to copy from and the store to copy to.")
    here, there = _folders(source), _folders(target)
    if here is None or there is None:
        return
    if here[1] == there[1]:
        raise Forbidden(f"{target} is the same store as {source}.")
    if there[1].is_relative_to(here[0]):
        raise Forbidden(f"{target} is inside {source}. Name another place.")


def _folders(place: str) -> tuple[Path, Path] | None:
    """The directory of a company on this machine and that of its databases, in one spelling."""
    if not is_address(place):
        data = Path(place).resolve()
        return data, (data / "store").resolve()
    parts = urlsplit(place)
    if parts.scheme != "lite":
        return None
    store = Path(unquote(parts.path)).resolve()
    return store, store


@contextmanager
def _opened(place: str, auth: Auth | None, *, create: bool = False) -> Iterator[Server]:
    if is_address(place):
        server: Server = open_server(place, auth=auth)
        _demand_server(server, place)
    else:
        data = Path(place)
        server = LiteServer(data / "store" if create else directory_of(data))
    with closing(server):
        yield server


def _demand_server(server: Server, place: str) -> None:
    """Raises BadRequest where the address is that of a database, which answers no such question."""
    try:
        server.all_dbs()
    except (BadRequest, NotFound) as error:
        raise BadRequest(
            f"{place} is no address of a server: write it without a database."
        ) from error


def _absolute(place: str) -> str:
    return place.rstrip("/") if is_address(place) else str(Path(place).absolute())


def _chosen(server: Server, names: tuple[str, ...]) -> list[str]:
    there = own_databases(server)
    for name in names:
        if name not in there:
            raise NotFound(f"There is no database {name}.")
    return list(names) or there


def _copy_all(
    servers: Pair, names: list[str], pair: str, line: Line, cancel: Cancel
) -> tuple[list[Copied], dict[str, Compared]]:
    """What was copied, and what is wrong with databases that cannot be: they do not keep the others
    from it."""
    copied, damaged = list[Copied](), dict[str, Compared]()
    for number, name in enumerate(names, 1):
        show = partial(_show, line, f"{name} ({number} of {len(names)})")
        try:
            done = copy_database(*servers, name, pair, show, cancel)
        except Damaged as error:
            done, damaged[name] = Copied(name, 0, (), True), _unreadable(error)
        copied.append(done)
        if not done.complete:
            break
    return copied, damaged


def _unreadable(error: Damaged) -> Compared:
    return Compared(0, 0, 0, (error.reason,))


def _show(line: Line, head: str, progress: Progress) -> None:
    line.show(f"{head}: {told(progress)}")


def _compare_all(
    servers: Pair, names: list[str], line: Line, cancel: Cancel
) -> dict[str, Compared]:
    compared: dict[str, Compared] = {}
    for name in names:
        if cancel.is_set():
            break
        first, second = (server.database(name) for server in servers)
        try:
            compared[name] = compare(first, second, partial(_show_read, line, name))
        except Damaged as error:
            compared[name] = _unreadable(error)
    return compared


def _show_read(line: Line, name: str, documents: int) -> None:
    line.show(f"{name}: {documents} documents compared")


def _bring_the_rest(source: Path, target: Path) -> None:
    """What lies in a data directory beside the store: settings, secrets, its identity. What is
    there already stays."""
    for place in source.iterdir():
        goal = target / place.name
        if place.name == "store" or goal.exists():
            continue
        if place.is_dir():
            shutil.copytree(place, goal)
        else:
            shutil.copy2(place, goal)
    shutil.copymode(source, target)


def _report(copied: list[Copied], compared: dict[str, Compared], as_json: bool) -> None:
    facts = [_facts(done, compared.get(done.database)) for done in copied]
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False))
    else:
        for each in facts:
            _print(each)
    differ = [each["database"] for each in facts if each["differences"] or each["refused"]]
    if differ:
        raise Failure(f"Not the same on both sides: {', '.join(differ)}.")


def _facts(done: Copied, compared: Compared | None) -> dict[str, Any]:
    refused = [vars(each) for each in done.refused]
    facts = {"database": done.database, "written": done.written, "refused": refused}
    read = asdict(compared) if compared is not None else {"differences": []}
    return {**facts, **read}


def _print(facts: dict[str, Any]) -> None:
    line = f"{facts['database']}: {facts['written']} revisions carried"
    if "revisions" in facts:
        line += (
            f"; {facts['documents']} documents, {facts['revisions']} revisions and "
            f"{facts['attachments']} attachments compared, "
            f"{len(facts['differences']) + facts['more']} differences"
        )
    click.echo(line)
    for each in facts["refused"]:
        click.echo(f"  {each['id']} {each['rev']}: not carried: {each['error']}: {each['reason']}")
    for difference in facts["differences"]:
        click.echo(f"  {difference}")
