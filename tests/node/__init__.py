"""PouchDB and pouchdb-server from npm, for tests that want a peer that others wrote.

`package-lock.json` pins them. They are installed once below `.venv`, where Node and npm are
there; else the tests that need them are skipped and say why. Nothing of them runs in Divan.
"""

import fcntl
import hashlib
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
FILES = ("package.json", "package-lock.json")
PATIENCE = 300
STARTED = re.compile(r"has started on (http://[^\s/]+)/")


def node_modules() -> Path:
    """The folder of the installed packages. Skips the test where they cannot be had."""
    found = _installed()
    if isinstance(found, str):
        pytest.skip(found)
    return found


@cache
def why_not() -> str | None:
    """Why there are no peers from npm on this machine, None where there are."""
    found = _installed()
    return found if isinstance(found, str) else None


@cache
def _installed() -> Path | str:
    if not (shutil.which("node") and shutil.which("npm")):
        return "Node and npm are not installed"
    pinned = b"".join((HERE / name).read_bytes() for name in FILES)
    folder = Path(sys.prefix) / f"node-{hashlib.sha256(pinned).hexdigest()[:16]}"
    with (Path(sys.prefix) / "node.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several test processes begin at the same time
        done = folder / "installed"
        if not done.exists():
            failed = _install(folder)
            if failed:
                return failed
            done.touch()
    return folder / "node_modules"


def _install(folder: Path) -> str | None:
    folder.mkdir(exist_ok=True)
    for name in FILES:
        shutil.copy(HERE / name, folder / name)
    # No install scripts: what would be compiled is only needed for databases on disk.
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    try:
        ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return f"npm did not install the peers within {PATIENCE} seconds"
    return f"npm ci failed: {ran.stderr.strip()[-300:]}" if ran.returncode else None


@contextmanager
def pouchdb_server(directory: Path) -> Iterator[str]:
    """The address of a new, empty pouchdb-server that keeps its databases in memory."""
    program = node_modules() / "pouchdb-server" / "bin" / "pouchdb-server"
    directory.mkdir(parents=True, exist_ok=True)
    # It was written before an unhandled rejection ended the process.
    command = ["node", "--unhandled-rejections=warn", str(program), "--in-memory"]
    command += ["--host", "127.0.0.1", "--port", str(_free_port()), "--dir", str(directory)]
    with subprocess.Popen(
        command, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            yield _address(process)
        finally:
            process.terminate()


def _address(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if found := STARTED.search(line):
            return found.group(1)
    raise RuntimeError(f"pouchdb-server did not start: {''.join(said)[-500:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
