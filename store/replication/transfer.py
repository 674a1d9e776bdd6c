"""Writing revisions as they are, and telling what the target will never take from what may pass."""

from collections.abc import Callable, Mapping, Sequence
from uuid import uuid4

from store.api import Database
from store.errors import (
    BadRequest,
    MissingStub,
    PreconditionFailed,
    StoreError,
    TooLarge,
    Unavailable,
)
from store.errors import UnsupportedMediaType as BadType
from store.replication.retry import Patience, may_pass
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
        "damaged_document",
    }
)
"""What the target says of a document that it will never take. Any other error may pass, such as
a full disk or a broken design document: it stops the replication, so that nothing is left out."""


class Failing(StoreError):
    """The target fails at these documents again and again, and not at others."""

    status = 400

    def __init__(self, error: StoreError) -> None:
        super().__init__(error.reason)
        self.error = error.error


ABOUT_A_DOCUMENT = (BadRequest, PreconditionFailed, TooLarge, BadType, Failing)


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
        return patience(lambda: _tried(target, docs))
    except ABOUT_A_DOCUMENT as error:
        if len(docs) == 1:
            doc = docs[0]
            return [Refused(doc["_id"], doc["_rev"], error.error, error.reason)]
        half = len(docs) // 2
        return _write(target, docs[:half], patience) + _write(target, docs[half:], patience)


def _tried(target: Database, docs: Sequence[Doc]) -> list[Refused]:
    """As `_once`. Raises Failing where the target fails twice and takes another write meanwhile:
    CouchDB answers 500 where a number is larger than it can hold, and does not say in which."""
    try:
        return _once(target, docs)
    except StoreError as error:
        if not _is_failure(error):
            raise
    _check_writing(target)
    try:
        return _once(target, docs)
    except StoreError as error:
        if not _is_failure(error):
            raise
        raise Failing(error) from error


def _is_failure(error: StoreError) -> bool:
    """Whether the target failed without a word why, and not because it is away or busy."""
    return error.status == 500 and may_pass(error)


def _check_writing(target: Database) -> None:
    """Raise what the target says where it takes no write at all, such as on a full disk."""
    docid = f"_local/{uuid4().hex}"
    target.delete_local(docid, target.put_local({"_id": docid}))


def _once(target: Database, docs: Sequence[Doc]) -> list[Refused]:
    revs = {doc["_id"]: doc["_rev"] for doc in docs}
    rows = target.bulk_docs(docs, new_edits=False)
    return [_refused(row, revs) for row in rows if "error" in row]


def _refused(row: Row, revs: Mapping[str, str]) -> Refused:
    error, reason = str(row["error"]), str(row.get("reason", row["error"]))
    if error not in REFUSALS:
        raise Unavailable(f"The target could not write {row['id']}: {error}: {reason}")
    return Refused(row["id"], str(row.get("rev") or revs.get(row["id"], "")), error, reason)
