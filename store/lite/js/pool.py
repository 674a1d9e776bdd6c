"""A pool of worker processes that run the JavaScript of design documents.

Processes, since only a process can be stopped by the wall clock whatever the function does.
They start when first needed, are replaced when killed, and end with the pool. A forked child
begins with an empty pool of its own.
"""

import hashlib
import json
import logging
import os
import threading
import time
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from store.errors import DesignError, FunctionError, Unavailable
from store.lite.js.process import WorkerProcess

log = logging.getLogger("store.design")

Kind = Literal["views", "design"]


@dataclass(frozen=True)
class Program:
    """A design document's JSON text for the workers. "views" reaches its views only, no clock."""

    source: str
    kind: Kind
    signature: str = field(init=False)

    def __post_init__(self) -> None:
        text = f"{self.kind}\n{self.source}".encode("utf-8", "backslashreplace")
        object.__setattr__(self, "signature", hashlib.sha256(text).hexdigest()[:32])

    @classmethod
    def of(cls, tree: Any, kind: Kind) -> "Program":
        """The program of a design document or of the part of it that counts."""
        return cls(json.dumps(tree, separators=(",", ":")), kind)


class TimedOut(FunctionError):
    """The functions were ended by the clock."""


START = 30.0
"""Seconds that a new worker may take until it is there, on a machine however busy: no function is
to blame for them."""
TIMEOUT = 4.0
"""Seconds of one call, with its waiting for a worker, which may be half of them: a request whose
functions never end is answered within five, however many others hang."""
PATIENCE = 0.25
"""Seconds of waiting for a worker after which the busy ones are taken to hang."""
SPARE = 6
"""How many workers may run beside those that hang."""


class JsPool:
    """Runs design functions: `run(program, command, lines, head)`. Safe for threads and forks."""

    def __init__(
        self, size: int = 2, timeout: float = TIMEOUT, memory: int = 64 * 1024 * 1024
    ) -> None:
        self._size = size
        self._timeout = timeout
        self._memory = memory
        self._closed = False
        self._fresh()
        weakref.finalize(self, _close_workers, self._idle)
        _pools.add(self)

    def _fresh(self) -> None:
        self._lock = threading.Lock()
        self._free = threading.Condition(self._lock)
        self._alarm = threading.Condition(self._lock)
        self._idle: list[WorkerProcess] = []
        self._busy: dict[WorkerProcess, float] = {}
        self._watchdog: threading.Thread | None = None

    def run(
        self,
        program: Program,
        command: str,
        lines: Sequence[str],
        head: str = "",
        limit: float | None = None,
    ) -> list[str]:
        """Return one JSON text for each JSON text in `lines`; filters for the first of them, as
        many as their turn lasts, and `map` some for all of these.

        Commands: map, reduce, rereduce, validate, filter, view_filter (sandbox.js). Raises
        DesignError where the functions do not compile, fail, or take too long or too much: longer
        than `limit` seconds, or the pool's; Unavailable where all workers are busy.
        """
        if not lines:
            return []
        with self._lease(limit) as worker:
            answer = worker.ask(command, program.signature, lines, head)
            if answer is None:
                worker.ask("load", program.signature, [program.source], program.kind)
                answer = worker.ask(command, program.signature, lines, head)
        if answer is None:
            raise DesignError("the functions could not be kept loaded")
        for message in answer[1]:
            log.info("%s", message)
        return answer[0]

    def check(self, program: Program, limit: float | None = None) -> None:
        """Load `program` only. Raises DesignError where a function does not compile."""
        with self._lease(limit) as worker:
            worker.ask("load", program.signature, [program.source], program.kind)

    @contextmanager
    def _lease(self, limit: float | None = None) -> Iterator[WorkerProcess]:
        seconds = self._timeout if limit is None else min(limit, self._timeout)
        worker, seconds = self._acquire(seconds)
        sound = False
        try:
            if not worker.ready:
                worker.greet()
                self._count_from_now(worker, seconds)
            yield worker
            sound = True
        except DesignError:
            sound = True
            raise
        except (OSError, EOFError) as error:
            if worker.timed_out:
                reason = f"the functions took longer than {seconds:.3g} seconds"
                raise TimedOut("os_process_error", reason) from error
            reason = "the functions ended their worker process"
            raise FunctionError("os_process_error", reason) from error
        finally:
            self._release(worker, sound)

    def _acquire(self, seconds: float) -> tuple[WorkerProcess, float]:
        """A worker of one's own, and what is left of the seconds."""
        begin = time.monotonic()
        with self._lock:
            while not self._idle and len(self._busy) >= self._size and not self._closed:
                left = begin + seconds / 2 - time.monotonic()
                if left <= 0:
                    raise Unavailable("All JavaScript workers are busy. Try again later.", 1.0)
                came = self._free.wait(min(PATIENCE, left))
                if not came and len(self._busy) < self._size + SPARE:
                    break
            if self._closed:
                raise Unavailable("the JavaScript workers are closed")
            seconds -= time.monotonic() - begin
            worker = self._idle.pop() if self._idle else self._start()
            self._busy[worker] = time.monotonic() + (seconds if worker.ready else START)
            self._alarm.notify()
            if self._watchdog is None:
                self._watchdog = threading.Thread(
                    target=self._watch, name="design function watchdog", daemon=True
                )
                self._watchdog.start()
        return worker, seconds

    def _count_from_now(self, worker: WorkerProcess, seconds: float) -> None:
        with self._lock:
            self._busy[worker] = time.monotonic() + seconds
            self._alarm.notify()

    def _start(self) -> WorkerProcess:
        try:
            return WorkerProcess(self._memory, self._timeout + 1.0)
        except OSError as error:
            raise Unavailable(f"cannot start a JavaScript worker: {error}") from error

    def _release(self, worker: WorkerProcess, sound: bool) -> None:
        with self._lock:
            self._busy.pop(worker, None)
            keep = sound and not worker.timed_out and not self._closed
            keep = keep and len(self._idle) < self._size
            if keep:
                self._idle.append(worker)
            self._free.notify()
        if not keep:
            worker.kill()
            worker.close()

    def _watch(self) -> None:
        """Kill workers past their deadline; end after a while without work."""
        with self._lock:
            while self._busy and not self._closed:
                now = time.monotonic()
                for worker, deadline in self._busy.items():
                    if deadline <= now and not worker.timed_out:
                        worker.timed_out = True
                        worker.kill()
                self._alarm.wait(max(min(self._busy.values()) - now, 0.05))
            self._watchdog = None

    def close(self) -> None:
        """End all workers. Calls under way fail with DesignError."""
        with self._lock:
            self._closed = True
            idle, self._idle[:] = list(self._idle), []
            for worker in self._busy:
                worker.kill()
            watchdog = self._watchdog
            self._free.notify_all()
            self._alarm.notify_all()
        _close_workers(idle)
        if watchdog is not None:
            watchdog.join()

    def _after_fork(self) -> None:
        for worker in [*self._idle, *self._busy]:
            worker.abandon()
        self._idle.clear()
        idle = self._idle
        self._fresh()
        self._idle = idle  # the list that the finalizer knows


def _close_workers(workers: list[WorkerProcess]) -> None:
    while workers:
        workers.pop().close()


def _forget_workers() -> None:
    for pool in list(_pools):
        pool._after_fork()


_pools: "weakref.WeakSet[JsPool]" = weakref.WeakSet()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_workers)
