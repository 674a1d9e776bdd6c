"""`divan serve`: the shell with agents and mail bridge, until it is told to stop."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib.metadata import entry_points
from pathlib import Path

import click

from plugin import Credentials, DivanError, Office, Service, told_to_stop
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

    An empty directory becomes a new office; the link for its first administrator is printed.
    """
    stop = told_to_stop()
    with open_office(data) as office, ExitStack() as services:
        link = SetupLink()
        listener = services.enter_context(bound(host, port))
        address = f"http://{_readable(host)}:{listener.getsockname()[1]}"
        if not no_services:
            start_services(office, services)
        if needs_administrator(office, Credentials(office.server, office.clock)):
            click.echo(f"Make the first administrator here, once: {address}/setup/{link.make()}")
        click.echo(f"Divan serves {data} on {address}")
        # The pages run in a thread of their own, so that this one can be told to stop.
        http = HttpServer(create_app(office, link), listener)
        pages = threading.Thread(target=http.run, name="pages")
        pages.start()
        stop.wait()
        click.echo("Divan is stopping …")
        http.stop()
        pages.join()
    click.echo("Divan has stopped.")


@contextmanager
def open_office(data: Path) -> Iterator[Office]:
    """The office of a data directory; one that is not there yet is made, what is missing in an
    older one is added. Raises OfficeError, saying what to do."""
    fresh = not (data / MARK).exists()
    with Office.create(data) if fresh else Office.open(data) as office:
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
