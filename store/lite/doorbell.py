"""Waking other processes: whoever wrote tells all that listen which database changed.

Who waits has a datagram socket in a folder of the store (`listening`); the name of the database is
the message. Nothing rests on its arrival: waiters look by themselves now and then, so that a lost
message (of a writer killed after its commit, say) costs time only.
"""

import errno
import os
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from store.lite.listening import FOLDER, Listener, line_to

SETTLED_NS = 3_000_000_000
"""A folder that changed more recently may change again within the same tick of its clock."""
GONE = frozenset(
    (errno.ECONNREFUSED, errno.ECONNRESET, errno.ENOTCONN, errno.EDESTADDRREQ, errno.EPIPE)
)


class Doorbell:
    """One process's end: it rings at others and, once it listens, hears them. Thread-safe.

    `heard` is called in a thread of its own with the name of a changed database, or with None
    where any may have changed.
    """

    def __init__(self, directory: Path, heard: Callable[[str | None], None]) -> None:
        self._folder = directory / FOLDER
        self._heard = heard
        self._lock = threading.Lock()
        self._listener: Listener | None = None
        self._lines: dict[str, socket.socket] = {}
        self._seen_at = 0
        self._closed = False

    def ring(self, name: str) -> None:
        """Tell all other processes that listen that the database `name` changed. Never waits."""
        try:
            changed_at = os.stat(self._folder).st_mtime_ns  # noqa: PTH116 (with each write)
        except OSError:  # nobody ever listened here
            return
        message = name.encode()
        with self._lock:
            if changed_at != self._seen_at or time.time_ns() - changed_at < SETTLED_NS:
                self._look_who_listens()
                self._seen_at = changed_at
            gone = [file for file, line in self._lines.items() if not _sent(line, message)]
            for file in gone:
                self._lines.pop(file).close()
                (self._folder / file).unlink(missing_ok=True)

    def listen(self) -> bool:
        """Begin to hear other processes, where it does not already. False where it cannot."""
        with self._lock:
            if self._closed:
                return False
            if self._listener is not None and self._listener.hears():
                return True
            if self._listener is not None:  # after a fork, or where the folder was removed
                self._listener.close()
            self._listener = Listener.begun(self._folder, self._heard)
            return self._listener is not None

    def close(self) -> None:
        with self._lock:
            self._closed = True
            listener, self._listener = self._listener, None
            lines, self._lines = self._lines, {}
        for line in lines.values():
            line.close()
        if listener is not None:
            listener.close()

    def _look_who_listens(self) -> None:
        mine = self._listener.file.name if self._listener else None
        with suppress(OSError), os.scandir(self._folder) as entries:
            present = {entry.name for entry in entries} - {mine}
            for file in self._lines.keys() - present:
                self._lines.pop(file).close()
            for file in present - self._lines.keys():
                line = line_to(self._folder / file)
                if line is not None:
                    self._lines[file] = line


def _sent(line: socket.socket, message: bytes) -> bool:
    """False where nobody is at the other end any more. Who is, but has not read for long, has
    enough to wake up for."""
    try:
        line.send(message)
    except OSError as error:
        return error.errno not in GONE
    return True
