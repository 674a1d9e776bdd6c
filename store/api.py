"""What a store is. Every backend implements these two Protocols; the contract stands here.

All names and shapes are CouchDB's (documentation 3.5, "API Reference"). Every method may raise
`store.errors.Unavailable`. A deleted document is missing for `get` and present in `changes`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, Protocol

from store.cancel import Cancel
from store.types import (
    ADMIN,
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


class Database(Protocol):
    """One database as one user sees it: writes are validated under that user's context."""

    @property
    def name(self) -> str:
        """The database's name."""
        ...

    @property
    def user(self) -> UserContext:
        """Who reads and writes by this handle."""
        ...

    def info(self) -> dict[str, Json]:
        """`GET /db`: db_name, doc_count, doc_del_count, update_seq, purge_seq, sizes (`file`,
        `active`, `external`), props, cluster, disk_format_version, compact_running,
        instance_start_time."""
        ...

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
        """`GET /db/docid`: the winner, or the revision asked for.

        Attachments are stubs unless `attachments`. With `atts_since` those stay stubs that came
        with or before one of these revisions, the newest that is an ancestor.
        `att_encoding_info` tells `encoding` and `encoded_length` of those stored zipped.

        Raises NotFound "missing" or "deleted" (a deleted revision can be had by `rev`); BadRequest
        for a bad rev.
        """
        ...

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
        """`GET /db/docid?open_revs=…`: `{"ok": doc}` or `{"missing": rev}` for each; "all" means
        every leaf, deleted ones too. Raises NotFound where the document was never there and
        "all" was asked."""
        ...

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
        """`POST /db/_bulk_get`: `{"results": [{"id", "docs": [{"ok": doc} | {"error": {…}}]}]}`.

        Entries hold `id`, and may hold `rev` and `atts_since`. Where the answer has more than
        `most` bytes, about, it is only of the first entries, of one at least."""
        ...

    def put(self, doc: Doc) -> str:
        """Write one revision and return its id. `doc` holds `_id`, and `_rev` where it replaces
        one.

        `data` in a member of `_attachments` is base64 text, bytes, or a Content, which is read in
        pieces and stands for what `follows` in CouchDB: it may come with `encoding: "gzip"` where
        it is zipped, and where it comes with `digest`, it must have it.

        Durable on return. Raises Conflict, Forbidden, Unauthorized, BadRequest, TooLarge,
        MissingStub, DigestMismatch. Same parent and same content give the same revision id on every
        machine.
        """
        ...

    def delete(self, docid: str, rev: str) -> str:
        """Write a tombstone without a body and return its revision. To keep items in it, `put` with
        `_deleted`."""
        ...

    def bulk_docs(self, docs: Sequence[Doc], *, new_edits: bool = True) -> list[Row]:
        """`POST /db/_bulk_docs`: one row per document in order: `{"ok", "id", "rev"}` or `{"id",
        "error", "reason"}`.

        With `new_edits=False` (replication) the revisions are grafted as given (`_revisions`),
        conflicts are kept, and only refused documents are in the answer. The batch is one
        transaction in the embedded store, but not all-or-nothing: documents in conflict or
        forbidden do not stop the others. One that is malformed, too large or has the stub of no
        attachment refuses the whole: raises as `put`.
        """
        ...

    def all_docs(self, options: ViewOptions = ViewOptions()) -> dict[str, Json]:
        """`GET /db/_all_docs`: `{"total_rows", "offset", "rows"}`."""
        ...

    def design_docs(self, options: ViewOptions = ViewOptions()) -> dict[str, Json]:
        """`GET /db/_design_docs`: the same of design documents alone."""
        ...

    def local_docs(self, options: ViewOptions = ViewOptions()) -> dict[str, Json]:
        """`GET /db/_local_docs`: the same of `_local/` documents, without numbers of rows."""
        ...

    def changes(self, options: ChangesOptions = ChangesOptions()) -> dict[str, Json]:
        """`GET /db/_changes?feed=normal`: `{"results": [{"seq", "id", "changes", "deleted"?,
        "doc"?}], "last_seq", "pending"}`.

        `last_seq` is that of the last change looked at, so that a filtered feed moves on. A
        descending feed ignores `since`. With style=all_docs a filter chooses among all leaves.
        """
        ...

    def changes_pages(
        self, options: ChangesOptions = ChangesOptions()
    ) -> Iterator[dict[str, Json]]:
        """What `changes` answers in pages of its shape, so that a feed of any length needs little
        memory: the rows follow each other, `last_seq` and `pending` are as of each page's end.

        At least one page; one without rows says that a filter wanted nothing for a while. Changes
        made while it is read may be in it. The first page raises what `changes` raises.
        """
        ...

    def wait_for_change(self, since: Seq, timeout: float, cancel: Cancel | None = None) -> bool:
        """Return True as soon as the update sequence is past `since` (also by another process),
        False after `timeout` seconds or once `cancel` is set. The basis of the longpoll and
        continuous feeds. Raises NotFound where the database goes meanwhile."""
        ...

    def revs_diff(self, revs: Mapping[str, Sequence[str]]) -> dict[str, Json]:
        """`POST /db/_revs_diff`: `{docid: {"missing": […], "possible_ancestors"?: […]}}`; nothing
        for ids where all is there."""
        ...

    def get_local(self, docid: str) -> Doc:
        """`GET /db/_local/name`; `docid` is the whole `_local/name`. Not replicated, not in views.
        Raises NotFound."""
        ...

    def put_local(self, doc: Doc) -> str:
        """Write a `_local/` document; revisions are `0-1`, `0-2` … The embedded store checks them
        and raises Conflict; CouchDB only counts them."""
        ...

    def delete_local(self, docid: str, rev: str) -> None:
        """`DELETE /db/_local/name`. Raises NotFound; Conflict as `put_local`."""
        ...

    def get_attachment(self, docid: str, name: str, *, rev: str | None = None) -> Attachment:
        """`GET /db/docid/name`; its content is read when asked for. Raises NotFound."""
        ...

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
        """`PUT /db/docid/name`: attach to revision `rev`, or to a new document; the new revision.

        `encoding` says that the bytes are zipped, and are to be stored so. Raises DigestMismatch
        where they do not have the digest that was given, and the errors of `put`.
        """
        ...

    def delete_attachment(self, docid: str, name: str, *, rev: str) -> str:
        """`DELETE /db/docid/name`: take it off revision `rev`; the new revision. Raises NotFound
        and what `put` raises."""
        ...

    def view(self, ddoc: str, name: str, options: ViewOptions = ViewOptions()) -> dict[str, Json]:
        """`GET /db/_design/ddoc/_view/name`: `{"total_rows", "offset", "rows"}`, or `{"rows"}` when
        reduced.

        `ddoc` is without `_design/`. Raises NotFound, QueryParseError, DesignError.
        """
        ...

    def queries(
        self, ddoc: str, name: str, queries: Sequence[ViewOptions]
    ) -> list[dict[str, Json]]:
        """`POST …/_view/name/queries`: several queries against one state of the index, one answer
        each."""
        ...

    def merged(
        self, ddoc: str, name: str, firsts: Sequence[Json], options: ViewOptions
    ) -> list[Row]:
        """The view as if it held only the rows whose keys are arrays that begin with one of
        `firsts`, and as if their keys came without it: its rows in one order with `reduce=False`,
        otherwise one row a group. `startkey` and `endkey` are arrays without the first member too.

        What is reduced is added: only for views whose reduce function is `_sum` or `_count`. Costs
        a look into the index for each of `firsts`, and the rows of the answer. `key`, `keys`,
        `skip` and `include_docs` raise QueryParseError.
        """
        ...

    def find(self, query: Mapping[str, Json]) -> dict[str, Json]:
        """`POST /db/_find`: documents that meet a selector.

        `query` is CouchDB's: `selector` and, if wanted, `limit` (25), `skip`, `sort`, `fields`,
        `bookmark`, `use_index`, `allow_fallback`, `conflicts`, `update`, `stable`, `r`,
        `execution_stats`. Returns `{"docs", "bookmark", "execution_stats"?, "warning"?}`. Raises
        BadQuery whose `error` is CouchDB's ("no_usable_index" for a sort that no index serves),
        SearchUnavailable for `$text`.
        """
        ...

    def explain(self, query: Mapping[str, Json]) -> dict[str, Json]:
        """`POST /db/_explain`: how `find` would answer the same query: `index`, the ends of its
        range in `mrargs`, and in `index_candidates` why it was no other."""
        ...

    def indexes(self) -> dict[str, Json]:
        """`GET /db/_index`: `{"total_rows", "indexes": [{"ddoc", "name", "type", "def"}]}`, first
        `_all_docs`."""
        ...

    def create_index(self, definition: Mapping[str, Json]) -> dict[str, Json]:
        """`POST /db/_index`: `{"index": {"fields", "partial_filter_selector"?}, "ddoc"?,
        "name"?}`.

        Returns `{"result": "created" | "exists", "id", "name"}`. The index is a view of the design
        document `id` and is built when it is first used. Raises BadQuery, SearchUnavailable for
        type "text", and what `put` raises.
        """
        ...

    def delete_index(self, ddoc: str, name: str, kind: str = "json") -> None:
        """`DELETE /db/_index/ddoc/json/name`; the design document goes with its last index. Raises
        NotFound."""
        ...

    def delete_indexes(self, ddocs: Sequence[str]) -> dict[str, Json]:
        """`POST /db/_index/_bulk_delete`: all indexes of these design documents.

        Returns `{"success": [{"id", "ok"}], "fail": [{"id", "error"}]}`.
        """
        ...

    def design_info(self, ddoc: str) -> dict[str, Json]:
        """`GET /db/_design/ddoc/_info`: `{"name", "view_index": {"signature", "language", "sizes",
        "update_seq", "updates_pending", "updater_running", …}}`. Raises NotFound, DesignError."""
        ...

    def view_cleanup(self) -> None:
        """`POST /db/_view_cleanup`: remove the files of indexes that no design document has."""
        ...

    def security(self) -> dict[str, Json]:
        """`GET /db/_security`; `{}` where none was set."""
        ...

    def set_security(self, security: Mapping[str, Json]) -> None:
        """`PUT /db/_security`, in place of what was set. Raises Forbidden (Unauthorized for nobody)
        unless the user is an administrator of the database, BadRequest for another form."""
        ...

    def revs_limit(self) -> int:
        """`GET /db/_revs_limit`: how many generations of revisions a document keeps."""
        ...

    def set_revs_limit(self, limit: int) -> None:
        """`PUT /db/_revs_limit`. Raises as `set_security`; BadRequest for less than 1."""
        ...

    def purge(self, revs: Mapping[str, Sequence[str]]) -> dict[str, Json]:
        """`POST /db/_purge`: forget these leaf revisions as if they never were, in indexes too."""
        ...

    def purged_infos(self) -> list[dict[str, Json]]:
        """`GET /db/_purged_infos`: `[{"id", "revs"}]`, the last purges."""
        ...

    def purged_infos_limit(self) -> int:
        """How many purges are remembered."""
        ...

    def set_purged_infos_limit(self, limit: int) -> None:
        """`PUT /db/_purged_infos_limit`. Raises as `set_revs_limit`."""
        ...

    def compact(self, ddoc: str | None = None) -> None:
        """`POST /db/_compact`: forget the bodies of revisions that are not leaves, and free the
        space. With `ddoc` (without `_design/`) free that in the design document's index; raises
        NotFound. CouchDB does it after the answer, the embedded store before."""
        ...


