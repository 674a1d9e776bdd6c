"""What one handover is to move, fixed at its beginning: it can go on where it was cut, and be taken
back. Kept where only the server reaches it."""

from collections.abc import Iterable

from plugin.runtime.handover.held import Share
from store.api import Database
from store.errors import Conflict, NotFound

Entry = tuple[str, str]
"""Name of the kind, id of the document."""
PREFIX = "plan:"


def kept_plan(db: Database, handover: str) -> list[Entry] | None:
    """The plan of a handover; None where there is none yet."""
    try:
        return [(kind, docid) for kind, docid in db.get(PREFIX + handover)["documents"]]
    except NotFound:
        return None


def keep_plan(db: Database, handover: str, shares: Iterable[Share]) -> list[Entry]:
    """Keep what is to be moved; what was kept first stands."""
    entries = [[one.holding.name, doc.id] for one in shares for doc in one.documents]
    try:
        db.put({"_id": PREFIX + handover, "documents": entries})
    except Conflict:
        return kept_plan(db, handover) or []
    return [(kind, docid) for kind, docid in entries]
