"""The process that `test_lite_killed` kills: it writes without end and says what was acknowledged.

Run as a program it is a nursery: for each seed on stdin it forks a writer, which costs no start of
Python. A line on stdout is a JSON list: `["begin", operation, fact]` before an operation and
`["done", operation, fact]` after it was acknowledged.
"""

import json
import os
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from store.api import Database
from store.errors import NotFound
from store.lite import LiteServer

DESIGN = {
    "_id": "_design/d",
    "views": {"all": {"map": "function (doc) { emit(doc.n, 1); }", "reduce": "_count"}},
}
BATCH = 7


def say(*line: Any) -> None:
    os.write(1, json.dumps(line).encode() + b"\n")


class Writer:
    """Does one operation after another, chosen by chance."""

    def __init__(self, directory: Path, seed: str) -> None:
        self.server = LiteServer(directory)
        self.db: Database = self.server.database("a")
        self.seed = seed
        self.chance = random.Random(seed)
        self.number = 0
        self.written: list[tuple[str, str]] = []

    def run(self) -> None:
        operations: list[Callable[[str], None]] = [
            self.put, self.put, self.bulk, self.bulk, self.attach, self.edit, self.edit,
            self.purge, self.compact, self.recreate, self.view,
        ]  # fmt: skip
        while True:
            self.number += 1
            self.chance.choice(operations)(f"{self.seed}-{self.number}")

    def put(self, key: str) -> None:
        say("begin", "put", key)
        rev = self.db.put({"_id": key, "n": self.number, "text": "x" * 500})
        self.written.append((key, rev))
        say("done", "put", [key, rev])

    def bulk(self, key: str) -> None:
        say("begin", "bulk", key)
        docs = [{"_id": f"{key}.{at}", "n": at} for at in range(BATCH)]
        rows = self.db.bulk_docs(docs)
        say("done", "bulk", [[row["id"], row["rev"]] for row in rows])

    def attach(self, key: str) -> None:
        say("begin", "attach", key)
        data = key.encode() * 20_000
        rev = self.db.put_attachment(key, "f", data, "application/octet-stream", rev=None)
        say("done", "attach", [key, rev])

    def edit(self, key: str) -> None:
        try:
            doc = self.db.get("edited")
        except NotFound:
            doc = {"_id": "edited", "n": 0}
        say("begin", "edit", doc["n"] + 1)
        self.db.put({**doc, "n": doc["n"] + 1})
        say("done", "edit", doc["n"] + 1)

    def purge(self, key: str) -> None:
        if self.written:
            docid, rev = self.written.pop()
            say("begin", "purge", docid)
            self.db.purge({docid: [rev]})
            say("done", "purge", docid)

    def compact(self, key: str) -> None:
        say("begin", "compact", key)
        self.db.compact()
        say("done", "compact", key)

    def recreate(self, key: str) -> None:
        say("begin", "recreate", key)
        if self.server.exists("b"):
            self.server.delete("b")
        self.server.create("b")
        self.server.database("b").put({"_id": key})
        say("done", "recreate", key)

    def view(self, key: str) -> None:
        say("begin", "view", key)
        self.db.view("d", "all")
        say("done", "view", key)


def nursery(directory: Path) -> None:
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            Writer(directory, line.strip()).run()
        say("pid", child, None)
        os.waitpid(child, 0)
        say("ended", child, None)


if __name__ == "__main__":
    nursery(Path(sys.argv[1]))
