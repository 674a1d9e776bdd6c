"""A database as one person may replicate it: the store's API, with what is forbidden left out.

A document that the person may not read does not exist here; what is pushed is decided against the
current winner as well as the pushed body (acl.md, "Replication"), because the store itself sees
only the parent of the pushed branch.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from itertools import compress, takewhile
from typing import Literal, NoReturn

from acl import ACL_ID, Access, Identity, may
from plugin.runtime.context import Context
from plugin.runtime.messages import Message
from plugin.runtime.people.secret_store import DATABASE as CREDENTIALS
from plugin.runtime.replica.feeding import Feed
from plugin.runtime.replica.keeping import Keeping
from plugin.runtime.replica.own_locals import OwnLocals
from plugin.runtime.replica.pushing import Guard, Pusher
from plugin.runtime.replica.sealing import places_of
from plugin.runtime.replica.subset import Subset
from plugin.runtime.replica.visibility import Visibility
from store.cancel import Cancel
from store.errors import Forbidden
from store.errors import NotFound as Missing
from store.lite.groups import stored_seq
from store.paging import pages
from store.types import (
    Attached,
    Attachment,
    ChangesOptions,
    Content,
    Doc,
    Json,
    Row,
    Seq,
    UserContext,
    ViewOptions,
)

NO_QUERIES = "Queries are not offered here; replicate and query the replica."
WITH_DOCUMENT = Message("A file is written with its document, which says who did it.")


class FilteredDatabase:
    """Implements `store.api.Database` for one identity.

    The store's own handles of `context` are used: `reading` for what is asked, `writing`, which is
    under the person's user context, so that the store validates pushes once more. `acl_pushed` is
    called after a push that held the ACL; `guard` is entered around the write of a document and
    raises Forbidden. `keeping` says what a choice of the person comes to, for the filter `_subset`
    of changes. `again` gives the context anew to a feed that waited: rights may have changed, or
    the right to ask have ended, which it raises.
    """

    def __init__(
        self,
        context: Context,
        acl_pushed: Callable[[], object] = lambda: None,
        guard: Guard = lambda doc: nullcontext(),
        keeping: Callable[[Subset], Keeping] = lambda subset: Keeping({}),
        again: Callable[[], Context] | None = None,
    ) -> None:
        self._context = context
        self._server = context.office.server
        self._inner = context.reading
        self._writer = context.writing
        self._acl_pushed = acl_pushed
        self._guard = guard
        self._keeping = keeping
        self._again = again or (lambda: context)
        self._credentials: dict[str, Seq] = {}
        self._places = places_of(context)
        self._reached: Seq | None = None
        self._look(context)
        self._locals = OwnLocals(context.reading, str(context.identity.name))

    def _look(self, context: Context) -> None:
        self._visibility = Visibility(context)
        self._feed = Feed(context.reading, self._visibility, self._keeping)

    @property
    def name(self) -> str:
        return self._inner.name

    @property
    def user(self) -> UserContext:
        return self._writer.user

    def info(self) -> dict[str, Json]:
        """Without the numbers and sizes that would tell how much there is besides."""
        info = self._inner.info()
        told = ("db_name", "instance_start_time", "compact_running")
        last = self._visibility.changes.level().last_of(self._visibility.groups())
        return {
            **{name: info[name] for name in told if name in info},
            "update_seq": self._places.told(last),
            "purge_seq": 0,
            "doc_count": 0,
            "doc_del_count": 0,
        }

    def get(
        self,
        docid: str,
        *,
        rev: str | None = None,
        revs: bool = False,
        revs_info: bool = False,
        conflicts: bool = False,
        deleted_conflicts: bool = False,
        latest: bool = False,
        attachments: Attached = False,
        atts_since: Sequence[str] = (),
        att_encoding_info: bool = False,
        local_seq: bool = False,
    ) -> Doc:
        self._visibility.require(docid)
        doc = self._inner.get(
            docid,
            rev=rev,
            revs=revs,
            revs_info=revs_info,
            conflicts=conflicts,
            deleted_conflicts=deleted_conflicts,
            latest=latest,
            attachments=attachments,
            atts_since=atts_since,
            att_encoding_info=att_encoding_info,
            local_seq=local_seq,
        )
        if not self._visibility.allows(doc):
            raise Missing("missing")
        if "_local_seq" in doc:
            doc["_local_seq"] = self._places.told(doc["_local_seq"])
        return doc

    def open_revs(
        self,
        docid: str,
        revs: Sequence[str] | Literal["all"],
        *,
        with_revs: bool = False,
        latest: bool = False,
        attachments: Attached = False,
        atts_since: Sequence[str] = (),
        att_encoding_info: bool = False,
    ) -> list[dict[str, Json]]:
        if not self._visibility.shows(docid):
            if revs == "all":
                raise Missing("missing")
            return [{"missing": rev} for rev in revs]
        found = self._inner.open_revs(
            docid,
            revs,
            with_revs=with_revs,
            latest=latest,
            attachments=attachments,
            atts_since=atts_since,
            att_encoding_info=att_encoding_info,
        )
        return [self._leaf(entry) for entry in found]

    def _leaf(self, entry: dict[str, Json]) -> dict[str, Json]:
        doc = entry.get("ok")
        if doc is None or self._visibility.allows(doc):
            return entry
        return {"missing": doc["_rev"]}

    def bulk_get(
        self,
        docs: Sequence[Mapping[str, Json]],
        *,
        revs: bool = False,
        latest: bool = False,
        attachments: Attached = False,
        att_encoding_info: bool = False,
        most: int | None = None,
    ) -> dict[str, Json]:
        there = self._visibility.shown({str(request.get("id")) for request in docs})
        shown = [str(request.get("id")) in there for request in docs]
        asked = list(compress(docs, shown))
        answer = self._inner.bulk_get(
            asked,
            revs=revs,
            latest=latest,
            attachments=attachments,
            att_encoding_info=att_encoding_info,
            most=most,
        )
        results = map(self._bulk_row, answer["results"])
        rows = (  # none where the answer ends early
            next(results, None) if visible else _absent(request)
            for request, visible in zip(docs, shown, strict=True)
        )
        return {"results": list(takewhile(bool, rows))}

    def _bulk_row(self, row: dict[str, Json]) -> dict[str, Json]:
        docs = []
        for entry in row["docs"]:
            doc = entry.get("ok")
            hidden = doc is not None and not self._visibility.allows(doc)
            docs.append(
                _absent({"id": row["id"], "rev": doc["_rev"]})["docs"][0] if hidden else entry
            )
        return {"id": row["id"], "docs": docs}

    def changes(self, options: ChangesOptions = ChangesOptions()) -> dict[str, Json]:
        page = self._feed.page(replace(options, since=self._places.meant(options.since)))
        self._reached = self._feed.reached
        left, every = options.limit or len(page["results"]), options.seq_interval
        rows = [
            {**row, "seq": None if (left - place) % every else self._places.told(row["seq"])}
            for place, row in enumerate(page["results"])
        ]
        return {**page, "results": rows, "last_seq": self._places.told(page["last_seq"])}

    def changes_pages(
        self, options: ChangesOptions = ChangesOptions()
    ) -> Iterator[dict[str, Json]]:
        return pages(self.changes, options)

    def wait_for_change(self, since: Seq, timeout: float, cancel: Cancel | None = None) -> bool:
        """From where the last page looked, beyond what it told. Also wakes, with False, where
        somebody's right to ask ended: it may be that of this feed, which then raises Unauthorized.
        """
        begun = stored_seq(self._places.meant(since))
        reached = begun if self._reached is None else self._reached
        asked = {self.name: reached} | self._ended_since()
        changed = self._server.wait_for_changes(asked, timeout, cancel)
        self._credentials = {}
        self._look(self._again())
        return self.name in changed

    def _ended_since(self) -> dict[str, Seq]:
        if not self._credentials and self._server.exists(CREDENTIALS):
            seq = self._server.database(CREDENTIALS).info()["update_seq"]
            self._credentials = {CREDENTIALS: seq}
        return self._credentials

    def revs_diff(self, revs: Mapping[str, Sequence[str]]) -> dict[str, Json]:
        there = self._visibility.shown(revs.keys())
        shown = {docid: ids for docid, ids in revs.items() if docid in there}
        answer = self._inner.revs_diff(shown)
        for docid, ids in revs.items():
            if docid not in shown:
                answer[docid] = {"missing": list(ids)}
        return answer

    def put(self, doc: Doc) -> str:
        self._pusher().check(doc)
        with self._guard(doc):
            rev = self._writer.put(doc)
        self._after([doc])
        return rev

    def delete(self, docid: str, rev: str) -> str:
        return _refuse(
            "Write a deletion that keeps form, readers, authors and public mark of the document."
        )

    def bulk_docs(self, docs: Sequence[Doc], *, new_edits: bool = True) -> list[Row]:
        rows = self._pusher().bulk_docs(docs, new_edits=new_edits)
        self._after(docs)
        return rows

    def _after(self, docs: Sequence[Doc]) -> None:
        """A Manager's new access control list counts at once."""
        if any(doc.get("_id") == ACL_ID for doc in docs):
            self._acl_pushed()

    def _pusher(self) -> Pusher:
        return Pusher(self._context, self._visibility, self._guard)

    def all_docs(self, options: ViewOptions = ViewOptions()) -> dict[str, Json]:
        """Only by `keys`: a listing of everything would cost by what the person does not see."""
        if options.keys is None:
            return _refuse("Ask _all_docs for keys, or follow _changes.")
        answer = self._inner.all_docs(replace(options, skip=0, limit=None))
        there = self._visibility.shown({str(row.get("id")) for row in answer["rows"]})
        shown = [row for row in answer["rows"] if str(row.get("id")) in there]
        return {"total_rows": len(shown), "offset": 0, "rows": shown}

    def design_docs(self, options: ViewOptions = ViewOptions()) -> dict[str, Json]:
        return _refuse("Ask _all_docs for keys, or follow _changes.")

    def local_docs(self, options: ViewOptions = ViewOptions()) -> dict[str, Json]:
        return _refuse("Local documents are read one by one.")

    def get_local(self, docid: str) -> Doc:
        return self._locals.get(docid)

    def put_local(self, doc: Doc) -> str:
        return self._locals.put(doc)

    def delete_local(self, docid: str, rev: str) -> None:
        self._locals.delete(docid, rev)

    def get_attachment(self, docid: str, name: str, *, rev: str | None = None) -> Attachment:
        self.get(docid, rev=rev)
        return self._inner.get_attachment(docid, name, rev=rev)

    def put_attachment(
        self,
        docid: str,
        name: str,
        data: bytes | Content,
        content_type: str,
        *,
        rev: str | None,
        digest: str | None = None,
        encoding: Literal["gzip"] | None = None,
    ) -> str:
        self.get(docid)  # one that is not there is not found, as anywhere
        raise Forbidden(str(WITH_DOCUMENT))

    def delete_attachment(self, docid: str, name: str, *, rev: str) -> str:
        self.get(docid)
        raise Forbidden(str(WITH_DOCUMENT))

    def view(self, ddoc: str, name: str, options: ViewOptions = ViewOptions()) -> dict[str, Json]:
        return _refuse("Views are not offered here; replicate and query the replica.")

    def queries(
        self, ddoc: str, name: str, queries: Sequence[ViewOptions]
    ) -> list[dict[str, Json]]:
        return _refuse("Views are not offered here; replicate and query the replica.")

    def merged(
        self, ddoc: str, name: str, firsts: Sequence[Json], options: ViewOptions
    ) -> list[Row]:
        return _refuse("Views are not offered here; replicate and query the replica.")

    def find(self, query: Mapping[str, Json]) -> dict[str, Json]:
        return _refuse(NO_QUERIES)

    def explain(self, query: Mapping[str, Json]) -> dict[str, Json]:
        return _refuse(NO_QUERIES)

    def indexes(self) -> dict[str, Json]:
        return _refuse(NO_QUERIES)

    def create_index(self, definition: Mapping[str, Json]) -> dict[str, Json]:
        return _refuse(NO_QUERIES)

    def delete_index(self, ddoc: str, name: str, kind: str = "json") -> None:
        _refuse(NO_QUERIES)

    def delete_indexes(self, ddocs: Sequence[str]) -> dict[str, Json]:
        return _refuse(NO_QUERIES)

    def design_info(self, ddoc: str) -> dict[str, Json]:
        return _refuse("Views are not offered here; replicate and query the replica.")

    def view_cleanup(self) -> None:
        _refuse("Only the server's administrator may do this.")

    def security(self) -> dict[str, Json]:
        return {}

    def set_security(self, security: Mapping[str, Json]) -> None:
        _refuse("The access control list is the document acl.")

    def revs_limit(self) -> int:
        return self._inner.revs_limit()

    def set_revs_limit(self, limit: int) -> None:
        _refuse("Only the server's administrator may do this.")

    def purge(self, revs: Mapping[str, Sequence[str]]) -> dict[str, Json]:
        return _refuse("Only the server's administrator may do this.")

    def purged_infos(self) -> list[dict[str, Json]]:
        return _refuse("Only the server's administrator may do this.")

    def purged_infos_limit(self) -> int:
        return self._inner.purged_infos_limit()

    def set_purged_infos_limit(self, limit: int) -> None:
        _refuse("Only the server's administrator may do this.")

    def compact(self, ddoc: str | None = None) -> None:
        _refuse("Only the server's administrator may do this.")


def _absent(request: Mapping[str, Json]) -> dict[str, Json]:
    docid, rev = request.get("id"), request.get("rev", "undefined")
    error = {"id": docid, "rev": rev, "error": "not_found", "reason": "missing"}
    return {"id": docid, "docs": [{"error": error}]}


def _refuse(reason: str) -> NoReturn:
    raise Forbidden(reason)


def may_replicate(access: Access, identity: Identity) -> bool:
    """Whether the person may have a replica of the database at all."""
    return bool(may(access, identity, "replicate"))
