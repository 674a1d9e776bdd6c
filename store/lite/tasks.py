"""What takes its time in this process: CouchDB's `_active_tasks`, for indexes and compaction."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from store.types import Json

INDEXER = "indexer"
COMPACTION = "database_compaction"


@dataclass(eq=False)
class Task:
    """One piece of work on `database`, `done` of `total` changes or documents; `facts` say more."""

    kind: str
    database: str
    facts: dict[str, Json]
    done: int = 0
    total: int = 0
    thread: int = field(default_factory=threading.get_native_id)
    started: int = field(default_factory=lambda: int(time.time()))
    updated: int = field(default_factory=lambda: int(time.time()))

    def tell(self, done: int, total: int) -> None:
        self.done, self.total, self.updated = done, total, int(time.time())

    def to_json(self) -> dict[str, Json]:
        return {
            "type": self.kind,
            "database": self.database,
            **self.facts,
            "changes_done": self.done,
            "total_changes": self.total,
            "progress": 100 * self.done // self.total if self.total else 0,
            "pid": f"<0.{self.thread}.0>",
            "started_on": self.started,
            "updated_on": self.updated,
        }


class Tasks:
    """The tasks of one embedded server that run now, in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: list[Task] = []

    @contextmanager
    def running(self, kind: str, database: str, **facts: Json) -> Iterator[Task]:
        """A task for as long as the block lasts."""
        task = Task(kind, database, facts)
        with self._lock:
            self._running.append(task)
        try:
            yield task
        finally:
            with self._lock:
                self._running.remove(task)

    def compacts(self, database: str) -> bool:
        with self._lock:
            return any(
                (each.kind, each.database) == (COMPACTION, database) for each in self._running
            )

    def to_json(self) -> list[dict[str, Json]]:
        with self._lock:
            return [task.to_json() for task in self._running]
