"""One database of a CouchDB server as the store's `Database`."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Literal

from store import merging
from store.cancel import Cancel
from store.couch.attachments import PIECE, content, followed, in_base64, is_streamed, sendable
from store.couch.beginning import results as results_of
from store.couch.parameters import attachments_since, changes_request, switches, view_body
from store.couch.transport import Ask, Headers, Transport, doc_path
from store.couch.waiting import cancellable
from store.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    NotFound,
    Unauthorized,
)
from store.paging import pages
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

LONGEST_POLL = 50.0
"""Seconds of one waiting request; many proxies cut a silent connection after 60."""


class CouchDatabase:
    """Implements `store.api.Database`; the contract stands there."""

    def __init__(
        self, transport: Transport, name: str, user: UserContext, headers: Headers
    ) -> None:
        self._transport = transport
        self._name = name
        self._user = user
        self._headers = headers

    @property
    def name(self) -> str:
        return self._name

    @property
    def user(self) -> UserContext:
        return self._user

    def _get(self, *path: str, **params: str) -> Any:
        ask = Ask("GET", (self._name, *path), params, again=True)
        return self._transport.json(ask, self._headers)

    def _read(self, path: str, body: Json, params: Mapping[str, str] | None = None) -> Any:
        """A POST that changes nothing."""
        ask = Ask("POST", (self._name, *path.split("/")), params, body, again=True)
        return self._transport.json(ask, self._headers)

    def _write(self, ask: Ask) -> Any:
        return self._transport.json(ask, self._headers)

    def info(self) -> dict[str, Json]:
        return dict(self._get())

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
        follows = attachments == "follows"
        params = switches(
            revs=revs or follows,
            revs_info=revs_info,
            conflicts=conflicts,
            deleted_conflicts=deleted_conflicts,
            latest=latest,
            attachments=attachments is True,
            att_encoding_info=att_encoding_info or follows,
            local_seq=local_seq,
        )
        params |= attachments_since(atts_since, attachments)
        if rev is not None:
            params["rev"] = rev
        doc: Doc = dict(self._get(*doc_path(self._name, docid)[1:], **params))
        if follows:
            self._follow(doc, atts_since, revs)
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
        follows = attachments == "follows"
        params = switches(
            revs=with_revs or follows,
            latest=latest,
            attachments=attachments is True,
            att_encoding_info=att_encoding_info or follows,
        )
        params |= attachments_since(atts_since, attachments)
        params["open_revs"] = "all" if revs == "all" else json.dumps(list(revs))
        rows = list(self._get(*doc_path(self._name, docid)[1:], **params))
        if follows:
            for row in rows:
                self._follow(row.get("ok"), atts_since, with_revs)
        return rows

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
        follows = attachments == "follows"
        params = switches(
            revs=revs or follows,
            latest=latest,
            attachments=attachments is True,
            att_encoding_info=att_encoding_info or follows,
        )
        asked = [dict(doc) for doc in docs]
        since = [entry.pop("atts_since", ()) if follows else () for entry in asked]
        if most is None:
            results = self._read("_bulk_get", {"docs": asked}, params)["results"]
        else:
            results = self._beginning("_bulk_get", {"docs": asked}, params, most)
        if follows:
            for result, known in zip(results, since, strict=most is None):
                for entry in result["docs"]:
                    self._follow(entry.get("ok"), known, revs)
        return {"results": results}

    def _beginning(self, path: str, body: Json, params: Mapping[str, str], most: int) -> list[Json]:
        """The first results of a POST that changes nothing: those in `most` bytes."""
        ask = Ask("POST", (self._name, path), params, body, again=True)
        headers = {**self._headers, "Accept": "application/json"}
        with self._transport.opened(ask, headers) as answer:
            return results_of(answer.unzipped(PIECE), most)

    def _follow(self, doc: Doc | None, since: Sequence[str], revs: bool) -> None:
        """Put contents in place of stubs; `revs` says whether `_revisions` were asked for."""
        if doc is None:
            return
        path = doc_path(self._name, str(doc["_id"]))
        followed(self._transport, self._headers, path, doc, since)
        if not revs:
            doc.pop("_revisions", None)

    def put(self, doc: Doc) -> str:
        return str(self._write(self._put(doc, {}))["rev"])

    def _put(self, doc: Doc, params: Mapping[str, str]) -> Ask:
        path = doc_path(self._name, str(doc.get("_id", "")))
        doc = in_base64(doc)
        whole = sendable(doc)
        if whole is None:
            return Ask("PUT", path, params, doc)
        return Ask("PUT", path, params, whole, whole.content_type)

    def delete(self, docid: str, rev: str) -> str:
        ask = Ask("DELETE", doc_path(self._name, docid), {"rev": rev})
        return str(self._write(ask)["rev"])

    def bulk_docs(self, docs: Sequence[Doc], *, new_edits: bool = True) -> list[Row]:
        """Documents with attachments in pieces go one by one, as CouchDB's replicator sends them;
        those before and after them in bulk."""
        rows: list[Row] = []
        for alone, group in groupby(docs, is_streamed):
            if alone:
                rows += [row for doc in group for row in self._put_alone(doc, new_edits)]
                continue
            body = {"docs": [in_base64(doc) for doc in group], "new_edits": new_edits}
            ask = Ask("POST", (self._name, "_bulk_docs"), None, body, again=not new_edits)
            rows += self._write(ask)
        return rows

    def _put_alone(self, doc: Doc, new_edits: bool) -> list[Row]:
        """The rows of `_bulk_docs` for one document."""
        try:
            written = self._write(self._put(doc, {} if new_edits else {"new_edits": "false"}))
        except (Forbidden, Unauthorized, Conflict) as why:
            return [{"id": doc.get("_id"), "rev": doc.get("_rev"), **why.to_json()}]
        return [dict(written)] if new_edits else []

    def all_docs(self, options: ViewOptions = ViewOptions()) -> dict[str, Json]:
        return dict(self._read("_all_docs", view_body(options)))

    def design_docs(self, options: ViewOptions = ViewOptions()) -> dict[str, Json]:
        return dict(self._read("_design_docs", view_body(options)))

    def local_docs(self, options: ViewOptions = ViewOptions()) -> dict[str, Json]:
        return dict(self._read("_local_docs", view_body(options)))

    def changes(self, options: ChangesOptions = ChangesOptions()) -> dict[str, Json]:
        params, body = changes_request(options)
        return dict(self._read("_changes", body, params))

    def changes_pages(
        self, options: ChangesOptions = ChangesOptions()
    ) -> Iterator[dict[str, Json]]:
        return pages(self.changes, options)

    def wait_for_change(self, since: Seq, timeout: float, cancel: Cancel | None = None) -> bool:
        cancel = cancel or Cancel()
        return cancellable(lambda: self._wait(since, timeout, cancel), cancel)

    def _wait(self, since: Seq, timeout: float, cancel: Cancel) -> bool:
        """By longpoll. A server that answers early without a change is asked again."""
        left = timeout
        while left > 0 and not cancel.is_set():
            patience = min(left, LONGEST_POLL)
            params, body = changes_request(ChangesOptions(since=since, limit=1))
            params |= {"feed": "longpoll", "timeout": str(max(1, int(patience * 1000)))}
            path = (self._name, "_changes")
            ask = Ask("POST", path, params, body, again=True, timeout=patience + 10)
            if self._transport.json(ask, self._headers)["results"]:
                return True
            left -= patience
        return False

    def revs_diff(self, revs: Mapping[str, Sequence[str]]) -> dict[str, Json]:
        body = {docid: list(known) for docid, known in revs.items()}
        return dict(self._read("_revs_diff", body))

    def get_local(self, docid: str) -> Doc:
        return dict(self._get(*doc_path(self._name, docid)[1:]))

    def put_local(self, doc: Doc) -> str:
        return self.put(doc)

    def delete_local(self, docid: str, rev: str) -> None:
        self.delete(docid, rev)

    def get_attachment(self, docid: str, name: str, *, rev: str | None = None) -> Attachment:
        """What is told of it stands in the document; the bytes are asked for when they are read."""
        doc = self.get(docid, rev=rev, att_encoding_info=True)
        facts = doc.get("_attachments", {}).get(name)
        if facts is None:
            raise NotFound("Document is missing attachment")
        path = (*doc_path(self._name, docid), name)
        found = content(self._transport, self._headers, path, str(doc["_rev"]), facts)
        return Attachment(
            facts["content_type"],
            facts["digest"],
            int(facts["revpos"]),
            int(facts.get("length", found.length)),
            found,
            facts.get("encoding"),
        )

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
        path = (*doc_path(self._name, docid), name)
        params = {} if rev is None else {"rev": rev}
        body = BytesContent(data) if isinstance(data, bytes) else data
        ask = Ask("PUT", path, params, body, content_type, encoding=encoding or "identity")
        headers = dict(self._headers)
        if digest is not None:
            headers["Content-MD5"] = digest.removeprefix("md5-")
        return str(self._transport.json(ask, headers)["rev"])

    def delete_attachment(self, docid: str, name: str, *, rev: str) -> str:
        path = (*doc_path(self._name, docid), name)
        return str(self._write(Ask("DELETE", path, {"rev": rev}))["rev"])

    def view(
        self,
        ddoc: str,
        name: str,
        options: ViewOptions = ViewOptions(),
    ) -> dict[str, Json]:
        return dict(self._read(f"_design/{ddoc}/_view/{name}", view_body(options)))

    def queries(
        self, ddoc: str, name: str, queries: Sequence[ViewOptions]
    ) -> list[dict[str, Json]]:
        body = {"queries": [view_body(options) for options in queries]}
        return list(self._read(f"_design/{ddoc}/_view/{name}/queries", body)["results"])

    def merged(
        self, ddoc: str, name: str, firsts: Sequence[Json], options: ViewOptions
    ) -> list[Row]:
        return merging.merged(lambda asked: self.queries(ddoc, name, asked), firsts, options)

    def find(self, query: Mapping[str, Json]) -> dict[str, Json]:
        return dict(self._read("_find", dict(query)))

    def explain(self, query: Mapping[str, Json]) -> dict[str, Json]:
        return dict(self._read("_explain", dict(query)))

    def indexes(self) -> dict[str, Json]:
        return dict(self._get("_index"))

    def create_index(self, definition: Mapping[str, Json]) -> dict[str, Json]:
        path = (self._name, "_index")
        return dict(self._write(Ask("POST", path, None, dict(definition), again=True)))

    def delete_index(self, ddoc: str, name: str, kind: str = "json") -> None:
        path = (self._name, "_index", ddoc.removeprefix("_design/"), kind, name)
        self._write(Ask("DELETE", path))

    def delete_indexes(self, ddocs: Sequence[str]) -> dict[str, Json]:
        path = (self._name, "_index", "_bulk_delete")
        return dict(self._write(Ask("POST", path, None, {"docids": list(ddocs)})))

    def design_info(self, ddoc: str) -> dict[str, Json]:
        return dict(self._get("_design", ddoc, "_info"))

    def view_cleanup(self) -> None:
        self._write(Ask("POST", (self._name, "_view_cleanup"), None, {}, again=True))

    def security(self) -> dict[str, Json]:
        return dict(self._get("_security"))

    def set_security(self, security: Mapping[str, Json]) -> None:
        body = dict(security)
        self._write(Ask("PUT", (self._name, "_security"), None, body, again=True))

    def revs_limit(self) -> int:
        return int(self._get("_revs_limit"))

    def set_revs_limit(self, limit: int) -> None:
        if limit < 1:
            raise BadRequest("`revs_limit` must be 1 or more.")
        self._write(Ask("PUT", (self._name, "_revs_limit"), None, limit, again=True))

    def purge(self, revs: Mapping[str, Sequence[str]]) -> dict[str, Json]:
        body = {docid: list(leaves) for docid, leaves in revs.items()}
        return dict(self._write(Ask("POST", (self._name, "_purge"), None, body)))

    def purged_infos(self) -> list[dict[str, Json]]:
        return list(self._get("_purged_infos")["purged_infos"])

    def purged_infos_limit(self) -> int:
        return int(self._get("_purged_infos_limit"))

    def set_purged_infos_limit(self, limit: int) -> None:
        self._write(Ask("PUT", (self._name, "_purged_infos_limit"), None, limit, again=True))

    def compact(self, ddoc: str | None = None) -> None:
        path = (self._name, "_compact") if ddoc is None else (self._name, "_compact", ddoc)
        self._write(Ask("POST", path, None, {}, again=True))
