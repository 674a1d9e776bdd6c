"""Carrying revisions: what the target lacks is read from the source and written to it."""

from collections.abc import Iterator, Mapping, Sequence

from store.api import Database
from store.errors import BadRequest, NotFound, PreconditionFailed, StoreError, TooLarge
from store.replication.values import Refused
from store.types import Doc, Json, Row

REFUSALS = frozenset(
    {
        "forbidden",
        "unauthorized",
        "bad_request",
        "doc_validation",
        "invalid_design_doc",
        "illegal_docid",
        "precondition_failed",
        "missing_stub",
        "document_too_large",
        "request_entity_too_large",
        "attachment_too_large",
        "bad_content_type",
    }
)
"""What the target says of a document that it will never take. Any other error may pass, such as
a full disk or a broken design document: it stops the replication, so that nothing is left out."""
ABOUT_A_DOCUMENT = (BadRequest, PreconditionFailed, TooLarge)


def missing(target: Database, rows: Sequence[Row]) -> dict[str, list[str]]:
    """Of the changed revisions in `rows` those that the target does not have."""
    offered: dict[str, list[str]] = {}
    for row in rows:
        offered.setdefault(row["id"], []).extend(change["rev"] for change in row["changes"])
    if not offered:
        return {}
    lacking = target.revs_diff(offered)
    return {docid: list(found["missing"]) for docid, found in lacking.items()}


def read(source: Database, wanted: Mapping[str, Sequence[str]]) -> Iterator[list[Doc]]:
    """The wanted revisions with their ancestry, in lists to be written each at once.

    Documents with attachments come one by one, whole; the others together. A revision that has
    been replaced since comes as its newest descendant; one that is gone is left out.
    """
    asked = [{"id": docid, "rev": rev} for docid, revs in wanted.items() for rev in revs]
    answered = source.bulk_get(asked, revs=True, latest=True)
    found = {(doc["_id"], doc["_rev"]): doc for doc in _present(answered["results"])}
    plain = [doc for doc in found.values() if not doc.get("_attachments")]
    if plain:
        yield plain
    for docid, rev in [key for key, doc in found.items() if doc.get("_attachments")]:
        whole = _whole(source, docid, rev)
        if whole:
            yield whole


def _present(results: Sequence[Mapping[str, Json]]) -> Iterator[Doc]:
    for result in results:
        for answer in result["docs"]:
            if "ok" in answer:
                yield answer["ok"]
            elif answer["error"].get("error") != NotFound.error:
                error = answer["error"]
                raise StoreError(f"The source cannot give {result['id']}: {error.get('reason')}")


def _whole(source: Database, docid: str, rev: str) -> list[Doc]:
    try:
        rows = source.open_revs(docid, [rev], with_revs=True, latest=True, attachments=True)
    except NotFound:
        return []
    return [row["ok"] for row in rows if "ok" in row]


def write(target: Database, docs: Sequence[Doc]) -> list[Refused]:
    """Graft revisions as they are and return those that the target refuses.

    Where the request as a whole is refused, it is halved until the document at fault is alone.
    """
    try:
        rows = target.bulk_docs(docs, new_edits=False)
    except ABOUT_A_DOCUMENT as error:
        if len(docs) == 1:
            doc = docs[0]
            return [Refused(doc["_id"], doc["_rev"], error.error, error.reason)]
        half = len(docs) // 2
        return write(target, docs[:half]) + write(target, docs[half:])
    revs = {doc["_id"]: doc["_rev"] for doc in docs}
    return [_refused(row, revs) for row in rows if "error" in row]


def _refused(row: Row, revs: Mapping[str, str]) -> Refused:
    error, reason = str(row["error"]), str(row.get("reason", row["error"]))
    if error not in REFUSALS:
        raise StoreError(f"The target could not write {row['id']}: {error}: {reason}")
    return Refused(row["id"], str(row.get("rev") or revs.get(row["id"], "")), error, reason)
