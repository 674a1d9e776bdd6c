"""The worker process: runs design functions, speaks JSON lines on standard input and output.

In the manner of CouchDB's query server protocol (documentation 3.5, "Query Server Protocol").
A request is a line `[command, signature, count, head]` and `count` lines of JSON text; `load`
brings a program (`head` is its kind, "views" or "design", the one line its design document).
The answer is `["ok", count]`, `count` lines and a line with the list of log messages, or `["need"]`
where the program is not loaded (any more), or `["error", error, reason]`. `map` answers with some
lines for the first of its documents (`mapped`), the others with a line each, filters for the first
of theirs. It starts in a few hundredths of a second: of ours it imports only what makes sort keys.
"""

import json
import math
import re
import signal
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import quickjs

from store.collation import raw_key, sort_key

FILTERS = ("filter", "view_filter")
MAX_PROGRAMS = 16
MAX_STACK = 8 * 1024 * 1024
THREAD_STACK = 4 * MAX_STACK
MAX_ANSWER = 64 * 1024 * 1024
ENOUGH = 4 * 1024 * 1024
"""Characters of rows after which a batch is cut short: the rest is asked for again."""
SEPARATOR = "\x1f"
NO_MEMORY = "out of memory"
MAX_KEPT = 4 * 1024 * 1024
"""Characters of keys whose sort keys are remembered."""
LARGE = 512 * 1024
"""Characters of a call from which it has a context to itself, since the heap that it leaves would
put off the collection of what later calls leave."""
A_CHARACTER = 128
"""Bytes of memory that such a call may take for each: frozen, `[]` takes the most, about 200."""
MAX_DEPTH = 400
"""Of brackets in a key or value: more could not be read back."""
REALM, SANDBOX = (
    Path(__file__).with_name(name).read_text("utf-8") for name in ("realm.js", "sandbox.js")
)


class Program:
    """One design document's functions in a JavaScript context of their own."""

    def __init__(self, source: str, kind: str, memory: int, seconds: float) -> None:
        self._source, self._kind = source, kind
        self._memory, self._seconds = memory, seconds
        self._logs: list[Any] = []
        self._begin()

    def _begin(self, more: int = 0) -> None:
        self._context = quickjs.Context()
        self._context.set_memory_limit(self._memory + more)
        self._context.set_max_stack_size(MAX_STACK)
        # Processor time, only to end a worker whose parent died; the parent has the real clock.
        self._context.set_time_limit(self._seconds)
        door = self._context.eval(SANDBOX)(self._context.eval(REALM))
        self._call = self._method(door, "call")
        self._take_log = self._method(door, "takeLog")
        self._method(door, "load")(self._source, self._kind)
        self._at_rest: dict[str, int] = {}
        self._is_fresh = True

    def _method(self, door: Any, name: str) -> Any:
        return self._context.eval(f"(function (door) {{ return door.{name}; }})")(door)

    def call(self, command: str, line: str, head: str) -> str:
        """One call. What it puts off by a promise is never done: it goes with its context. One that
        finds too little memory is made again where nothing was called before."""
        is_large = len(line) > LARGE
        if is_large:
            self._begin_anew(A_CHARACTER * len(line))
        is_first, self._is_fresh = self._is_fresh, False
        try:
            answer: str = self._call(command, line, head)
        except (quickjs.JSException, MemoryError) as error:
            if is_first or failure(error)[1] != NO_MEMORY:
                raise
            self._begin_anew()
            answer = self._call(command, line, head)
        if is_large or self._left_a_job():
            self._begin_anew()
        return answer

    def _begin_anew(self, more: int = 0) -> None:
        self._logs += json.loads(self._take_log())
        self._begin(more)

    def _left_a_job(self) -> bool:
        try:
            return bool(self._context.execute_pending_job())
        except quickjs.JSException:
            return True

    def end(self) -> str:
        """The end of a request: the log messages as a JSON list. The garbage goes, whose size a
        later request could else find out. To look whether there is any costs a hundredth of that.
        """
        logs, self._logs = [*self._logs, *json.loads(self._take_log())], []
        if self._context.memory() != self._at_rest:
            self._context.gc()
            self._at_rest = self._context.memory()
        return json.dumps(logs)


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
            except (quickjs.JSException, TypeError, MemoryError, ValueError) as error:
                self._programs.pop(signature, None)
                answer = [json.dumps(["error", *failure(error)])]
            try:
                self._sink.write(("\n".join(answer) + "\n").encode())
                self._sink.flush()
            except BrokenPipeError:  # the parent is gone
                return

    def _answer(self, command: str, signature: str, lines: list[str], head: str) -> list[str]:
        if command == "greet":
            return ['["ok",0]', "[]"]
        if command == "load":
            self._load(signature, lines[0], head)
            return ['["ok",0]', "[]"]
        program = self._programs.get(signature)
        if program is None:
            return ['["need"]']
        self._programs.move_to_end(signature)
        if command == "map":
            answers = mapped(program.call, lines, *json.loads(head))
        elif command in FILTERS:
            answers = called(program.call, command, lines, *json.loads(head))
        else:
            answers = called(program.call, command, lines, head)
        return [json.dumps(["ok", len(answers)]), *answers, program.end()]

    def _load(self, signature: str, source: str, kind: str) -> None:
        self._programs.pop(signature, None)
        self._programs[signature] = Program(source, kind, self._memory, self._seconds)
        while len(self._programs) > MAX_PROGRAMS:
            self._programs.popitem(last=False)


