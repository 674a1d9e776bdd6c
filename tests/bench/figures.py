"""What was measured, and the table that shows it."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Operation:
    """A row of the table. `rate` says that more is better (things a second), else milliseconds or
    bytes. `wanted` is how many times better than CouchDB it is to be in process; through HTTP it
    is to be at least as good."""

    name: str
    unit: str
    rate: bool = False
    wanted: float = 1.0

    def ratio(self, ours: float, theirs: float) -> float:
        """How many times better ours is."""
        return ours / theirs if self.rate else theirs / ours


BULK = Operation("bulk insert, 1000 a batch", "documents/s", rate=True, wanted=2)
PUT = Operation("single durable write", "ms", wanted=5)
GET = Operation("read one document", "ms")
BUILD_ONE = Operation("build emit(k, 1), _count", "documents/s", rate=True, wanted=3)
BUILD_FOUR = Operation("build 4 array keys, _sum", "documents/s", rate=True, wanted=3)
RANGE = Operation("range of 20 rows", "ms", wanted=5)
RANGE_DOCS = Operation("range of 20 rows, include_docs", "ms", wanted=5)
GROUP = Operation("group=true, 1000 groups", "ms", wanted=5)
AFTER_WRITE = Operation("view query after one write", "ms")
FIND = Operation("_find by an index, 25 documents", "ms")
CHANGES = Operation("_changes, 1000 a page", "rows/s", rate=True)
REPLICATE = Operation("replicate between two local", "documents/s", rate=True)
SIZE = Operation("file size", "bytes/document")

OPERATIONS = (
    BULK, PUT, GET, BUILD_ONE, BUILD_FOUR, RANGE, RANGE_DOCS, GROUP, AFTER_WRITE, FIND, CHANGES,
    REPLICATE, SIZE,
)  # fmt: skip

Figures = dict[Operation, float]


def seconds(work: Callable[[], object]) -> float:
    """How long `work` takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def p50(work: Callable[[int], object], times: int) -> float:
    """The median of `work(0)`, `work(1)` … in milliseconds."""
    return statistics.median(seconds(lambda at=at: work(at)) for at in range(times)) * 1000


def median(runs: Sequence[Figures]) -> Figures:
    """The median of each operation over several runs."""
    return {
        operation: statistics.median(run[operation] for run in runs)
        for operation in runs[0]
    }  # fmt: skip


def table(columns: dict[str, Figures], peer: str | None) -> str:
    """The figures by subject, with the ratios to `peer` where it was measured.

    A ratio above 1 is better than the peer; `!` marks one below what is wanted.
    """
    lines = ["".join([f"{'':34}", *(f"{name:>26}" for name in columns)])]
    for operation in OPERATIONS:
        cells = [_cell(operation, name, columns, peer) for name in columns]
        lines.append(f"{operation.name:34}" + "".join(f"{cell:>26}" for cell in cells))
    return "\n".join(lines)


def _cell(operation: Operation, name: str, columns: dict[str, Figures], peer: str | None) -> str:
    value = columns[name].get(operation)
    if value is None:
        return "–"
    text = f"{value:,.0f}" if value >= 100 else f"{value:.2f}"
    if peer is None or name == peer or operation not in columns[peer]:
        return f"{text} {operation.unit}"
    ratio = operation.ratio(value, columns[peer][operation])
    wanted = operation.wanted if "process" in name else 1.0
    return f"{text} ×{ratio:.1f}{'!' if ratio < wanted else ' '}"
