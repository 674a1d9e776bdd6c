"""What a person sees of long work: one line that changes on a terminal, and Ctrl-C without loss."""

import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import click

from store.replication import Cancel, Progress

Outcome = TypeVar("Outcome")

OFTEN = 0.2
"""Seconds between two states of the line."""
UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


class Line:
    """A line on stderr that is written anew; nothing where stderr is no terminal."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()
        self._last = 0.0

    def show(self, text: str) -> None:
        now = time.monotonic()
        if self._shown and now - self._last >= OFTEN:
            self._last = now
            click.echo(f"\r{text}\033[K", nl=False, err=True)

    def share(self, what: str, done: int, whole: int) -> None:
        """`what: 25 %`"""
        self.show(f"{what}: {100 * done // whole} %" if whole else what)

    def clear(self) -> None:
        if self._shown:
            click.echo("\r\033[K", nl=False, err=True)


def told(progress: Progress) -> str:
    """`12000 documents, 3.4 MiB, 5100 a second, 2 refused, 8000 changes to go`"""
    counts = progress.counts
    parts = [f"{counts.written} documents", size(counts.bytes), f"{progress.rate:.0f} a second"]
    if counts.refused:
        parts.append(f"{counts.refused} refused")
    if progress.waiting:
        parts.append("waiting for changes")
    elif progress.pending is not None:
        parts.append(f"{progress.pending} changes to go")
    return ", ".join(parts)


def size(number: float) -> str:
    """Bytes in the unit that suits them."""
    for unit in UNITS[:-1]:
        if number < 1024:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1024
    return f"{number:.1f} {UNITS[-1]}"


def until_interrupted(work: Callable[[Cancel], Outcome]) -> Outcome:
    """The outcome of `work`. Ctrl-C and SIGTERM set its `cancel`, wait for it to leave off in
    order, and raise Abort."""
    cancel = Cancel()
    with interrupting(), ThreadPoolExecutor(1, "work") as thread:
        running = thread.submit(work, cancel)
        try:
            return running.result()
        except KeyboardInterrupt as stopped:
            cancel.set()
            running.result()
            raise click.Abort from stopped


@contextmanager
def interrupting() -> Iterator[None]:
    """KeyboardInterrupt by SIGTERM, and by SIGINT also where the shell ignores it for a job in the
    background."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, signal.default_int_handler) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
