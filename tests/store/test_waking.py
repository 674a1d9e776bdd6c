"""Who waits for a change is woken by other processes at once, and by looking where it cannot be."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from store.lite import LiteServer, listening, waiting
from store.lite.doorbell import Doorbell
from store.lite.listening import FILE, FOLDER, PORT

PATIENCE = 20.0

WRITER = """
import sys
from store.lite import LiteServer
server = LiteServer(sys.argv[1])
for name in sys.stdin:
    server.database(name.strip()).bulk_docs([{}])
"""

WAITER = """
import sys
from store.lite import LiteServer
server = LiteServer(sys.argv[1])
server.database("a").wait_for_change(0, 0.01)
print("listening", flush=True)
sys.stdin.readline()
"""

posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals, fork or socket files")


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LiteServer]:
    """Waiters of it never look by themselves within the time of a test."""
    monkeypatch.setattr(waiting, "LOOK_SECONDS", 60.0)
    with closing(LiteServer(tmp_path)) as opened:
        opened.create("a")
        yield opened


@contextmanager
def process(code: str, directory: Path) -> "Iterator[subprocess.Popen[str]]":
    command = [sys.executable, "-c", code, str(directory)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as started:
        yield started


def say(writer: "subprocess.Popen[str]", name: str) -> None:
    assert writer.stdin is not None
    writer.stdin.write(f"{name}\n")
    writer.stdin.flush()


def files(directory: Path) -> list[str]:
    return sorted(file.suffix for file in (directory / FOLDER).iterdir())


def woken_by_another_process(server: LiteServer, directory: Path) -> None:
    db = server.database("a")
    with process(WRITER, directory) as writer:
        for at in range(5):
            told = threading.Timer(0.05, say, (writer, "a"))
            told.start()
            assert db.wait_for_change(at, PATIENCE) is True
            told.join()


def test_a_write_by_another_process_wakes(server: LiteServer, tmp_path: Path) -> None:
    woken_by_another_process(server, tmp_path)
    assert files(tmp_path) == [FILE if hasattr(socket, "AF_UNIX") else PORT]
    server.close()
    assert files(tmp_path) == []


def test_a_path_too_long_for_a_socket_file_is_no_hindrance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "LOOK_SECONDS", 60.0)
    directory = tmp_path / ("long" * 30)
    with closing(LiteServer(directory)) as server:
        server.create("a")
        woken_by_another_process(server, directory)
        assert files(directory) == [PORT]
    assert files(directory) == []


def test_without_any_socket_a_waiter_looks_by_itself(
    server: LiteServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(folder: Path) -> tuple[socket.socket, Path]:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(listening, "_bound", refuse)
    woken_by_another_process(server, tmp_path)


def test_one_thread_follows_many_databases(server: LiteServer, tmp_path: Path) -> None:
    names = [f"d{at}" for at in range(150)]
    for name in names:
        server.create(name)
    since = dict.fromkeys(names, 0)
    threads = threading.active_count()
    with process(WRITER, tmp_path) as writer:
        for name in ("d3", "d149", "d77"):
            told = threading.Timer(0.05, say, (writer, name))
            told.start()
            assert server.wait_for_changes(since, PATIENCE) == {name}
            told.join()
            since[name] = 1
    assert threading.active_count() == threads + 1


def test_a_crowd_of_messages_leaves_nobody_asleep(server: LiteServer) -> None:
    """Where messages come faster than they are read, some are lost: then everybody looks."""
    names = [f"d{at}" for at in range(30)]
    for name in names:
        server.create(name)
    heard: list[str | None] = []
    begun, read_on, done = threading.Event(), threading.Event(), threading.Event()

    def hear(name: str | None) -> None:
        begun.set()
        assert read_on.wait(PATIENCE)
        heard.append(name)
        if name is None:
            done.set()

    deaf = Doorbell(server._directory, hear)
    assert deaf.listen()
    try:
        server.database("a").bulk_docs([{}])
        assert begun.wait(PATIENCE)
        for name in names:
            server.database(name).bulk_docs([{}])
        read_on.set()
        assert done.wait(PATIENCE)
    finally:
        deaf.close()


@posix
@pytest.mark.parametrize("long", [False, True], ids=["socket file", "loopback"])
def test_what_a_killed_waiter_left_is_removed(
    tmp_path: Path, long: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = tmp_path / ("long" * 30 if long else "short")
    with closing(LiteServer(directory)) as server:
        server.create("a")
        with process(WAITER, directory) as waiter:
            assert waiter.stdout is not None
            assert waiter.stdout.readline() == "listening\n"
            waiter.send_signal(signal.SIGKILL)
        assert len(files(directory)) == 1
        for _ in range(2):  # of loopback UDP only a second message learns that nobody is there
            server.database("a").bulk_docs([{}])
        assert files(directory) == []


@posix
def test_who_begins_to_wait_sweeps_up(tmp_path: Path) -> None:
    with closing(LiteServer(tmp_path)) as server:
        server.create("a")
        folder = tmp_path / FOLDER
        folder.mkdir()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as dead:
            dead.bind(str(folder / f"dead{FILE}"))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            (folder / f"{free.getsockname()[1]}{PORT}").touch()
        server.database("a").wait_for_change(0, 0.01)
        assert files(tmp_path) == [FILE]


@posix
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork.*:DeprecationWarning")
def test_a_forked_child_leaves_its_parent_listening(server: LiteServer, tmp_path: Path) -> None:
    server.database("a").wait_for_change(0, 0.01)
    child = os.fork()
    if child == 0:
        server._waiting.close()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert files(tmp_path) == [FILE]
    woken_by_another_process(server, tmp_path)


def test_a_folder_that_was_removed_is_made_again(
    server: LiteServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "LOOK_SECONDS", 0.1)
    server.database("a").wait_for_change(0, 0.01)
    shutil.rmtree(tmp_path / FOLDER)
    server.database("a").wait_for_change(0, 0.3)
    monkeypatch.setattr(waiting, "LOOK_SECONDS", 60.0)
    woken_by_another_process(server, tmp_path)


@posix
def test_a_stopped_waiter_holds_no_writer_up(tmp_path: Path) -> None:
    """Its queue fills up; who writes does not wait for it, and others are told all the same."""
    with closing(LiteServer(tmp_path)) as server, process(WAITER, tmp_path) as stopped:
        server.create("a")
        assert stopped.stdout is not None
        assert stopped.stdout.readline() == "listening\n"
        stopped.send_signal(signal.SIGSTOP)
        try:
            for _ in range(600):
                server._waiting.announce("a")
            woken_by(server, lambda: server.database("a").bulk_docs([{}]))
        finally:
            stopped.send_signal(signal.SIGKILL)


def woken_by(server: LiteServer, write: Callable[[], object]) -> None:
    with closing(LiteServer(server._directory)) as other:
        written = threading.Timer(0.05, write)
        written.start()
        began = time.monotonic()
        assert other.database("a").wait_for_change(0, PATIENCE) is True
        assert time.monotonic() - began < waiting.LOOK_SECONDS
        written.join()