class Server(Protocol):
    """All databases of one backend."""

    def all_dbs(self) -> list[str]:
        """`GET /_all_dbs`, without the system's own databases, whose names begin with `_`."""
        ...

    def exists(self, name: str) -> bool:
        """`HEAD /db`; False also for what is no name of a database."""
        ...

    def create(self, name: str) -> None:
        """`PUT /db`. Raises DatabaseExists, BadRequest for an illegal name
        (`^[a-z][a-z0-9_$()+/-]*$`)."""
        ...

    def delete(self, name: str, *, at: Seq | None = None) -> None:
        """`DELETE /db`. Raises NotFound; Conflict where the update sequence is not `at` any more,
        as `info` told it. So the embedded store loses no document that is written at this moment;
        CouchDB is asked just before. Writes of `_local` documents and `_security` do not count.
        """
        ...

    def database(self, name: str, user: UserContext = ADMIN) -> Database:
        """A handle under `user`'s name; cheap, may be used by several threads. Raises NotFound."""
        ...

    def standings(self, databases: Sequence[str]) -> dict[str, str]:
        """`POST /_dbs_info`: for those that are there a text that is another one after every change
        of a document, and where the database was made anew. Says nothing but that."""
        ...

    def wait_for_changes(
        self, since: Mapping[str, Seq], timeout: float, cancel: Cancel | None = None
    ) -> frozenset[str]:
        """`Database.wait_for_change` for several databases in one thread: those whose update
        sequence is past the one in `since` (from an earlier answer, not "now"), as soon as there
        are any; one that is gone is among them. Empty after `timeout` seconds or once `cancel`
        is set."""
        ...

    def close(self) -> None:
        """Close files, connections and worker processes. The object is of no use afterwards."""
        ...
