"""Small documents without history, in databases like `credentials` that only the server reaches."""

import hashlib
from collections.abc import Callable, Iterator

from plugin.runtime.coordination import server_database
from store.api import Server
from store.errors import Conflict, NotFound
from store.types import Doc, ViewOptions

DATABASE = "credentials"


class SecretStore:
    """Reads, replaces and drops documents. Safe for several threads and processes at once."""

    def __init__(self, server: Server, database: str = DATABASE) -> None:
        # No history: a replaced hash is gone.
        self._db = server_database(server, database, history=1)

    def get(self, docid: str) -> Doc | None:
        """The document, or None."""
        try:
            return self._db.get(docid)
        except NotFound:
            return None

    def all(self, prefix: str) -> Iterator[Doc]:
        """All documents whose id begins with `prefix`."""
        options = ViewOptions(startkey=prefix, endkey=prefix + "\uffff", include_docs=True)
        return (row["doc"] for row in self._db.all_docs(options)["rows"])

    def update(self, docid: str, change: Callable[[Doc], Doc | None]) -> None:
        """Replace a document by `change(document)`, given `{}` where there is none.

        Called again where somebody was faster; None leaves all as it is.
        """
        while True:
            found = self.get(docid) or {}
            new = change({key: value for key, value in found.items() if key[0] != "_"})
            if new is None:
                return
            rev = {"_rev": found["_rev"]} if found else {}
            try:
                self._db.put({**new, "_id": docid, **rev})
            except Conflict:
                continue
            return

    def drop(self, docid: str) -> bool:
        """Delete a document; True if it was this call that did."""
        doc = self.get(docid)
        if doc is None:
            return False
        try:
            self._db.delete(docid, doc["_rev"])
        except (Conflict, NotFound):
            return False
        return True


def digest(secret: str) -> str:
    """SHA-256 of a secret of 32 random bytes: too many to try, so no slow hash is needed."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
