"""What a backup holds, and whether it still does: `backup.json`, written when all else is there."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from store.errors import NotFound, StoreError, UnsupportedFormat

FORMAT = 1
FILE = "backup.json"
PIECE = 1024 * 1024

Read = Callable[[int], object]
"""Told of the bytes read since the last call. What it raises ends the reading."""


@dataclass(frozen=True)
class StoredFile:
    """A file of the backup; `path` is relative, with slashes, and the same in a data directory."""

    path: str
    bytes: int
    sha256: str

    @classmethod
    def of(cls, directory: Path, path: str, read: Read = lambda size: None) -> "StoredFile":
        """The file as it is now."""
        digest, size = hashlib.sha256(), 0
        with (directory / path).open("rb") as file:
            while piece := file.read(PIECE):
                digest.update(piece)
                size += len(piece)
                read(len(piece))
        return cls(path, size, digest.hexdigest())

    @classmethod
    def parse(cls, told: Any) -> "StoredFile":
        path = PurePosixPath(str(told["path"]))
        if path.is_absolute() or ".." in path.parts:
            raise ValueError(f"{path} leads out of the backup")
        return cls(str(path), int(told["bytes"]), str(told["sha256"]))


@dataclass(frozen=True)
class StoredDatabase:
    """A database as it was at one moment; `problems` are what SQLite found wrong in the copy, which
    cannot be restored then; `misfits` what in it cannot be read, which keeps nothing else."""

    name: str
    update_seq: int
    doc_count: int
    doc_del_count: int
    problems: tuple[str, ...]
    misfits: tuple[str, ...]
    file: StoredFile

    @classmethod
    def parse(cls, told: Any) -> "StoredDatabase":
        return cls(
            str(told["name"]),
            int(told["update_seq"]),
            int(told["doc_count"]),
            int(told["doc_del_count"]),
            tuple(str(problem) for problem in told["problems"]),
            tuple(str(misfit) for misfit in told.get("misfits", ())),  # none told before
            StoredFile.parse(told["file"]),
        )


@dataclass(frozen=True)
class Manifest:
    """`made_at` is UTC. `whole` says that everything of the data directory is there, so that a new
    one can be made of it; else it holds some databases alone."""

    made_at: str
    whole: bool
    databases: tuple[StoredDatabase, ...]
    files: tuple[StoredFile, ...]

    def write(self, directory: Path) -> None:
        text = json.dumps({"format": FORMAT, **asdict(self)}, ensure_ascii=False, indent=2)
        (directory / FILE).write_text(text + "\n", encoding="utf-8")

    @classmethod
    def read(cls, directory: Path) -> "Manifest":
        """Raises NotFound where there is no backup, StoreError for one that makes no sense."""
        file = directory / FILE
        try:
            told = json.loads(file.read_text(encoding="utf-8"))
            if told["format"] != FORMAT:
                raise UnsupportedFormat(f"{directory} has format {told['format']}, not {FORMAT}.")
            databases = tuple(StoredDatabase.parse(each) for each in told["databases"])
            files = tuple(StoredFile.parse(each) for each in told["files"])
            return cls(str(told["made_at"]), bool(told["whole"]), databases, files)
        except (FileNotFoundError, NotADirectoryError):
            raise NotFound(f"{directory} is no whole backup: it has no {FILE}.") from None
        except OSError as error:
            raise StoreError(f"{file} cannot be read: {error.strerror}") from error
        except (ValueError, KeyError, TypeError) as error:
            raise StoreError(f"{file} is damaged: {error}") from error

    def chosen(self, names: tuple[str, ...]) -> tuple[StoredDatabase, ...]:
        """The databases of these names, or all. Raises NotFound."""
        known = {each.name: each for each in self.databases}
        for name in names:
            if name not in known:
                raise NotFound(f"The backup holds no database {name}.")
        return tuple(known[name] for name in names) or self.databases


def damaged(directory: Path, files: Iterator[StoredFile], read: Read) -> list[str]:
    """In plain sentences which of the files are not what they were."""
    problems = []
    for file in files:
        try:
            if StoredFile.of(directory, file.path, read) != file:
                problems.append(f"{file.path} is not what was written.")
        except OSError as error:
            problems.append(f"{file.path} cannot be read: {error.strerror}.")
    return problems
