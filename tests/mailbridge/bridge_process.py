"""The bridge as a process of its own, which tests kill and start again."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mailbridge.states import OPEN
from plugin import Office, notify

MAIN = "import sys; from plugin.runtime.cli import main; sys.exit(main())"
PATIENCE = 60.0


class BridgeProcess:
    """`divan mail run`, as often as it is started."""

    def __init__(self, data: Path, settings: Mapping[str, str]) -> None:
        self._data = data
        self._env = {**os.environ, **settings}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-c", MAIN, "--data", str(self._data), "mail", "run"]
        self._process = subprocess.Popen(command, env=self._env, stderr=subprocess.DEVNULL)

    def kill(self) -> None:
        """SIGKILL: the process has no chance to do anything more."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> int:
        """SIGTERM, as an administrator would. Returns the exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(PATIENCE)


def put_notices(office: Office, number: int) -> list[str]:
    for n in range(number):
        notify(office, kind="note", key=str(n), to="bo.chen", values={"subject": f"Note {n}"})
    return [f"outgoing:note:{n}:bo.chen" for n in range(number)]


def wait_until_sent(office: Office, ids: list[str]) -> None:
    found = wait_until_closed(office, ids)
    assert [doc for doc in found if doc["state"] != "sent"] == []


def wait_until_closed(office: Office, ids: list[str]) -> list[dict[str, Any]]:
    """The notices, when none of them is open any more."""
    outbox = office.server.database("outbox")
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        before = outbox.info()["update_seq"]
        found = [outbox.get(docid) for docid in ids]
        if all(doc["state"] not in OPEN for doc in found):
            return found
        outbox.wait_for_change(before, 5)
    raise AssertionError(Counter(outbox.get(docid)["state"] for docid in ids))


def kill_at(process: BridgeProcess) -> tuple[Callable[[], None], threading.Event]:
    """A hook for a mail server that kills the bridge at that instant, once."""
    killed = threading.Event()

    def hook() -> None:
        if not killed.is_set():
            process.kill()
            killed.set()

    return hook, killed
