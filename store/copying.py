"""A whole database brought to another server, with all that replication leaves behind.

Replication carries documents. A copy also has the security object, `_revs_limit` and those
`_local/` documents that are a company's own.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from store.api import Database, Server
from store.bookkeeping import Checkpoint, moved
from store.cancel import Cancel
from store.errors import Conflict, DatabaseExists, Forbidden, NotFound
from store.replication import Options, Refused, replicate
from store.replication.endpoint import created
from store.replication.replicate import Tell
from store.replication.values import digest
from store.types import ChangesOptions, Doc, Seq, ViewOptions

PAGE = 1000
MARK = "copy-"
"""How the names of `_local/` documents begin that say which copy a database is."""
NOT_OURS = (f"_local/{MARK}", "_local/purge-", "_local/shard-sync-")
"""Bookkeeping of a copy, and of CouchDB itself."""
PATIENT = 10
"""Times that a request is tried again: a copy is long, and nobody likes to begin it again."""
EVERYTHING = Options(designs_last=True, retries=PATIENT)


@dataclass(frozen=True)
class Copied:
    """What was carried this time; `complete` is False where it was cancelled."""

    database: str
    written: int
    refused: tuple[Refused, ...]
    complete: bool


def own_databases(server: Server) -> list[str]:
    """Names of the databases that are a company's and not the server's own (`_users` …)."""
    return [name for name in server.all_dbs() if not name.startswith("_")]


def copy_database(
    source: Server, target: Server, name: str, pair: str, tell: Tell, cancel: Cancel
) -> Copied:
    """Bring the database `name` to `target`; `pair` names the two servers. Cut or cancelled, it
    goes on with the next call.

    Design documents come last: what they check was accepted long ago, and was true then. Raises
    DatabaseExists where the target has a database of that name that is no such copy, Forbidden
    where that is the very database, Conflict where another call does the same.
    """
    try:
        return _copy(source, target, name, pair, tell, cancel)
    except Conflict as error:
        raise Conflict(
            f"Another copy of {name} seems to run. Wait for its end, or stop it."
        ) from error


def _copy(
    source: Server, target: Server, name: str, pair: str, tell: Tell, cancel: Cancel
) -> Copied:
    here = source.database(name)
    there = _begun(here, target, name, pair)
    mark = digest(pair, name)
    run = replicate(
        here, there, replication_id=mark, options=EVERYTHING, progress=tell, cancel=cancel
    )
    if run.complete:
        _carry_locals(here, there)
    return Copied(name, run.counts.written, run.refused, run.complete)


def _begun(here: Database, target: Server, name: str, pair: str) -> Database:
    """The target's database, empty or begun by an earlier call, with what it must have first."""
    created(target, name, create=True)
    there = target.database(name)
    mark = Checkpoint(there, f"{MARK}{pair}")
    if not mark.load():
        if there.changes(ChangesOptions(limit=1))["results"]:
            if _is_same(here, there):
                raise Forbidden(f"Both sides are the same store: nothing to copy of {name}.")
            raise DatabaseExists(
                f"There is a database {name} already that is no copy of this one. Delete it first."
            )
        mark.save({"copy_of": name})
    there.set_security(here.security())
    if there.revs_limit() != here.revs_limit():
        there.set_revs_limit(here.revs_limit())
    return there


def _is_same(here: Database, there: Database) -> bool:
    """Whether both are one database, met at different addresses: made and filled alike."""
    one, other = here.info(), there.info()
    told = ("instance_start_time", "doc_count", "doc_del_count")
    return [one.get(name) for name in told] == [other.get(name) for name in told]


def _carry_locals(here: Database, there: Database) -> None:
    """The company's own `_local/` documents; their sequences become those of the copy."""
    for row in here.local_docs(ViewOptions(include_docs=True))["rows"]:
        doc = row["doc"]
        if not doc["_id"].startswith(NOT_OURS):
            carried = moved(doc, lambda seq: translated(here, there, seq))
            if carried is not None:
                _put_local(there, carried)


def _put_local(database: Database, doc: Doc) -> None:
    rest = {name: value for name, value in doc.items() if name != "_rev"}
    while True:
        try:
            known = database.get_local(doc["_id"])
        except NotFound:
            known = {}
        rev = known.pop("_rev", None)
        if known == rest:
            return
        try:
            database.put_local(rest if rev is None else {**rest, "_rev": rev})
        except Conflict:
            continue
        return


def translated(here: Database, there: Database, seq: Seq) -> Seq:
    """A sequence of the copy before all documents that changed after `seq` here: whoever goes on
    from it misses nothing."""
    if not seq:
        return 0
    changed = {row["id"] for row in _changes(here, seq)}
    before: Seq = 0
    for row in _changes(there, 0):
        if row["id"] in changed:
            return before
        before = row["seq"]
    return before


def _changes(database: Database, since: Seq) -> Iterator[Doc]:
    while True:
        page = database.changes(ChangesOptions(since=since, limit=PAGE))
        yield from page["results"]
        if not page["results"] or page.get("pending") == 0:
            return
        since = page["last_seq"]
