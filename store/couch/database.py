"""One database of a CouchDB server as the store's `Database`."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from store.couch.parameters import changes_request, switches, view_body
from store.couch.transport import Ask, Transport, doc_path
from store.errors import BadRequest, NotFound
from store.types import (
    Attachment,
    ChangesOptions,
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
        self, transport: Transport, name: str, user: UserContext, headers: Mapping[str, str]
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
        attachments: bool = False,
        local_seq: bool = False,
    ) -> Doc:
        params = switches(
            revs=revs,
            revs_info=revs_info,
            conflicts=conflicts,
            deleted_conflicts=deleted_conflicts,
            latest=latest,
            attachments=attachments,
            local_seq=local_seq,
        )
        if rev is not None:
            params["rev"] = rev
        return dict(self._get(*doc_path(self._name, docid)[1:], **params))

    def open_revs(
        self,
        docid: str,
        revs: Sequence[str] | Literal["all"],
        *,
        with_revs: bool = False,
        latest: bool = False,
        attachments: bool = False,
    ) -> list[dict[str, Json]]:
        params = switches(revs=with_revs, latest=latest, attachments=attachments)
        params["open_revs"] = "all" if revs == "all" else json.dumps(list(revs))
        return list(self._get(*doc_path(self._name, docid)[1:], **params))

    def bulk_get(
        self,
        docs: Sequence[Mapping[str, Json]],
        *,
        revs: bool = False,
        latest: bool = False,
        attachments: bool = False,
    ) -> dict[str, Json]:
        params = switches(revs=revs, latest=latest, attachments=attachments)
        return dict(self._read("_bulk_get", {"docs": [dict(doc) for doc in docs]}, params))

    def put(self, doc: Doc) -> str:
        ask = Ask("PUT", doc_path(self._name, str(doc.get("_id", ""))), None, doc)
        return str(self._write(ask)["rev"])

    def delete(self, docid: str, rev: str) -> str:
        ask = Ask("DELETE", doc_path(self._name, docid), {"rev": rev})
        return str(self._write(ask)["rev"])

    def bulk_docs(self, docs: Sequence[Doc], *, new_edits: bool = True) -> list[Row]:
        body = {"docs": list(docs), "new_edits": new_edits}
        ask = Ask("POST", (self._name, "_bulk_docs"), None, body, again=not new_edits)
        return list(self._write(ask))

    def all_docs(self, options: ViewOptions = ViewOptions()) -> dict[str, Json]:
        return dict(self._read("_all_docs", view_body(options)))

    def changes(self, options: ChangesOptions = ChangesOptions()) -> dict[str, Json]:
        params, body = changes_request(options)
        return dict(self._read("_changes", body, params))

    def wait_for_change(self, since: Seq, timeout: float) -> bool:
        """By longpoll. A server that answers early without a change is asked again."""
        left = timeout
        while left > 0:
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
        """Two requests: the generation it came with stands only in the document."""
        doc = self.get(docid, rev=rev)
        stub = doc.get("_attachments", {}).get(name)
        if stub is None:
            raise NotFound("Document is missing attachment")
        path = (*doc_path(self._name, docid), name)
        ask = Ask("GET", path, {"rev": str(doc["_rev"])}, again=True)
        data = self._transport.data(ask, self._headers)
        return Attachment(stub["content_type"], data, stub["digest"], int(stub["revpos"]))

    def put_attachment(
        self, docid: str, name: str, data: bytes, content_type: str, *, rev: str | None
    ) -> str:
        path = (*doc_path(self._name, docid), name)
        params = {} if rev is None else {"rev": rev}
        return str(self._write(Ask("PUT", path, params, data, content_type))["rev"])

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

    def compact(self) -> None:
        self._write(Ask("POST", (self._name, "_compact"), None, {}, again=True))
