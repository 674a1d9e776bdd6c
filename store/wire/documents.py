"""One document: `GET`, `PUT`, `DELETE /db/docid` and `POST /db`."""

from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qsl, quote, unquote

from werkzeug.wrappers import Response

from store import revisions
from store.errors import BadRequest, Conflict, IllegalDocId
from store.multipart import related
from store.types import Doc
from store.wire import parts
from store.wire.answers import answer, row_refused, with_etag
from store.wire.bodies import json_parameter
from store.wire.call import Call
from store.wire.uuids import new_uuid


def get(call: Call) -> Response:
    if call.params.get("open_revs", "[]") != "[]":
        return _open_revs(call)
    meta = call.asked("meta")
    since = revisions_since(call)
    attached = call.asked("attachments") or bool(since)
    in_parts = attached and parts.accepts(call.request, "multipart/related")
    doc = call.database.get(
        call.docid,
        rev=call.params.get("rev"),
        revs=call.asked("revs"),
        revs_info=call.asked("revs_info") or meta,
        conflicts=call.asked("conflicts") or meta,
        deleted_conflicts=call.asked("deleted_conflicts") or meta,
        latest=call.asked("latest"),
        attachments="follows" if in_parts else attached,
        atts_since=since,
        att_encoding_info=call.asked("att_encoding_info"),
        local_seq=call.asked("local_seq"),
    )
    whole = related(doc) if in_parts else None
    response = answer(doc) if whole is None else parts.answer(whole)
    told = {"meta", "revs_info", "conflicts", "deleted_conflicts", "local_seq"}
    if told & call.params.keys():
        return response
    return with_etag(response, str(doc["_rev"]), call.request)


def _open_revs(call: Call) -> Response:
    revs: Any = call.params["open_revs"]
    if revs != "all":
        revs = json_parameter(call.params, "open_revs")
        revisions.parse_all(revs)
    chosen: list[str] | Literal["all"] = revs
    since = revisions_since(call)
    in_parts = parts.accepts(call.request, "multipart/mixed")
    rows = call.database.open_revs(
        call.docid,
        chosen,
        with_revs=call.asked("revs"),
        latest=call.asked("latest"),
        attachments="follows" if in_parts else call.asked("attachments") or bool(since),
        atts_since=since,
        att_encoding_info=call.asked("att_encoding_info"),
    )
    return parts.answer(parts.open_revs(rows)) if in_parts else answer(rows)


def revisions_since(call: Call) -> list[str]:
    """`atts_since`, which asks for attachments."""
    if "atts_since" not in call.params:
        return []
    return revisions.parse_all(json_parameter(call.params, "atts_since"))


def put(call: Call) -> Response:
    if call.request.mimetype == "multipart/related":
        doc = parts.received(call.request, call.limits.max_body)
    else:
        doc = call.json("Document")
    if not isinstance(doc.get("_id", ""), str):
        raise IllegalDocId("Document id must be a string")
    doc["_id"] = call.docid
    rev = revision(call, doc.get("_rev"))
    if rev is not None:
        doc["_rev"] = rev
    # What is deleted so was not created; a copy or a posted document always is, as in CouchDB.
    return _written(call, doc, 200 if doc.get("_deleted") is True else 201)


def post(call: Call) -> Response:
    doc = call.json("Document")
    doc.setdefault("_id", new_uuid())
    return _written(call, doc)


def delete(call: Call) -> Response:
    rev = revision(call, None)
    database = call.database
    if rev is None:
        database.get(call.docid)
        raise Conflict()
    new = database.delete(call.docid, rev)
    return answer({"ok": True, "id": call.docid, "rev": new}, headers={"ETag": f'"{new}"'})


def copy(call: Call) -> Response:
    """The document, or one of its revisions, under the id that `Destination` names."""
    to, rev = _destination(call)
    doc = call.database.get(call.docid, rev=call.params.get("rev"), attachments="follows")
    copied = {name: value for name, value in doc.items() if name != "_rev"} | {"_id": to}
    return _written(call, copied if rev is None else {**copied, "_rev": rev})


def _destination(call: Call) -> tuple[str, str | None]:
    """The id, and the revision that is to be replaced, that stand in the header."""
    named = call.request.headers.get("Destination")
    if not named:
        raise BadRequest("Destination header is mandatory for COPY.")
    if named.startswith(("http://", "https://")):
        raise BadRequest("Destination URL must be relative.")
    path, _, query = named.partition("?")
    try:
        return unquote(path, errors="strict"), dict(parse_qsl(query)).get("rev")
    except UnicodeDecodeError as error:
        raise BadRequest("Document id must be valid UTF-8") from error


def _written(call: Call, doc: Doc, status: int = 201) -> Response:
    database = call.database
    if call.flag("new_edits", True):
        rev = database.put(doc)
    else:
        refused = [row for row in database.bulk_docs([doc], new_edits=False) if "error" in row]
        if refused:
            return row_refused(refused[0])
        rev = doc.get("_rev", "")
    return Written(str(doc["_id"]), rev).answer(call, status)


def revision(call: Call, in_body: object) -> str | None:
    """The revision named by `rev`, `If-Match` or the body. Raises BadRequest where they differ."""
    header = call.request.headers.get("If-Match", "").strip().strip('"')
    if in_body is not None and not isinstance(in_body, str):
        raise BadRequest("Invalid rev format")
    in_query = call.params.get("rev")
    if None not in (in_query, in_body) and in_query != in_body:
        raise BadRequest("Document rev from request body and query string have different values")
    named = in_body if in_query is None else in_query
    if header and named is not None and header != named:
        raise BadRequest("Document rev and etag have different values")
    return header or named


@dataclass(frozen=True)
class Written:
    """A document that was written, perhaps by its attachment, and its new revision."""

    id: str
    rev: str
    attachment: str | None = None

    def answer(self, call: Call, status: int = 201) -> Response:
        """`status` as in CouchDB, with the address and the revision in the headers. A document that
        may wait (`batch=ok`) gets 202, and is on disk all the same."""
        where = f"{call.request.root_url}{quote(call.names['db'], safe='')}/{quote(self.id)}"
        if self.attachment is not None:
            where += f"/{quote(self.attachment)}"
        headers = {"Location": where, "ETag": f'"{self.rev}"'}
        may_wait = self.attachment is None and call.params.get("batch") == "ok"
        written = {"ok": True, "id": self.id, "rev": self.rev}
        return answer(written, 202 if may_wait else status, headers)
