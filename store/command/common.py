"""What the commands share: opening the store of a data directory, exit codes, options."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Any

import click

from store.errors import Conflict, Forbidden, NotFound, StoreError, Unauthorized
from store.lite.server import LiteServer


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
    with told_plainly(), closing(LiteServer(directory_of(data))) as server:
        yield server


def directory_of(data: Path) -> Path:
    """The store's own directory. Raises Missing where there is none."""
    directory = data / "store"
    if not directory.is_dir():
        raise Missing(f"{data} holds no store. Name the data directory with --data.")
    return directory


@contextmanager
def told_plainly() -> Iterator[None]:
    """What the store refuses is one line on the terminal."""
    try:
        yield
    except NotFound as error:
        raise Missing(error.reason) from error
    except (Forbidden, Unauthorized, Conflict) as error:
        raise Refused(error.reason) from error
    except StoreError as error:
        raise Failure(error.reason) from error


def chosen(server: LiteServer, names: tuple[str, ...]) -> list[str]:
    """The named databases, or all. Raises NotFound for a name that is none."""
    for name in names:
        if not server.exists(name):
            raise NotFound(f"There is no database {name}.")
    return list(names) or [*server.system_dbs(), *server.all_dbs()]


def unusable(names: Sequence[str]) -> Failure:
    """What is told at the end where the other databases were read."""
    return Failure(f"Damaged: {', '.join(names)}. Restore a backup or replicate anew.")


as_json_option = click.option("--json", "as_json", is_flag=True, help="Print the facts as JSON.")
names_argument = click.argument("databases", nargs=-1)
