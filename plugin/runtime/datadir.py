"""The data directory: `divan.json` says what it is and in which format."""

import json
import uuid
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from plugin.runtime.errors import OfficeError

FORMAT = 1
FILE = "divan.json"
NEW = "new"
"""The kind of a directory that is served for the first time: its person decides in the browser."""
KINDS = ("office", "laptop", NEW)


@dataclass(frozen=True)
class About:
    """What stands in `divan.json`. `id` is of this directory alone and never changes."""

    format: int
    kind: str
    id: str


def is_empty(path: Path) -> bool:
    """True where nothing is there yet, or nothing but settings and secrets laid out beforehand."""
    prepared = ("divan.toml", "secrets")
    return not path.exists() or all(entry.name in prepared for entry in path.iterdir())


def make(path: Path, kind: str) -> About:
    """Begin a data directory. Raises OfficeError where there is something else already."""
    if kind not in KINDS:
        raise OfficeError("There is no kind of data directory {kind}.", kind=kind)
    if path.exists() and not path.is_dir():
        raise OfficeError("{path} is a file, not a directory.", path=str(path))
    if not is_empty(path):
        raise OfficeError(
            "{path} is not empty. Name an empty or a new directory with --data.", path=str(path)
        )
    about = About(FORMAT, kind, uuid.uuid4().hex)
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(path, about)
    except OSError as error:
        raise OfficeError(
            "{path} cannot be used: {why}", path=str(path), why=str(error.strerror)
        ) from error
    return about


def decide(path: Path, kind: str) -> About:
    """Make an undecided directory one of this kind; one that is decided stays as it is."""
    about = read(path)
    if about.kind == NEW:
        about = replace(about, kind=kind)
        _write(path, about)
    return about


def _write(path: Path, about: About) -> None:
    draft = path / f".{FILE}.new"
    draft.write_text(json.dumps(asdict(about)) + "\n", encoding="utf-8")
    draft.replace(path / FILE)


def read(path: Path) -> About:
    """What a data directory is. Raises OfficeError that says what to do where it is none of ours,
    damaged, or of another format."""
    file = path / FILE
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        about = About(int(data["format"]), str(data["kind"]), str(data["id"]))
    except FileNotFoundError as error:
        raise OfficeError(
            "There is no Divan data in {path}. Start with: divan --data {path} serve",
            path=str(path),
        ) from error
    except OSError as error:
        raise OfficeError(
            "{file} cannot be read: {why}", file=str(file), why=str(error.strerror)
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise OfficeError("{file} is damaged. Restore it from a backup.", file=str(file)) from error
    if about.format != FORMAT:
        raise OfficeError(
            "{path} was written by another version of Divan (format {found}; this one uses"
            " {wanted}). Use that version, or another directory.",
            path=str(path),
            found=about.format,
            wanted=FORMAT,
        )
    return about