class SortKeys:
    """Sort keys of JSON texts, in hexadecimal. The latest are kept: views have keys in groups."""

    def __init__(self, order: Callable[[Any], bytes]) -> None:
        self._order = order
        self._made: dict[str, str] = {}
        self._size = 0

    def of(self, texts: list[str]) -> list[str]:
        if self._size > MAX_KEPT:
            self._made.clear()
            self._size = 0
        made = self._made
        new = [text for text in dict.fromkeys(texts) if text not in made]
        keys = map(self._order, json.loads(f"[{','.join(new)}]"))
        made.update(zip(new, [key.hex() for key in keys], strict=True))
        self._size += sum(map(len, new))
        return [made[text] for text in texts]


SORTED, RAW = SortKeys(sort_key), SortKeys(raw_key)


def mapped(call: Any, lines: list[str], raw: list[bool], turn: float) -> list[str]:
    """The rows of the first documents, of one at least, as four lines for each view: sort keys, how
    many rows each document has, JSON texts of keys and of values. `raw` says of each view that it
    is ordered so. No document is begun after `turn` seconds, so that none is to blame for others.
    """
    columns: list[tuple[list[str], list[str], list[str]]] = [([], [], []) for _ in raw]
    size, end = 0, time.monotonic() + turn
    for line in lines:
        answer = call("map", line, "")
        size += len(answer)
        if len(answer) > MAX_ANSWER:
            raise ValueError("the functions give too much output")
        for (counts, ks, vs), part in zip(columns, answer.split("\x1e"), strict=False):
            texts = _readable(part)
            if len(texts) > 3:
                _order_equal_keys(texts)
            counts.append(str(len(texts) // 2))
            ks += texts[:-1:2]
            vs += texts[1::2]
        if size > ENOUGH or time.monotonic() >= end:
            break
    answers = []
    for is_raw, (counts, ks, vs) in zip(raw, columns, strict=True):
        keys = (RAW if is_raw else SORTED).of(ks)
        # No separator is in JSON text, where control characters are escaped.
        answers += [SEPARATOR.join(column) for column in (keys, counts, ks, vs)]
    return answers


def _readable(part: str) -> list[str]:
    """The rows of one document; none where one of them is nested too deep to be read back."""
    texts = part.split("\n")
    return [] if len(part) > MAX_DEPTH and any(map(_is_deep, texts)) else texts


def _order_equal_keys(texts: list[str]) -> None:
    """CouchDB orders rows of one document with one key by their values, in Erlang's order."""
    ks = texts[:-1:2]
    if len(set(ks)) < len(ks):
        rows = sorted(zip(ks, texts[1::2], strict=True), key=_by_key_and_value)
        texts[:-1] = [text for row in rows for text in row]


def _by_key_and_value(row: tuple[str, str]) -> tuple[str, bytes]:
    return row[0], raw_key(json.loads(row[1]))


def _is_deep(text: str) -> bool:
    if len(text) <= MAX_DEPTH or text.count("[") + text.count("{") <= MAX_DEPTH:
        return False
    depth = deepest = 0
    for bracket in re.findall(r"[\[\]{}]", re.sub(r'"(?:[^"\\]|\\.)*"', "", text)):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    return deepest > MAX_DEPTH


def called(
    call: Any, command: str, lines: list[str], head: str, turn: float = math.inf
) -> list[str]:
    """The answers for the first lines, for one at least: none is begun after `turn` seconds."""
    answers, size, end = [], 0, time.monotonic() + turn
    for line in lines:
        text = call(command, line, head)
        size += len(text)
        if size > MAX_ANSWER:
            raise ValueError("the functions give too much output")
        # A patched built-in must not forge lines of this protocol.
        answers.append(text.replace("\n", " "))
        if time.monotonic() >= end:
            break
    return answers


def failure(error: BaseException) -> tuple[str, str]:
    """CouchDB's words for an error, without its JavaScript stack."""
    first = str(error).split("\n", 1)[0]
    if first.startswith('Error: ["'):  # sandbox.js, Fatal
        try:
            name, reason = json.loads(first.removeprefix("Error: "))
        except ValueError:  # a filter function threw what only begins like one
            return "os_process_error", first
        return name, reason
    if first == "null" or isinstance(error, MemoryError):
        return "InternalError", NO_MEMORY  # too little was left to make an error of it
    name, colon, reason = first.partition(": ")
    if colon and name.isalpha():
        return name, reason
    return "os_process_error", first or type(error).__name__


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
