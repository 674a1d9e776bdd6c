"""`divan serve`: the shell with agents and mail bridge, until it is told to stop."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import click

from plugin import Credentials, DivanError, Office, Service, Syncing, needs_person, told_to_stop
from store.node.listen import HttpServer
from views import create_app
from views.setup import SetupLink, needs_administrator

MARK = "divan.json"
SERVICES = "divan.services"


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="Port to listen on; 0 takes any.",
)
@click.option("--no-services", is_flag=True, help="Pages only: no agents, no mail bridge.")
@click.pass_obj
def serve(data: Path, host: str, port: int, no_services: bool) -> None:
    """Serve the web shell, with agents and mail bridge, until Ctrl-C or SIGTERM.

    A link is printed for an empty directory: by it, it becomes a new office with its first
    administrator, or a laptop of an office that is there.
    """
    stop = told_to_stop()
    with open_office(data) as office, ExitStack() as services:
        listener = services.enter_context(bound(host, port))
        address = f"http://{_readable(host)}:{listener.getsockname()[1]}"
        shell = Shell(data, services, with_services=not no_services)
        shell.open(office)
        if path := shell.invitation(office):
            click.echo(f"{path[0]}, once: {address}{path[1]}")
        click.echo(f"Divan serves {data} on {address}")
        # The pages run in a thread of their own, so that this one can be told to stop.
        http = HttpServer(shell, listener)
        pages = threading.Thread(target=http.run, name="pages")
        pages.start()
        stop.wait()
        click.echo("Divan is stopping …")
        http.stop()
        pages.join()
    click.echo("Divan has stopped.")


class Shell:
    """The pages of a directory; another application takes over when it was decided what it is."""

    def __init__(self, data: Path, services: ExitStack, *, with_services: bool) -> None:
        self._data = data
        self._services = services
        self._with_services = with_services
        self._link = SetupLink(begun=self._begun)

    def __call__(self, environ: dict[str, Any], start: Any) -> Any:
        return self._app(environ, start)

    def open(self, office: Office) -> None:
        """Serve this office from now on, and run what works behind its pages."""
        syncing = Syncing(office)
        if office.kind == "laptop":
            self._services.callback(syncing.stop)
            syncing.start()
        if self._with_services:
            start_services(office, self._services)
        self._app = create_app(office, self._link, syncing)

    def invitation(self, office: Office) -> tuple[str, str] | None:
        """What somebody has to do first, and the path where he does it; None for nothing."""
        if needs_person(office):
            return "Go on with this laptop here", f"/setup/{self._link.make()}/laptop"
        if needs_administrator(office, Credentials(office.server, office.clock)):
            return "Make the first administrator here", f"/setup/{self._link.make()}"
        return None

    def _begun(self) -> None:
        self.open(self._services.enter_context(Office.open(self._data)))


@contextmanager
def open_office(data: Path) -> Iterator[Office]:
    """The office of a data directory; one that is not there yet is begun, to be decided in the
    browser; what is missing in an older one is added. Raises OfficeError, saying what to do."""
    fresh = not (data / MARK).exists()
    opened = Office.create(data, "new") if fresh else Office.open(data, undecided=True)
    with opened as office:
        if not fresh and office.kind == "office":
            office.deploy(_progress)
        yield office


def _progress(database: str, view: str, rows: int) -> None:
    click.echo(f"Building the indexes of {database}, {rows} rows so far …")


def bound(host: str, port: int) -> socket.socket:
    """A socket that listens. Raises DivanError where the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise DivanError(
            "Port {port} of {host} cannot be used ({why}). Choose another one with --port.",
            port=port,
            host=host,
            why=error.strerror or str(error),
        ) from error


def start_services(office: Office, services: ExitStack) -> None:
    """Start what the installed packages offer to run beside the pages; `services` stops it."""
    for entry in entry_points(group=SERVICES):
        make: Callable[[Office], Service] = entry.load()
        service = make(office)
        services.callback(service.stop)
        service.start()


def _readable(host: str) -> str:
    return f"[{host}]" if ":" in host else host
