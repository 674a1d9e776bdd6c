"""The worker process: runs design functions, speaks JSON lines on standard input and output.

In the manner of CouchDB's query server protocol (documentation 3.5, "Query Server Protocol").
A request is a line `[command, signature, count, head]` and `count` lines of JSON text; `load`
brings a program (`head` is its kind, "views" or "design", the one line its design document).
The answer is `["ok"]`, `count` lines and a line with the list of log messages, or `["need"]` where
the program is not loaded (any more), or `["error", reason]`. Run as a file, it imports nothing of
the package and starts in a few hundredths of a second.
"""

import json
import signal
import sys
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Any, BinaryIO

import quickjs

MAX_PROGRAMS = 16
MAX_STACK = 8 * 1024 * 1024
THREAD_STACK = 4 * MAX_STACK
MAX_ANSWER = 64 * 1024 * 1024
SANDBOX = Path(__file__).with_name("sandbox.js").read_text("utf-8")


class Program:
    """One design document's functions in a JavaScript context of their own."""

    def __init__(self, source: str, kind: str, memory: int, seconds: float) -> None:
        self._context = quickjs.Context()
        self._context.set_memory_limit(memory)
        self._context.set_max_stack_size(MAX_STACK)
        # Processor time, only to end a worker whose parent died; the parent has the real clock.
        self._context.set_time_limit(seconds)
        door = self._context.eval(SANDBOX)
        self.call = self._method(door, "call")
        self.take_log = self._method(door, "takeLog")
        self._method(door, "load")(source, kind)

    def _method(self, door: Any, name: str) -> Any:
        return self._context.eval(f"(function (door) {{ return door.{name}; }})")(door)


class Worker:
    """Reads requests and answers them until standard input ends."""

    def __init__(self, source: BinaryIO, sink: BinaryIO, memory: int, seconds: float) -> None:
        self._source = source
        self._sink = sink
        self._memory = memory
        self._seconds = seconds
        self._programs: OrderedDict[str, Program] = OrderedDict()

    def serve(self) -> None:
        while line := self._source.readline():
            command, signature, count, head = json.loads(line)
            lines = [self._source.readline().decode() for _ in range(count)]
            try:
                answer = self._answer(command, signature, lines, head)
            except (quickjs.JSException, UnicodeError, MemoryError, ValueError) as error:
                self._programs.pop(signature, None)
                answer = [json.dumps(["error", reason(error)])]
            try:
                self._sink.write(("\n".join(answer) + "\n").encode())
                self._sink.flush()
            except BrokenPipeError:  # the parent is gone
                return

    def _answer(self, command: str, signature: str, lines: list[str], head: str) -> list[str]:
        if command == "load":
            self._load(signature, lines[0], head)
            return ['["ok"]', "true", "[]"]
        program = self._programs.get(signature)
        if program is None:
            return ['["need"]']
        self._programs.move_to_end(signature)
        answer, size = ['["ok"]'], 0
        for line in lines:
            text = program.call(command, line, head)
            size += len(text)
            if size > MAX_ANSWER:
                raise ValueError("the functions give too much output")
            # A patched built-in must not forge lines of this protocol.
            answer.append(text.replace("\n", " "))
        answer.append(program.take_log().replace("\n", " "))
        return answer

    def _load(self, signature: str, source: str, kind: str) -> None:
        self._programs.pop(signature, None)
        self._programs[signature] = Program(source, kind, self._memory, self._seconds)
        while len(self._programs) > MAX_PROGRAMS:
            self._programs.popitem(last=False)


def reason(error: BaseException) -> str:
    """The first line of an error without its JavaScript stack."""
    first = str(error).split("\n", 1)[0]
    return first.removeprefix("Error: ") or type(error).__name__


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    memory, seconds = int(sys.argv[1]), float(sys.argv[2])
    worker = Worker(sys.stdin.buffer, sys.stdout.buffer, memory, seconds)
    # A thread, since only there the size of the C stack can be chosen on every system.
    threading.stack_size(THREAD_STACK)
    thread = threading.Thread(target=worker.serve)
    thread.start()
    thread.join()


if __name__ == "__main__":
    main()
