"""`divan`: one command with many subcommands, found by entry points.

A package adds a command in the group `divan.commands`; the context's object is the data directory
as a Path. The rules of all: facts on stdout, one line `divan: …` on stderr where something is
wrong, and the exit code says what kind of thing it was.
"""

import gc
import logging
import os
import sys
from collections.abc import Sequence
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

import click

from plugin.runtime.errors import DivanError, Invalid, Stopped
from store.errors import StoreError

GROUP = "divan.commands"
DONE, FAILED, USAGE, NOT_FOUND, REFUSED, STOPPED = 0, 1, 2, 3, 4, 130
"""Exit codes. USAGE is a wrong command line, REFUSED a right that is missing, STOPPED Ctrl-C."""

OBJECTS = 50_000
"""New objects after which rings among them are looked for. Documents are trees, which go by
themselves; at Python's 700 a fifth of a replication's time is spent looking through them."""

_BY_STATUS = {401: REFUSED, 403: REFUSED, 404: NOT_FOUND}


class Commands(click.Group):
    """Commands of installed packages, imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_points())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        point = _points().get(cmd_name)
        return _load(point) if point else None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="DIVAN_DATA",
    default=Path("divan-data"),
    show_default=True,
    show_envvar=True,
    help="The data directory.",
)
@click.option("-v", "--verbose", is_flag=True, help="Say more about what is going on, on stderr.")
@click.version_option(None, "--version", package_name="divan", prog_name="divan")
@click.pass_context
def divan(ctx: click.Context, data: Path, verbose: bool) -> None:
    """CRM groupware on a replicated document store.

    Exit codes: 0 done, 1 failed, 2 wrong command line, 3 not found, 4 refused.
    """
    level = logging.INFO if verbose else logging.WARNING
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    ctx.obj = data


def main() -> None:
    """The console script. Never returns."""
    gc.set_threshold(OBJECTS)
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run a command line and return its exit code; errors are one line on stderr.

    What is nobody's mistake but ours comes with its traceback.
    """
    try:
        result = divan.main(list(arguments), prog_name="divan", standalone_mode=False)
        sys.stdout.flush()
        return result if isinstance(result, int) else DONE
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED  # the reader of our output went away
    except click.Abort as error:
        return _failed("stopped", STOPPED if _interrupted(error) else FAILED)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return USAGE
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx else "divan"
        return _failed(f"{error.format_message()} See: {path} --help", USAGE)
    except click.ClickException as error:
        return _failed(error.format_message(), error.exit_code)
    except Stopped as error:
        return _failed(told(error), STOPPED)
    except DivanError as error:
        return _failed(told(error), _BY_STATUS.get(error.status, FAILED))
    except StoreError as error:
        return _failed(error.reason, _BY_STATUS.get(error.status, FAILED))
    except OSError as error:
        if error.strerror is None:
            raise
        place = f"{error.filename}: " if error.filename else ""
        return _failed(f"{place}{error.strerror}", FAILED)


def told(error: DivanError) -> str:
    """The error in one line, with the problem of each item; numbered ones belong to none."""
    if isinstance(error, Invalid):
        problems = error.problems.items()
        return " ".join(str(p) if item.isdigit() else f"{item}: {p}" for item, p in problems)
    return str(error)


def _failed(text: str, code: int) -> int:
    click.echo("divan: " + " ".join(text.split()), err=True)
    return code


def _interrupted(error: click.Abort) -> bool:
    return isinstance(error.__context__, KeyboardInterrupt)


def _points() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP)}


def _load(point: EntryPoint) -> click.Command:
    """The command, or one that says when it is called why it cannot be had."""
    try:
        command = point.load()
    except (ImportError, AttributeError) as error:
        return _missing(
            point, f"The command {point.name} ({point.value}) cannot be loaded: {error}"
        )
    if not isinstance(command, click.Command):
        return _missing(point, f"{point.value} is no command of click.")
    return command


def _missing(point: EntryPoint, why: str) -> click.Command:
    def fail(**_: Any) -> None:
        raise click.ClickException(why)

    anything = click.Argument(["arguments"], nargs=-1, type=click.UNPROCESSED)
    settings = {"ignore_unknown_options": True, "help_option_names": []}
    return click.Command(
        point.name, settings, fail, [anything], short_help="(cannot be loaded)", help=why
    )
