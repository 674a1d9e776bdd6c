"""One worker process as its parent sees it: start, ask, kill."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO, cast

from store.errors import FunctionError

WORKER = Path(__file__).with_name("worker.py")


class WorkerProcess:
    """A running worker. Used by one thread at a time; `kill` may come from another."""

    def __init__(self, memory: int, seconds: float) -> None:
        command = [sys.executable, "-P", "-X", "utf8", str(WORKER), str(memory), str(seconds)]
        # Unbuffered, so that a forked child can drop its copy without flushing half a request.
        self._process = subprocess.Popen(
            command,
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"TZ": "UTC"},  # rows must not differ from machine to machine
        )
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise OSError("the worker process has no pipes")
        self._stdin: IO[bytes] = stdin
        self._stdout: IO[bytes] = stdout
        self._answers = io.BufferedReader(cast(io.RawIOBase, stdout))
        self.timed_out = False
        self.ready = False

    def greet(self) -> None:
        """Wait until the process is there. Raises EOFError where it ended."""
        self.ask("greet", "", [], "")
        self.ready = True

    def ask(
        self, command: str, signature: str, lines: Sequence[str], head: str
    ) -> tuple[list[str], list[str]] | None:
        """Return the lines of the answer and the log; None where the program must be loaded first.

        Raises DesignError where the functions fail; OSError or EOFError where the worker is gone.
        """
        request = [json.dumps([command, signature, len(lines), head]), *lines, ""]
        # Lone surrogates become JSON escapes; a raw line break can only be white space.
        rest = memoryview("\n".join(request).encode("utf-8", "backslashreplace"))
        while rest:
            rest = rest[self._stdin.write(rest) :]
        status = json.loads(self._line())
        if status[0] == "need":
            return None
        if status[0] == "error":
            raise FunctionError(status[1], status[2])
        answer = [self._line() for _ in range(status[1])]
        messages = json.loads(self._line())
        return answer, [str(m) for m in messages] if isinstance(messages, list) else []

    def _line(self) -> str:
        line = self._answers.readline()
        if not line.endswith(b"\n"):
            raise EOFError("the worker process ended")
        return line[:-1].decode()

    def kill(self) -> None:
        """End the process at once. Whoever waits for its answer gets EOFError."""
        self._process.kill()

    def close(self) -> None:
        """Let an idle worker end by itself, or end it, and release its pipes."""
        self._stdin.close()
        try:
            self._process.wait(2.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._answers.close()

    def abandon(self) -> None:
        """Forget a worker that belongs to the parent of this forked process."""
        self._stdin.close()
        self._stdout.close()
        self._process.returncode = 0  # not ours to wait for
