"""Bookkeeping of followers and jobs, in `_local/` documents: not replicated, in no listing.

It stands outside the documents it is about, so that bookkeeping never shows as a change of them.
"""

from typing import Any

from store.api import Database
from store.errors import NotFound


class Checkpoint:
    """One `_local/<name>` document of a database.

    `save` is a compare-and-set: it raises `store.errors.Conflict` where another process wrote since
    `load`. One object is for one thread.
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
