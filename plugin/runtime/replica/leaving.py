"""What a laptop forgets: databases that its person lost, and everything when its token was ended.

Only an answer of the laptop's own office counts for that (acl.md, "Replication").
"""

import shutil
from collections.abc import Iterable

from plugin.runtime.office import Office
from plugin.runtime.people.secret_store import DATABASE as CREDENTIALS
from plugin.runtime.replica.receipts import Receipts
from plugin.runtime.replica.returning import Keeper, leaves_of
from plugin.runtime.replica.review import FOLDER
from plugin.runtime.replica.sync import hashed, ids_of
from plugin.runtime.replica.unsent import unsent
from store.api import Server


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
        database = server.database(name)
        for docid in sorted({edit.id for edit in unsent(database, keeper)}):
            if leaves := leaves_of(database, docid):
                keeper.take(database, docid, leaves)
        dropped[name] = int(database.info()["doc_count"])
        held = [hashed(docid) for docid in ids_of(database)]
        receipts.begin(name, held, held)
        server.delete(name)
        receipts.finish(name)
    return dropped


def drop_sent(server: Server, name: str, keeper: Keeper) -> int:
    """Delete a database that is not kept any more, unless something stands in it alone; how many
    documents it had. What waits there is sent with the next sync, or decided by the person."""
    database = server.database(name)
    if unsent(database, keeper):
        return 0
    count = int(database.info()["doc_count"])
    server.delete(name)
    return count
