"""Stores that a command line names: by address, or as a data directory; and who signs in there."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from store.errors import BadRequest
from store.types import Auth, BasicAuth, BearerAuth, IamAuth

Option = Callable[[Callable[..., Any]], Callable[..., Any]]


def auth_option(side: str) -> Option:
    """`--source-auth FILE` or `--target-auth FILE`."""
    return click.option(
        f"--{side}-auth",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help=f"File with user:password, bearer:token or iam:key for the {side};"
        f" else {variable(side)} is taken.",
    )


def variable(side: str) -> str:
    """The environment variable that holds what `--<side>-auth` else holds."""
    return f"DIVAN_{side.upper()}_AUTH"


def credentials(side: str, file: Path | None) -> Auth | None:
    """Who signs in at a side: from the file, else from the environment. Never from the command
    line, which everybody on the machine can read. Raises BadRequest."""
    if file is not None and os.name == "posix" and file.stat().st_mode & 0o077:
        raise BadRequest(f"{file} can be read by others. Run: chmod 600 {file}")
    text = os.environ.get(variable(side), "") if file is None else _text(file)
    if not text.strip():
        return None
    user, mark, password = text.strip().partition(":")
    if not mark:
        raise BadRequest(f"The {side} needs user:password, bearer:token or iam:key.")
    kinds: dict[str, Callable[[str], Auth]] = {"bearer": BearerAuth, "iam": IamAuth}
    return kinds[user](password) if user in kinds else BasicAuth(user, password)


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise BadRequest(f"{file} is no text in UTF-8.") from error
