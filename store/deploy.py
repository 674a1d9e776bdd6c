"""Put a design document into use without a moment in which its indexes are missing.

Stage under another name, build the indexes there, swap, clean up. An index belongs to the
content of the views, not to the name of the design document, so the swapped one finds it built.
After an interruption the next call finishes the work.
"""

from store.api import Database
from store.errors import Conflict, NotFound
from store.types import Doc, ViewOptions

PREFIX = "_design/"
STAGED = "_design/staged-"
BOOKKEEPING = ("_rev", "_revisions", "_revs_info", "_conflicts", "_local_seq")
ATTEMPTS = 5


def deploy(db: Database, ddoc: Doc) -> bool:
    """Make `ddoc` (with `_id`) the design document in use; return whether anything changed.

    Nothing is written where the content is the same. Raises DesignError where a view does not
    compile; then the one in use stays as it was. Needs a user who may write design documents.
    """
    docid = str(ddoc["_id"])
    if not docid.startswith(PREFIX):
        raise ValueError(f"{docid!r} is not the id of a design document")
    staged = STAGED + docid.removeprefix(PREFIX)
    if _same(_current(db, docid), ddoc):
        _remove(db, staged)
        return False
    if _views(ddoc):
        _write(db, _content(ddoc) | {"_id": staged})
        _build(db, staged, ddoc)
    _write(db, _content(ddoc) | {"_id": docid})
    _remove(db, staged)
    return True


def _build(db: Database, docid: str, ddoc: Doc) -> None:
    # All views share one pass; each is still asked, since a backend may build them one by one.
    for view in _views(ddoc):
        db.view(docid.removeprefix(PREFIX), view, ViewOptions(limit=0, reduce=False))


def _views(ddoc: Doc) -> list[str]:
    return [name for name in ddoc.get("views") or {} if name != "lib"]


def _content(ddoc: Doc) -> Doc:
    return {name: value for name, value in ddoc.items() if name not in BOOKKEEPING}


def _same(current: Doc | None, wanted: Doc) -> bool:
    return current is not None and _content(current) == _content(wanted)


def _current(db: Database, docid: str) -> Doc | None:
    try:
        return db.get(docid)
    except NotFound:
        return None


def _write(db: Database, doc: Doc) -> None:
    """Write over whatever is there; another process may be deploying the same."""
    for attempt in range(ATTEMPTS):
        current = _current(db, str(doc["_id"]))
        if _same(current, doc):
            return
        parent = {} if current is None else {"_rev": current["_rev"]}
        try:
            db.put(doc | parent)
            return
        except Conflict:
            if attempt == ATTEMPTS - 1:
                raise


def _remove(db: Database, docid: str) -> None:
    current = _current(db, docid)
    if current is None:
        return
    try:
        db.delete(docid, str(current["_rev"]))
    except (Conflict, NotFound):  # another process cleans up the same, or stages anew
        return
