"""Where a process hears of changes: a datagram socket, found by others in a folder of the store.

It is a socket file where the system has them, else (Windows, a path that is too long, a file
system without sockets) one of loopback UDP whose port is the name of an empty file. A file left by
a killed process is removed by whoever finds nobody behind it.
"""

import os
import selectors
import socket
import threading
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

FOLDER = ".waiting"
FILE, PORT = ".sock", ".udp"
LOOPBACK = "127.0.0.1"
LONGEST_MESSAGE = 1024
MANY = 8
"""So many messages found at once: the system may have dropped more (Linux keeps 10 or more)."""


class Listener:
    """A socket that others find, and the thread that reads it."""

    def __init__(
        self, bound: socket.socket, file: Path, heard: Callable[[str | None], None]
    ) -> None:
        self.file = file
        self._socket = bound
        self._socket.setblocking(False)
        self._heard = heard
        self._owner = os.getpid()
        self._end, self._ending = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name="doorbell", daemon=True)
        self._thread.start()

    @classmethod
    def begun(cls, folder: Path, heard: Callable[[str | None], None]) -> "Listener | None":
        """None where the system lets us have no socket at all: then waiters can only look."""
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            _sweep(folder)
            bound, file = _bound(folder)
        except OSError:
            return None
        return cls(bound, file, heard)

    def hears(self) -> bool:
        """False after a fork, or where somebody removed the folder."""
        return self._thread.is_alive() and self.file.exists()

    def close(self) -> None:
        if self._owner == os.getpid():  # of a fork's child, file and thread are its parent's
            self.file.unlink(missing_ok=True)
            self._end.send(b"\0")
            self._thread.join()
        for used in (self._socket, self._end, self._ending):
            used.close()

    def _run(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._socket, selectors.EVENT_READ)
            selector.register(self._ending, selectors.EVENT_READ)
            while self._ending not in (key.fileobj for key, _ in selector.select()):
                messages = self._read()
                if len(messages) >= MANY:
                    self._heard(None)
                else:
                    for message in dict.fromkeys(messages):
                        self._heard(message.decode(errors="replace"))

    def _read(self) -> list[bytes]:
        messages: list[bytes] = []
        with suppress(BlockingIOError, ConnectionError):  # all read; Windows tells of lost peers
            while len(messages) < MANY:
                messages.append(self._socket.recv(LONGEST_MESSAGE))
        return messages


def line_to(file: Path) -> socket.socket | None:
    """A line to the socket behind `file`, on which sending never waits. None where there is none
    or it is not for us; a file with nobody behind it is removed."""
    address: tuple[str, int] | str
    if file.suffix == PORT and file.stem.isdigit():
        line, address = _udp(), (LOOPBACK, int(file.stem))
    elif file.suffix == FILE and hasattr(socket, "AF_UNIX"):
        line, address = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM), str(file)
    else:
        return None
    line.setblocking(False)
    try:
        line.connect(address)
    except OSError as error:
        line.close()
        if isinstance(error, ConnectionRefusedError):
            file.unlink(missing_ok=True)
        return None
    return line


def _bound(folder: Path) -> tuple[socket.socket, Path]:
    if hasattr(socket, "AF_UNIX"):
        file = folder / f"{uuid.uuid4().hex[:12]}{FILE}"
        bound = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            bound.bind(str(file))
        except OSError:  # the path is too long, or the file system has no sockets
            bound.close()
        else:
            return bound, file
    bound = _udp()
    bound.bind((LOOPBACK, 0))
    file = folder / f"{bound.getsockname()[1]}{PORT}"
    file.touch()
    return bound, file


def _sweep(folder: Path) -> None:
    """Remove the files of killed processes. Of a port that can be bound nobody is the owner."""
    for file in folder.iterdir():
        if file.suffix == PORT and file.stem.isdigit():
            with _udp() as attempt, suppress(OSError):
                attempt.bind((LOOPBACK, int(file.stem)))
                file.unlink(missing_ok=True)
        elif (line := line_to(file)) is not None:
            line.close()


def _udp() -> socket.socket:
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
