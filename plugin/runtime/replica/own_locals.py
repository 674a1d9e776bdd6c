"""The `_local` documents of one person in one database: checkpoints of replications, and no more
than these need."""

from store.api import Database
from store.errors import Forbidden, NotFound, TooLarge
from store.jsontext import encoder_of
from store.types import Doc, ViewOptions

LARGEST = 64 * 1024
"""Characters of JSON; a checkpoint of CouchDB with all of its history has a quarter of it."""
MOST = 1000
"""Each laptop needs two a database, and two more where it is cloned anew."""
_text = encoder_of(ensure_ascii=False)


class OwnLocals:
    """Reads and writes them under ids of the person's own."""

    def __init__(self, inner: Database, person: str) -> None:
        """A colon is in no name, so that what `li` calls `na.x` is never what `li.na` calls `x`."""
        self._inner = inner
        self._ids = f"_local/{person}:"

    def get(self, docid: str) -> Doc:
        """Raises NotFound."""
        return {**self._inner.get_local(self._own(docid)), "_id": docid}

    def put(self, doc: Doc) -> str:
        """Raises TooLarge, and Forbidden where there are too many already; else as the store."""
        if len(_text(doc)) > LARGEST:
            raise TooLarge("A local document may have 64 KiB.")
        own = self._own(doc["_id"])
        if not self._is_there(own) and self._count() >= MOST:
            raise Forbidden(f"You have {MOST} local documents in this database. Delete some.")
        return self._inner.put_local({**doc, "_id": own})

    def delete(self, docid: str, rev: str) -> None:
        """Raises NotFound, Conflict."""
        self._inner.delete_local(self._own(docid), rev)

    def _own(self, docid: str) -> str:
        return self._ids + docid.removeprefix("_local/")

    def _is_there(self, own: str) -> bool:
        try:
            self._inner.get_local(own)
        except NotFound:
            return False
        return True

    def _count(self) -> int:
        options = ViewOptions(startkey=self._ids, endkey=self._ids + "\uffff", limit=MOST)
        return len(self._inner.local_docs(options)["rows"])
