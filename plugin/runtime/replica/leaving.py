"""What a laptop forgets: databases that its person lost, and everything when its token was ended.

Only an answer of the laptop's own office counts for that (acl.md, "Replication").
"""

import json
from collections.abc import Iterable
from pathlib import Path

from plugin.runtime.files import write_private
from plugin.runtime.replica.sync import hashed, read_state, without_underscores, written_since
from plugin.runtime.replica.unsent import REVIEW, unsent
from plugin.runtime.secret_store import DATABASE as CREDENTIALS
from store.api import Database, Server


def empty(server: Server) -> None:
    """Delete every database, the sign-in of the laptop's person included."""
    for name in server.all_dbs():
        server.delete(name)


def drop_lost(server: Server, data: Path, person: str, still: Iterable[str]) -> dict[str, int]:
    """Delete the databases that the office no longer names; how many documents each had.

    Edits that were not sent are written to `review/<database>/` in the data directory first.
    """
    dropped = {}
    for name in sorted(set(server.all_dbs()) - {*still, CREDENTIALS}):
        database = server.database(name)
        _keep_unsent(database, data / REVIEW / name, person)
        dropped[name] = int(database.info()["doc_count"])
        server.delete(name)
    return dropped


def drop_sent(server: Server, name: str, person: str) -> int:
    """Delete a database that is not kept any more, unless something stands in it alone; how many
    documents it had. What waits there is sent with the next sync, or decided by the person."""
    database = server.database(name)
    if unsent(database, person):
        return 0
    count = int(database.info()["doc_count"])
    server.delete(name)
    return count


def _keep_unsent(database: Database, folder: Path, person: str) -> None:
    since = read_state(database).get("pushed_seq", 0)
    for doc in written_since(database, since, person):
        kept = {"document": doc["_id"], **without_underscores(doc)}
        text = json.dumps(kept, ensure_ascii=False, indent=2)
        write_private(folder / f"{hashed(doc['_id'])}.json", text)
