"""One sync at a time in a data directory, whichever process or thread it runs in.

The system lets go of the lock of a process that was killed, so nobody has to clear anything away.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from plugin.runtime.errors import DivanError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

FILE = "sync.lock"


class Busy(DivanError):
    """Another sync of the same data directory is at work."""

    status = 409


@contextmanager
def alone(data: Path) -> Iterator[None]:
    """Be the only sync of the data directory within the block. Raises Busy."""
    with (data / FILE).open("a", encoding="utf-8") as file:
        try:
            _take(file)
        except OSError as error:
            raise Busy("A sync of this laptop is running already.") from error
        yield


def _take(file: IO[str]) -> None:
    """Lock without waiting; closing the file lets go. Raises OSError."""
    if sys.platform == "win32":
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
