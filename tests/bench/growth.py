"""How cost grows with the number of documents: what should not grow, and what may, in a line."""

import resource
from pathlib import Path

from tests.bench import company
from tests.bench.figures import p50, seconds
from tests.bench.subjects import InProcess

SINGLE = 100


def rows(directory: Path, sizes: tuple[int, ...]) -> str:
    """For each size the speed of building a view, a range query and an update after one write."""
    lines = [f"{'documents':>12}{'build, documents/s':>22}{'range of 20, ms':>18}"
             f"{'query after write, ms':>24}{'peak memory, MB':>18}"]  # fmt: skip
    lines += [_row(directory / str(size), size) for size in sizes]
    return "\n".join(lines)


def _row(directory: Path, size: int) -> str:
    with InProcess(directory) as store:
        for batch in company.batches(size):
            store.bulk(batch)
        store.put(company.design(company.BY_GROUP, "group"))
        build = seconds(lambda: store.view("group", limit=1, reduce=False))
        asked = p50(lambda at: store.view("group", startkey=at, limit=20, reduce=False), SINGLE)
        fresh = next(company.batches(SINGLE, first=size))

        def write_and_ask(at: int) -> None:
            store.put(fresh[at])
            store.view("group", startkey=at, limit=1, reduce=False)

        update = p50(write_and_ask, SINGLE)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return f"{size:>12,}{size / build:>22,.0f}{asked:>18.2f}{update:>24.2f}{peak:>18,.0f}"
