"""Many documents in one request: `_bulk_docs`, `_bulk_get`, `_revs_diff`."""

from typing import Any

from werkzeug.wrappers import Response

from store.errors import BadRequest
from store.types import Row
from store.wire import parts
from store.wire.answers import answer
from store.wire.call import Call
from store.wire.databases import lists_of_revisions
from store.wire.uuids import new_uuid


def bulk_docs(call: Call) -> Response:
    request = call.json()
    new_edits = request.get("new_edits", True)
    if not isinstance(new_edits, bool):
        raise BadRequest("`new_edits` parameter must be a boolean.")
    docs = _objects(request, "Document must be a JSON object")
    for doc in docs:
        if new_edits and "_id" not in doc:
            doc["_id"] = new_uuid()
    if docs and new_edits and request.get("all_or_nothing") is True:
        return answer([_unsupported(doc) for doc in docs], 417)
    return answer(call.database.bulk_docs(docs, new_edits=new_edits), 201)


def _unsupported(doc: dict[str, Any]) -> Row:
    """The row of a document that was to be written with all others or not at all."""
    refused = {"error": "not_implemented", "reason": "all_or_nothing is not supported"}
    return {"id": doc["_id"], "rev": doc.get("_rev", "0-"), **refused}


def bulk_get(call: Call) -> Response:
    """Each entry that asks for nothing is told so in its place, as in CouchDB."""
    request = call.json()
    if "docs" not in request:
        raise BadRequest("Missing JSON list of 'docs'.")
    docs = _objects(request, "`docs` must hold objects with an `id`.")
    refused = [_refused(wanted) for wanted in docs]
    subtype = _multipart(call)
    answered = call.database.bulk_get(
        [wanted for wanted, error in zip(docs, refused, strict=True) if error is None],
        revs=call.flag("revs"),
        latest=call.flag("latest"),
        attachments="follows" if subtype else call.flag("attachments"),
        att_encoding_info=call.flag("att_encoding_info"),
    )
    found = iter(answered["results"])
    results = [next(found) if error is None else error for error in refused]
    if subtype:
        return parts.answer(parts.bulk_get(results, subtype))
    return answer({"results": results})


def _refused(wanted: dict[str, Any]) -> Row | None:
    """The row of an entry without an id or with a `rev` that is none; None for others. Raises
    BadRequest for an id that is no string, at which CouchDB fails."""
    docid, rev = wanted.get("id"), wanted.get("rev")
    if "id" not in wanted:
        rev, reason = None, "document id missed"
    elif not isinstance(docid, str):
        raise BadRequest("`id` must be a string.")
    elif "rev" in wanted and not isinstance(rev, str):
        reason = "Invalid rev format"
    else:
        return None
    error = {"id": docid, "rev": rev, "error": BadRequest.error, "reason": reason}
    return {"id": docid, "docs": [{"error": error}]}


def _multipart(call: Call) -> str | None:
    """The kind of multipart that is to be answered, None for JSON."""
    for subtype in ("mixed", "related"):
        if parts.accepts(call.request, f"multipart/{subtype}"):
            return None if parts.accepts(call.request, "application/json") else subtype
    return None


def revs_diff(call: Call) -> Response:
    return answer(call.database.revs_diff(lists_of_revisions(call.json())))


def missing_revs(call: Call) -> Response:
    """`POST /db/_missing_revs`: what `_revs_diff` says is missing, alone."""
    lacking = call.database.revs_diff(lists_of_revisions(call.json()))
    return answer({"missing_revs": {docid: found["missing"] for docid, found in lacking.items()}})


def _objects(request: dict[str, Any], complaint: str) -> list[dict[str, Any]]:
    if "docs" not in request:
        raise BadRequest("POST body must include `docs` parameter.")
    docs = request["docs"]
    if not isinstance(docs, list):
        raise BadRequest("`docs` parameter must be an array.")
    if not all(isinstance(doc, dict) for doc in docs):
        raise BadRequest(complaint)
    return docs
