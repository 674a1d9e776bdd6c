"""`divan store …`: looking after the embedded store of a data directory, and serving it."""

import json
import os
import secrets
import signal
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Any

import click
from werkzeug.serving import WSGIRequestHandler, make_server

from store.checking import check as check_database
from store.errors import Forbidden, NotFound, StoreError, Unauthorized
from store.lite.integrity import integrity
from store.lite.server import LiteServer
from store.types import BasicAuth
from store.wire import protocol_app
from store.wire.users import signed_in

HOST = "127.0.0.1"
ADMIN_NAME = "admin"
PASSWORD_VARIABLE = "DIVAN_STORE_PASSWORD"
WAITING_FEEDS = 64
"""A thread each; here every request has its own."""


class Failure(click.ClickException):
    """One line on stderr and exit code 1."""

    exit_code = 1

    def format_message(self) -> str:
        return " ".join(self.message.split())

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(f"divan: {self.format_message()}", err=True, file=file)


class Missing(Failure):
    """What was named is not there."""

    exit_code = 3


class Refused(Failure):
    """The store does not allow it."""

    exit_code = 4


@contextmanager
def opened(data: Path) -> Iterator[LiteServer]:
    """The store of the data directory, which must exist. Store errors become one line."""
    directory = data / "store"
    if not directory.is_dir():
        raise Missing(f"{data} holds no store. Name the data directory with --data.")
    try:
        with closing(LiteServer(directory)) as server:
            yield server
    except NotFound as error:
        raise Missing(error.reason) from error
    except (Forbidden, Unauthorized) as error:
        raise Refused(error.reason) from error
    except StoreError as error:
        raise Failure(error.reason) from error


def chosen(server: LiteServer, names: tuple[str, ...]) -> list[str]:
    """The named databases, or all. Raises NotFound for a name that is none."""
    for name in names:
        if not server.exists(name):
            raise NotFound(f"There is no database {name}.")
    return list(names) or server.all_dbs()


as_json_option = click.option("--json", "as_json", is_flag=True, help="Print the facts as JSON.")
names_argument = click.argument("databases", nargs=-1)


@click.group()
def store() -> None:
    """Look after the store of the data directory."""


@store.command()
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


@store.command()
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


@store.command()
@names_argument
@as_json_option
@click.pass_obj
def compact(data: Path, databases: tuple[str, ...], as_json: bool) -> None:
    """Forget the bodies of replaced revisions and give the space back."""
    facts = []
    with opened(data) as server:
        for name in chosen(server, databases):
            database = server.database(name)
            before = database.info()["sizes"]["file"]
            database.compact()
            after = database.info()["sizes"]["file"]
            facts.append({"database": name, "before": before, "after": after})
            if not as_json:
                click.echo(f"{name}: {before // 1024} KiB, now {after // 1024} KiB")
    if as_json:
        click.echo(json.dumps(facts))


@store.command()
@click.option("--port", default=5984, show_default=True, type=click.IntRange(0, 65535))
@as_json_option
@click.pass_obj
def serve(data: Path, port: int, as_json: bool) -> None:
    """Serve the store to programs of this machine in CouchDB's protocol.

    The user is admin; the password is that in DIVAN_STORE_PASSWORD, else a new one that is
    printed once. People and laptops are served by `divan serve`, which knows their rights.
    """
    given = os.environ.get(PASSWORD_VARIABLE)
    admin = BasicAuth(ADMIN_NAME, given or secrets.token_urlsafe(18))
    with opened(data) as server, _listening(port) as listener:
        application = protocol_app(signed_in(server, admin), waiting_feeds=WAITING_FEEDS)
        host, port = listener.getsockname()
        http = make_server(
            host, port, application, threaded=True, request_handler=Quiet, fd=listener.fileno()
        )
        facts = {"url": f"http://{host}:{port}/", "user": admin.user}
        if given is None:
            facts["password"] = admin.password
        click.echo(json.dumps(facts) if as_json else _greeting(facts))
        with _ended_by_signals():
            http.serve_forever()  # returns after KeyboardInterrupt, with the server closed


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """SIGTERM, and SIGINT also where the shell ignores it for a job in the background."""
    kinds = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(kind, signal.default_int_handler) for kind in kinds]
    try:
        yield
    finally:
        for kind, handler in zip(kinds, before, strict=True):
            signal.signal(kind, handler)


def _greeting(facts: dict[str, str]) -> str:
    password = facts.get("password", f"as in {PASSWORD_VARIABLE}")
    return f"CouchDB's protocol at {facts['url']}  user {facts['user']}  password {password}"


@contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    listener = socket.socket()
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise Failure(f"Port {port} cannot be used: {error.strerror}. Choose --port.") from error
    with listener:
        yield listener


class Quiet(WSGIRequestHandler):
    """HTTP/1.1, so that a feed comes in pieces; no line on the terminal for each request."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing: requests are not what the terminal is for."""
