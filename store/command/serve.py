"""`divan store serve`."""

import json
import os
import secrets
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from werkzeug.serving import WSGIRequestHandler, make_server

from store.command.common import Failure, as_json_option, opened
from store.types import BasicAuth
from store.wire import protocol_app
from store.wire.users import signed_in

HOST = "127.0.0.1"
ADMIN_NAME = "admin"
PASSWORD_VARIABLE = "DIVAN_STORE_PASSWORD"
WAITING_FEEDS = 64
"""A thread each; here every request has its own."""


@click.command()
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
