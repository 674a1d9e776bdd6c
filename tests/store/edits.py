"""Seeded random edits, and what two databases must agree on after replication."""

import base64
import random
from collections.abc import Iterator
from typing import Any

from store.api import Database
from store.errors import NotFound, Unavailable
from store.types import ChangesOptions, Doc

IDS = [f"doc-{number}" for number in range(8)]


def edit(database: Database, dice: random.Random) -> None:
    """One edit of one of few documents, so that two stores often change the same one."""
    docid = dice.choice(IDS)
    leaves = live_leaves(database, docid)
    doc: Doc = {"_id": docid, "n": dice.randrange(1000)}
    if leaves:
        chosen = dice.choice(leaves)  # not always the winner: a loser is settled or deleted too
        doc["_rev"] = chosen["_rev"]
        if dice.random() < 0.2:
            doc["_deleted"] = True
        elif dice.random() < 0.5 and "_attachments" in chosen:
            doc["_attachments"] = chosen["_attachments"]
    if "_deleted" not in doc and dice.random() < 0.2:
        data = base64.b64encode(dice.randbytes(dice.randrange(2000))).decode()
        stub = {"content_type": "application/octet-stream", "data": data}
        doc.setdefault("_attachments", {})[f"file-{dice.randrange(3)}"] = stub
    database.put(doc)


def live_leaves(database: Database, docid: str) -> list[Doc]:
    try:
        rows = database.open_revs(docid, "all")
    except NotFound:
        return []
    return [row["ok"] for row in rows if not row["ok"].get("_deleted")]


def state(database: Database) -> dict[str, Any]:
    """Of every document: the winner's revision, and each leaf with its body and attachments."""
    facts: dict[str, Any] = {}
    for row in database.changes(ChangesOptions(style="all_docs"))["results"]:
        leaves = {
            found["ok"]["_rev"]: found["ok"]
            for found in database.open_revs(row["id"], "all", attachments=True)
        }
        assert {change["rev"] for change in row["changes"]} == set(leaves)
        facts[row["id"]] = (_winner(database, row["id"]), leaves)
    return facts


def _winner(database: Database, docid: str) -> tuple[str, ...]:
    try:
        doc = database.get(docid, conflicts=True)
    except NotFound as error:
        return (error.reason,)
    return (doc["_rev"], *sorted(doc.get("_conflicts", ())))


class Cut:
    """A database whose connection breaks at the call of a given number, again and again."""

    def __init__(self, database: Database, dice: random.Random, most: int = 12) -> None:
        self._database = database
        self._dice = dice
        self._most = most
        self._left = dice.randrange(1, most)

    def __getattr__(self, name: str) -> Any:
        self._left -= 1
        if self._left < 0:
            self._left = self._dice.randrange(1, self._most)
            raise Unavailable("cut")
        return getattr(self._database, name)


def pairs(items: list[Any]) -> Iterator[tuple[Any, Any]]:
    """Both directions."""
    first, second = items
    yield first, second
    yield second, first
