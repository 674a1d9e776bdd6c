"""Writing revisions as they are, and telling what the target will never take from what may pass."""

from collections.abc import Callable, Mapping, Sequence

from store.api import Database
from store.errors import BadRequest, MissingStub, PreconditionFailed, TooLarge, Unavailable
from store.errors import UnsupportedMediaType as BadType
from store.replication.retry import Patience
from store.replication.values import Refused
from store.types import Doc, Row

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
        "too_large",
        "request_entity_too_large",
        "attachment_too_large",
        "bad_content_type",
    }
)
"""What the target says of a document that it will never take. Any other error may pass, such as
a full disk or a broken design document: it stops the replication, so that nothing is left out."""
ABOUT_A_DOCUMENT = (BadRequest, PreconditionFailed, TooLarge, BadType)


def write(
    target: Database, docs: Sequence[Doc], patience: Patience, whole: Callable[[Doc], list[Doc]]
) -> list[Refused]:
    """Graft revisions as they are and return those that the target refuses.

    Where the target lacks an attachment that it should have from an ancestor, `whole` gives the
    document with all of them. Raises Unavailable where the target could not write a document for a
    reason that may pass.
    """
    refused = _write(target, docs, patience)
    stubs = {(each.id, each.rev) for each in refused if each.error == MissingStub.error}
    if not stubs:
        return refused
    again = [full for doc in docs if (doc["_id"], doc["_rev"]) in stubs for full in whole(doc)]
    rest = [each for each in refused if (each.id, each.rev) not in stubs]
    return rest + _write(target, again, patience)


def _write(target: Database, docs: Sequence[Doc], patience: Patience) -> list[Refused]:
    """Where the request as a whole is refused, it is halved until the document at fault is
    alone."""
    try:
        return patience(lambda: _once(target, docs))
    except ABOUT_A_DOCUMENT as error:
        if len(docs) == 1:
            doc = docs[0]
            return [Refused(doc["_id"], doc["_rev"], error.error, error.reason)]
        half = len(docs) // 2
        return _write(target, docs[:half], patience) + _write(target, docs[half:], patience)


def _once(target: Database, docs: Sequence[Doc]) -> list[Refused]:
    revs = {doc["_id"]: doc["_rev"] for doc in docs}
    rows = target.bulk_docs(docs, new_edits=False)
    return [_refused(row, revs) for row in rows if "error" in row]


def _refused(row: Row, revs: Mapping[str, str]) -> Refused:
    error, reason = str(row["error"]), str(row.get("reason", row["error"]))
    if error not in REFUSALS:
        raise Unavailable(f"The target could not write {row['id']}: {error}: {reason}")
    return Refused(row["id"], str(row.get("rev") or revs.get(row["id"], "")), error, reason)
