"""One attachment: `GET`, `PUT`, `DELETE /db/docid/name`."""

from werkzeug.wrappers import Response

from store.errors import Conflict
from store.wire.answers import answer
from store.wire.call import Call
from store.wire.documents import Written

DEFAULT_TYPE = "application/octet-stream"


def get(call: Call) -> Response:
    found = call.database.get_attachment(
        call.docid, call.names["attachment"], rev=call.params.get("rev")
    )
    # A type that came in a document's body was never checked as a header.
    content_type = found.content_type if found.content_type.isprintable() else DEFAULT_TYPE
    response = Response(found.data, content_type=content_type)
    digest = found.digest.removeprefix("md5-")
    response.set_etag(digest)
    response.headers["Content-MD5"] = digest
    response.headers["Cache-Control"] = "private, must-revalidate"
    # What a person attached is not ours: it must not run as a page of this origin.
    response.headers["Content-Security-Policy"] = "sandbox"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response.make_conditional(call.request)


def put(call: Call) -> Response:
    content_type = call.request.headers.get("Content-Type") or DEFAULT_TYPE
    rev = call.database.put_attachment(
        call.docid, call.names["attachment"], call.data(), content_type, rev=_revision(call)
    )
    return Written(call.docid, rev).answer(call)


def delete(call: Call) -> Response:
    database = call.database
    rev = _revision(call)
    if rev is None:
        database.get(call.docid)
        raise Conflict()
    new = database.delete_attachment(call.docid, call.names["attachment"], rev=rev)
    return answer({"ok": True, "id": call.docid, "rev": new})


def _revision(call: Call) -> str | None:
    return call.params.get("rev") or call.request.headers.get("If-Match", "").strip('"') or None
