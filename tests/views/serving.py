"""A real `divan serve` in a process of its own."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-c", "from plugin.runtime.cli import main; main()")
READY = re.compile(r"Divan serves .* on (http://\S+)")
PATIENCE = 60


@dataclass
class Served:
    """The process, its address and the lines it printed."""

    process: subprocess.Popen[str]
    address: str = ""
    lines: list[str] = field(default_factory=list)
    ready: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)

    def listen(self) -> None:
        """Take what the process prints until it ends."""
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            found = READY.search(line)
            if found:
                self.address = found[1]
                self.ready.set()
        self.ended.set()
        self.ready.set()

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Tell it to stop; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(PATIENCE)


def divan(*arguments: str) -> tuple[str, ...]:
    """The command line of `divan` with these arguments."""
    return (*COMMAND, *arguments)


@contextmanager
def serving(
    data: Path, *options: str, environment: Mapping[str, str] | None = None
) -> Iterator[Served]:
    """Serve a data directory on a free port (or with `--port`) until the block ends."""
    port = () if "--port" in options else ("--port", "0")
    process = subprocess.Popen(
        divan("--data", str(data), "serve", *port, *options),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **(environment or {})},
    )
    served = Served(process)
    reader = threading.Thread(target=served.listen, daemon=True)
    reader.start()
    try:
        assert served.ready.wait(PATIENCE), served.lines
        assert served.address, served.lines
        yield served
    finally:
        served.stop()
        reader.join(PATIENCE)
        assert process.stdout
        process.stdout.close()
