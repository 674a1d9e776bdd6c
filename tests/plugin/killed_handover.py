"""Handovers whose process kills itself (SIGKILL) at the n-th event of a kind; only tests run it.

`python -m tests.plugin.killed_handover DIRECTORY POINT NUMBER` ends by the signal, or with 0 where
they were over before there were so many such events.
"""

import sys
from pathlib import Path

from plugin import Office
from plugin.runtime.handover import running
from store.lite.database import LiteDatabase
from tests.plugin.company import MODULES, NOW
from tests.plugin.killed_sync import killing

POINTS = {"documents written": "bulk_docs", "progress noted": "put"}
"""What a run passes, each before and after which it can be killed."""


def main(data: Path, point: str, number: int) -> None:
    name = POINTS[point]
    setattr(LiteDatabase, name, killing(getattr(LiteDatabase, name), number))
    running.BATCH = 2
    with Office.open(data, clock=lambda: NOW, modules=MODULES) as office:
        running.Handovers(office).run_once()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
