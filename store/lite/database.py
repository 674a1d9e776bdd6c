"""The embedded database as one user sees it: each method is one operation of its own file."""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Literal

from store.cancel import Cancel
from store.errors import BadRequest, NotFound, StoreError
from store.lite import (
    about,
    access,
    attachments,
    bulk,
    changes,
    contents,
    find,
    find_indexes,
    get,
    local,
    purge,
    records,
)
from store.lite.all_docs import all_docs, design_docs
from store.lite.changes import Place, Reader
from store.lite.compact import compact
from store.lite.records import PLAIN, Shape
from store.lite.shelf import Shelf
from store.lite.storage import read_state
from store.lite.tasks import COMPACTION
from store.mango import options
from store.mango.choice import choose
from store.mango.explain import explained
from store.mango.indexes import Index
from store.types import (
    Attached,
    Attachment,
    BytesContent,
    ChangesOptions,
    Content,
    Doc,
    Json,
    Row,
    Seq,
    UserContext,
    ViewOptions,
)


class LiteDatabase:
    """`store.api.Database` on a file. Cheap to make; may be used by several threads."""

    def __init__(self, shelf: Shelf, user: UserContext) -> None:
        self._shelf = shelf
        self._storage = shelf.storage
        self._user = user

    @property
    def name(self) -> str:
        return self._storage.name

    @property
    def user(self) -> UserContext:
        return self._user

    def info(self) -> dict[str, Json]:
        self._check_member()
        running = self._shelf.tasks.compacts(self.name)
        return {**about.info(self._storage), "compact_running": running}

    def get(
        self, docid: str, *, rev: str | None = None, revs: bool = False, revs_info: bool = False,
        conflicts: bool = False, deleted_conflicts: bool = False, latest: bool = False,
        attachments: Attached = False, atts_since: Sequence[str] = (),
        att_encoding_info: bool = False, local_seq: bool = False,
    ) -> Doc:  # fmt: skip
        if local.is_local(docid):
            return self.get_local(docid)
        _check_asked(docid)
        shape = Shape(
            revs, revs_info, conflicts, deleted_conflicts, attachments, tuple(atts_since),
            att_encoding_info, local_seq,
        )  # fmt: skip
        if rev is None and shape == PLAIN:
            with self._storage.connection() as conn:
                self._admit(conn)
                return get.winner(conn, docid)
        with self._reading() as conn:
            if rev is None:
                doc = get.winner(conn, docid, shape)
            else:
                doc = get.revision(conn, docid, rev, shape, latest=latest)
        return contents.filled(self._storage, doc)

    def open_revs(
        self, docid: str, revs: Sequence[str] | Literal["all"], *, with_revs: bool = False,
        latest: bool = False, attachments: Attached = False, atts_since: Sequence[str] = (),
        att_encoding_info: bool = False,
    ) -> list[dict[str, Json]]:  # fmt: skip
        _check_asked(docid)
        shape = Shape(
            revs=with_revs, attachments=attachments, atts_since=tuple(atts_since),
            att_encoding_info=att_encoding_info,
        )  # fmt: skip
        with self._reading() as conn:
            found = get.open_revs(conn, docid, revs, shape, latest=latest)
        return self._filled(found)

    def bulk_get(
        self, docs: Sequence[Mapping[str, Json]], *, revs: bool = False, latest: bool = False,
        attachments: Attached = False, att_encoding_info: bool = False, most: int | None = None,
    ) -> dict[str, Json]:  # fmt: skip
        shape = Shape(revs=revs, attachments=attachments, att_encoding_info=att_encoding_info)
        with self._reading() as conn:
            answer = get.bulk_get(conn, docs, shape, latest=latest, most=most)
        for result in answer["results"]:
            self._filled(result["docs"])
        return answer

    def _filled(self, found: list[dict[str, Json]]) -> list[dict[str, Json]]:
        for entry in found:
            contents.filled(self._storage, entry.get("ok", {}))
        return found

    def put(self, doc: Doc) -> str:
        ((_, outcome),) = self._write([doc])
        if isinstance(outcome, StoreError):
            raise outcome
        return outcome

    def delete(self, docid: str, rev: str) -> str:
        self.get(docid)  # raises NotFound, as CouchDB does before it looks at the revision
        return self.put({"_id": docid, "_rev": rev, "_deleted": True})

    def bulk_docs(self, docs: Sequence[Doc], *, new_edits: bool = True) -> list[Row]:
        return bulk.rows(docs, self._write(docs, new_edits, make_id=True), new_edits=new_edits)

    def all_docs(self, options: ViewOptions = ViewOptions()) -> dict[str, Json]:
        with self._reading() as conn:
            return all_docs(conn, options)

    def design_docs(self, options: ViewOptions = ViewOptions()) -> dict[str, Json]:
        with self._reading() as conn:
            return design_docs(conn, options)

    def local_docs(self, options: ViewOptions = ViewOptions()) -> dict[str, Json]:
        with self._reading() as conn:
            return local.listing(conn, options)

    def changes(self, options: ChangesOptions = ChangesOptions()) -> dict[str, Json]:
        results: list[Row] = []
        with self._reading() as conn:
            reader, place = self._feed(conn, options)
            page, after = reader.page(conn, place)
            results += page["results"]
            while after is not None:
                page, after = reader.page(conn, after)
                results += page["results"]
        return {**page, "results": results}

    def changes_pages(
        self, options: ChangesOptions = ChangesOptions()
    ) -> Iterator[dict[str, Json]]:
        with self._reading() as conn:
            reader, place = self._feed(conn, options)
            page, after = reader.page(conn, place)
        yield page
        while after is not None:
            with self._reading() as conn:
                page, after = reader.page(conn, after)
            yield page

    def _feed(self, conn: sqlite3.Connection, options: ChangesOptions) -> tuple[Reader, Place]:
        designs = self._designs(conn) if options.filter else {}
        wanted = self._shelf.filters.wanted(options, designs, self._user, self.name)
        reader = Reader(options, wanted, self._shelf.pending)
        return reader, changes.begin(read_state(conn), options)

    def wait_for_change(self, since: Seq, timeout: float, cancel: Cancel | None = None) -> bool:
        self._check_member()
        seq = changes.sequence(since, self._storage.state().update_seq)
        return self._storage.wait(seq, timeout, cancel)

    def documents_since(
        self, seq: int, limit: int = 1000
    ) -> list[tuple[int, str, bool, str | None]]:
        """For indexes: see `store.lite.changes.documents_since`."""
        with self._storage.connection() as conn:
            return changes.documents_since(conn, seq, limit)

    def revs_diff(self, revs: Mapping[str, Sequence[str]]) -> dict[str, Json]:
        with self._reading() as conn:
            return get.revs_diff(conn, revs)

    def get_local(self, docid: str) -> Doc:
        with self._reading() as conn:
            return local.get(conn, docid)

    def put_local(self, doc: Doc) -> str:
        edit = local.edit(doc)
        self._check_member()
        with self._storage.writing() as tx:
            return local.write(tx.conn, edit)

    def delete_local(self, docid: str, rev: str) -> None:
        self.put_local({"_id": docid, "_rev": rev, "_deleted": True})

    def get_attachment(self, docid: str, name: str, *, rev: str | None = None) -> Attachment:
        with self._reading() as conn:
            return attachments.read(self._storage, conn, docid, name, rev)

    def put_attachment(
        self, docid: str, name: str, data: bytes | Content, content_type: str, *,
        rev: str | None, digest: str | None = None, encoding: Literal["gzip"] | None = None,
    ) -> str:  # fmt: skip
        given = {
            "content_type": content_type,
            "data": BytesContent(data) if isinstance(data, bytes) else data,
            "digest": digest,
            "encoding": encoding,
        }
        with self._reading() as conn:
            doc = attachments.attached(conn, docid, name, given, rev)
        return self.put(doc)

    def delete_attachment(self, docid: str, name: str, *, rev: str) -> str:
        with self._reading() as conn:
            doc = attachments.detached(conn, docid, name, rev)
        return self.put(doc)

    def view(self, ddoc: str, name: str, options: ViewOptions = ViewOptions()) -> dict[str, Json]:
        return self.queries(ddoc, name, [options])[0]

    def queries(
        self, ddoc: str, name: str, queries: Sequence[ViewOptions]
    ) -> list[dict[str, Json]]:
        return self._shelf.indexes.queries(self, self._design(ddoc), name, queries)

    def merged(
        self, ddoc: str, name: str, firsts: Sequence[Json], options: ViewOptions
    ) -> list[Row]:
        return self._shelf.indexes.merged(self, self._design(ddoc), name, firsts, options)

    def design_info(self, ddoc: str) -> dict[str, Json]:
        facts = self._shelf.indexes.info(self, self._design(ddoc))
        return {"name": ddoc, "view_index": facts}

    def view_cleanup(self) -> None:
        with self._reading() as conn:
            designs = list(self._designs(conn).values())
        self._shelf.indexes.drop_stale(designs)

    def _design(self, ddoc: str) -> Doc:
        with self._reading() as conn:
            design = self._designs(conn).get(f"_design/{ddoc}")
            # Read where there is none, for the reason: it may be one that was deleted.
            return get.winner(conn, f"_design/{ddoc}") if design is None else design

    def find(self, query: Mapping[str, Json]) -> dict[str, Json]:
        asked = options.query(query)
        with self._reading() as conn:
            designs = self._designs(conn)
            choice = choose(self._shelf.indexes.mango(designs), asked)
            if choice.nothing or choice.best is None:
                return {"docs": []}
            ddoc = choice.best.index.ddoc
            if ddoc is None:
                return find.scan(conn, choice)
        return find.by_index(self._shelf.indexes, self, designs[ddoc], choice, choice.best)

    def explain(self, query: Mapping[str, Json]) -> dict[str, Json]:
        choice = choose(self._indexes(), options.query(query), explain=True)
        return explained(self.name, choice)

    def indexes(self) -> dict[str, Json]:
        return find_indexes.listed(self._indexes())

    def create_index(self, definition: Mapping[str, Json]) -> dict[str, Json]:
        return find_indexes.create(self, definition)

    def delete_index(self, ddoc: str, name: str, kind: str = "json") -> None:
        find_indexes.delete(self, self._indexes(), ddoc, name, kind)

    def delete_indexes(self, ddocs: Sequence[str]) -> dict[str, Json]:
        return find_indexes.delete_all(self, self._indexes(), ddocs)

    def standing(self) -> tuple[str, int]:
        """For indexes: what tells this database from an earlier one of its name, and its state."""
        state = self._storage.state()
        return state.created, state.update_seq

    def security(self) -> dict[str, Json]:
        with self._reading() as conn:
            return about.security(conn)

    def set_security(self, security: Mapping[str, Json]) -> None:
        checked = json.dumps(access.check_security(security))
        self._check_admin()
        with self._storage.writing() as tx:
            tx.state.security = checked

    def revs_limit(self) -> int:
        self._check_member()
        return self._storage.state().revs_limit

    def set_revs_limit(self, limit: int) -> None:
        self._check_admin()
        with self._storage.writing() as tx:
            about.set_revs_limit(tx, limit)

    def purge(self, revs: Mapping[str, Sequence[str]]) -> dict[str, Json]:
        self._check_admin()
        with self._storage.writing() as tx:
            return purge.purge(tx, revs)

    def purged_infos(self) -> list[dict[str, Json]]:
        with self._reading() as conn:
            return purge.infos(conn)

    def purged_infos_limit(self) -> int:
        self._check_member()
        return self._storage.state().purged_infos_limit

    def set_purged_infos_limit(self, limit: int) -> None:
        self._check_admin()
        with self._storage.writing() as tx:
            purge.set_infos_limit(tx, limit)

    def compact(self, ddoc: str | None = None) -> None:
        self._check_admin()
        if ddoc is not None:
            self._shelf.indexes.compact(self._design(ddoc))
            return
        with self._shelf.tasks.running(COMPACTION, self.name) as task:
            compact(self._storage, task.tell)
        self.view_cleanup()

    def _indexes(self) -> list[Index]:
        with self._reading() as conn:
            return self._shelf.indexes.mango(self._designs(conn))

    def _designs(self, conn: sqlite3.Connection) -> dict[str, Doc]:
        return self._shelf.designs.at(conn, read_state(conn)).by_id

    def _write(
        self, docs: Sequence[Doc], new_edits: bool = True, make_id: bool = False
    ) -> list[bulk.Written]:
        change = self._shelf.before_update
        if change is not None:
            docs = [change(self.name, doc, self._user) for doc in docs]
        return bulk.write(self._shelf, self._user, docs, new_edits=new_edits, make_id=make_id)

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that sees one state, for a user who may see the database."""
        with self._storage.reading() as conn:
            self._admit(conn)
            yield conn

    def _admit(self, conn: sqlite3.Connection) -> None:
        if not self._user.is_admin:
            access.check_member(access.parsed(read_state(conn).security), self._user)

    def _check_member(self) -> None:
        if not self._user.is_admin:
            access.check_member(access.parsed(self._storage.state().security), self._user)

    def _check_admin(self) -> None:
        if not self._user.is_admin:
            access.check_admin(access.parsed(self._storage.state().security), self._user)


def _check_asked(docid: object) -> None:
    if not isinstance(docid, str) or not docid:
        raise BadRequest("Document id must be a string that is not empty")
    if not records.storable(docid):
        raise NotFound("missing")
