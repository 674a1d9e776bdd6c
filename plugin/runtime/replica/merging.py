"""Settling conflicts that need no person: branches that changed different items.

The result is a function of the branches alone, so that two machines that merge the same branches
write the same revision and do not conflict again.
"""

from collections.abc import Iterator

from plugin.runtime.conflicts import with_files
from plugin.runtime.design import CONFLICTS_VIEW, INDEX
from plugin.runtime.merge import Merged, ended, merge
from store.api import Database
from store.errors import NotFound
from store.types import Doc, ViewOptions

PAGE = 500


def conflicted(database: Database) -> Iterator[str]:
    """Ids of the documents with live conflicts; costs what there are of these."""
    skip = 0
    while True:
        options = ViewOptions(reduce=False, skip=skip, limit=PAGE)
        rows = database.view(INDEX, CONFLICTS_VIEW, options)["rows"]
        yield from (row["id"] for row in rows)
        if len(rows) < PAGE:
            return
        skip += PAGE


def settle(database: Database, docid: str) -> bool:
    """Merge the live branches of a document if no item was changed twice; True if it was merged.

    `database` is the server's own handle: whoever made the branches had the right to.
    """
    branches = live_branches(database, docid)
    if len(branches) < 2:
        return False
    merged = merge(branches)
    if not isinstance(merged, Merged):
        return False
    winner, *losers = branches
    doc = with_files(database, merged.doc, merged.borrowed)
    rows = database.bulk_docs([{**doc, "_id": docid, "_rev": winner["_rev"]}, *map(ended, losers)])
    return not rows[0].get("error")


def settle_all(database: Database) -> tuple[int, int]:
    """Merge what can be merged. Returns how many were merged and how many wait for a person."""
    merged = waiting = 0
    for docid in list(conflicted(database)):
        if settle(database, docid):
            merged += 1
        else:
            waiting += 1
    return merged, waiting


def live_branches(database: Database, docid: str) -> list[Doc]:
    """The live leaves with `_revisions`, the winner first."""
    try:
        winner = database.get(docid)["_rev"]
        found = database.open_revs(docid, "all", with_revs=True)
    except NotFound:
        return []
    live = [entry["ok"] for entry in found if "ok" in entry and not entry["ok"].get("_deleted")]
    return sorted(live, key=lambda doc: (doc["_rev"] != winner, doc["_rev"]))
