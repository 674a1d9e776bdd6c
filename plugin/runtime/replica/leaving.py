"""What a laptop forgets: databases that its person lost, and everything when its token was ended.

Only an answer of the laptop's own office counts for that (acl.md, "Replication").
"""

import shutil
from collections.abc import Iterable

from plugin.runtime.office import Office
from plugin.runtime.people.secret_store import DATABASE as CREDENTIALS
from plugin.runtime.replica.receipts import Receipts
from plugin.runtime.replica.returning import NO_DATABASE, Keeper, leaves_of
from plugin.runtime.replica.review import FOLDER
from plugin.runtime.replica.sync import hashed, ids_of
from plugin.runtime.replica.unsent import unsent
from store.api import Server
from store.errors import Conflict


def empty(office: Office) -> None:
    """Delete every database, the sign-in of the laptop's person included, the kept edits, the index
    of texts, and what is kept of changes."""
    for name in office.server.all_dbs():
        office.server.delete(name)
    office.texts.clear()
    office.forget_changes()
    shutil.rmtree(office.data / FOLDER, ignore_errors=True)


def drop_lost(
    server: Server, keeper: Keeper, still: Iterable[str], receipts: Receipts
) -> dict[str, int]:
    """Delete the databases that the office no longer names; how many documents each had. Edits that
    were not sent are kept for review first."""
    dropped = {}
    for name in sorted(set(server.all_dbs()) - {*still, CREDENTIALS}):
        count = None
        while count is None:  # again where the person saves at this moment
            count = _drop(server, name, keeper, receipts)
        dropped[name] = count
        receipts.finish(name)
    return dropped


def _drop(server: Server, name: str, keeper: Keeper, receipts: Receipts) -> int | None:
    """Delete one; how many documents it had, None where somebody wrote in it meanwhile."""
    database = server.database(name)
    info = database.info()
    for docid in sorted({edit.id for edit in unsent(database, keeper)}):
        if leaves := leaves_of(database, docid):
            keeper.take(database, docid, leaves, NO_DATABASE)
    held = [hashed(docid) for docid in ids_of(database)]
    receipts.begin(name, held, held)
    try:
        server.delete(name, at=info["update_seq"])
    except Conflict:
        return None
    return int(info["doc_count"])


def drop_sent(server: Server, name: str, keeper: Keeper) -> int:
    """Delete a database that is not kept any more, unless something stands in it alone; how many
    documents it had. What waits there is sent with the next sync, or decided by the person."""
    database = server.database(name)
    info = database.info()
    if unsent(database, keeper):
        return 0
    try:
        server.delete(name, at=info["update_seq"])
    except Conflict:  # the person saves at this moment
        return 0
    return int(info["doc_count"])
