"""Files of a data directory that only its owner may read."""

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


def write_private(path: Path, text: str) -> None:
    """Write a secret: readable by its owner alone from the first byte on, replaced as a whole."""
    _draft(path, text).replace(path)


@contextmanager
def written_whole(path: Path) -> Iterator[IO[bytes]]:
    """A file to write that is at `path` when the block ends, and nothing where it is left by an
    error; readable by its owner alone."""
    draft, descriptor = _begun(path)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def kept_private(path: Path, make: Callable[[], str]) -> str:
    """The secret in the file, made by `make` where there is none yet. Of several threads or
    processes that make one at the same time, all get that of the first."""
    if not path.exists():
        draft = _draft(path, make())
        try:
            os.link(draft, path)
        except FileExistsError:
            return path.read_text(encoding="utf-8").strip()
        except OSError:  # a file system without links: the last one wins
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    return path.read_text(encoding="utf-8").strip()


def _draft(path: Path, text: str) -> Path:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft, descriptor = _begun(path)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return draft


def _begun(path: Path) -> tuple[Path, int]:
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    return draft, os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
