"""A sync that kills its own process (SIGKILL) at the n-th event of a kind; only tests run it.

`python -m tests.plugin.killed_sync DIRECTORY POINT NUMBER` ends by the signal, or with 0 where the
sync was over before there were so many such events.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from plugin import Office
from plugin.runtime.replica import sync as syncing
from plugin.runtime.replica.laptop import Replica
from plugin.runtime.replica.part import Part
from plugin.runtime.replica.remote import Remote
from store.lite.database import LiteDatabase

POINTS: dict[str, tuple[Any, str]] = {
    "written here": (LiteDatabase, "bulk_docs"),
    "noted here": (LiteDatabase, "put_local"),
    "purged here": (LiteDatabase, "purge"),
    "told its rights": (Remote, "rights"),
    "told of the part": (Remote, "kept"),
    "left the part": (Part, "end"),
    "pushed": (syncing.DatabaseSync, "_push"),
}
"""Places that a sync passes, each before and after which it can be killed."""


def killing(original: Callable[..., Any], number: int) -> Callable[..., Any]:
    """Odd numbers kill before the call, even ones after it."""
    seen = 0

    def call(*args: Any, **kwargs: Any) -> Any:
        nonlocal seen
        seen += 1
        if seen == number:
            os.kill(os.getpid(), signal.SIGKILL)
        done = original(*args, **kwargs)
        seen += 1
        if seen == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    return call


def main(data: Path, point: str, number: int) -> None:
    owner, name = POINTS[point]
    setattr(owner, name, killing(getattr(owner, name), number))
    with Office.open(data) as laptop:
        Replica(laptop).sync()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
