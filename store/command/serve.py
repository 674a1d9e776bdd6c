"""`divan store serve`."""

import json
import os
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import click

from store.backup import is_free
from store.cancel import told_to_stop
from store.command.common import Failure, Missing, as_json_option, directory_of, told_plainly
from store.node import Node, node_app
from store.node.config import Config
from store.node.listen import HttpServer
from store.node.node import CONFIG

HOST = "127.0.0.1"
ADMIN_NAME = "admin"
PASSWORD_VARIABLE = "DIVAN_STORE_PASSWORD"


@click.command()
@click.option("--port", default=5984, show_default=True, type=click.IntRange(0, 65535))
@as_json_option
@click.pass_obj
def serve(data: Path, port: int, as_json: bool) -> None:
    """Serve the store to programs of this machine as a CouchDB server.

    Where the data directory is new or empty, a store is made in it.

    The administrator is admin; the password is that in DIVAN_STORE_PASSWORD, else one that was set
    in the configuration, else a new one that is printed once. People and laptops are served by
    `divan serve`, which knows their rights.
    """
    directory = _directory(data)
    with told_plainly(), _listening(port) as listener:
        stop = told_to_stop()
        given = os.environ.get(PASSWORD_VARIABLE)
        made = None if given or _has_administrator(directory) else secrets.token_urlsafe(18)
        password = given or made
        admins = {"admins": {ADMIN_NAME: password}} if password else {}
        with closing(Node(directory, admins)) as node:
            http = HttpServer(node_app(node), listener)
            running = threading.Thread(target=http.run, name="http")
            running.start()
            host, port = listener.getsockname()
            facts = {"url": f"http://{host}:{port}/", "user": ADMIN_NAME}
            if made is not None:
                facts["password"] = made
            click.echo(json.dumps(facts) if as_json else _greeting(facts))
            stop.wait()
            http.stop()
            running.join()


def _directory(data: Path) -> Path:
    """The store's own directory, which the node makes in a new data directory. Raises Missing."""
    if is_free(data):
        return data / "store"
    try:
        return directory_of(data)
    except Missing as error:
        raise Missing(
            f"{data} holds something else than a store. Name another by --data."
        ) from error


def _has_administrator(directory: Path) -> bool:
    file = directory / CONFIG
    return file.exists() and bool(Config(file).section("admins"))


def _greeting(facts: dict[str, str]) -> str:
    password = facts.get("password", "as it was set")
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
