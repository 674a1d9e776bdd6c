"""Bookkeeping of followers and jobs, in `_local/` documents: not replicated, in no listing.

It stands outside the documents it is about, so that bookkeeping never shows as a change of them.
"""

from collections.abc import Callable
from typing import Any

from store.api import Database
from store.errors import NotFound
from store.types import Doc, Seq

STAYS = ("holder", "history", "session_id")
"""Items of leases and of replications' checkpoints, which mean nothing in another place."""


class Checkpoint:
    """One `_local/<name>` document of a database.

    `save` is a compare-and-set: it raises `store.errors.Conflict` where another process wrote since
    `load`. One object is for one thread. An item `seq` is a sequence of the same database.
    """

    def __init__(self, db: Database, name: str) -> None:
        self._db = db
        self._id = f"_local/{name}"
        self._rev: str | None = None

    def load(self) -> dict[str, Any]:
        """What was saved last, `{}` where nothing was."""
        try:
            doc = self._db.get_local(self._id)
        except NotFound:
            self._rev = None
            return {}
        self._rev = doc["_rev"]
        return {name: value for name, value in doc.items() if not name.startswith("_")}

    def save(self, values: dict[str, Any]) -> None:
        """Write `values` in place of what was loaded or saved last. Durable on return."""
        doc = {**values, "_id": self._id}
        if self._rev is not None:
            doc["_rev"] = self._rev
        self._rev = self._db.put_local(doc)


def moved(doc: Doc, translated: Callable[[Seq], Seq]) -> Doc | None:
    """A `_local/` document as it goes along to a copy of its database, where `translated` makes
    sequences those of the copy; None for one that stays behind."""
    if any(name in doc for name in STAYS):
        return None
    return {**doc, "seq": translated(doc["seq"])} if "seq" in doc else doc
