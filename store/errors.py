"""One tree of errors for every backend: CouchDB's `error`, `reason` and HTTP status.

Backends translate their drivers' errors into these in one place and keep the cause.
"""

from typing import ClassVar


class StoreError(Exception):
    """Anything the store refuses or cannot do. `str()` is the reason."""

    status: ClassVar[int] = 500
    error: str = "internal_server_error"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def to_json(self) -> dict[str, str]:
        return {"error": self.error, "reason": self.reason}


class BadRequest(StoreError):
    status, error = 400, "bad_request"


class IllegalName(BadRequest):
    """No name of a database."""

    error = "illegal_database_name"


class NameTooLong(BadRequest):
    """A name of a database that does not fit."""

    error = "database_name_too_long"


class IllegalDocId(BadRequest):
    """No id of a document."""

    error = "illegal_docid"


class BadDocument(BadRequest):
    """A member that begins with `_` and is none of CouchDB's, or not of its form."""

    error = "doc_validation"


class DigestMismatch(BadRequest):
    """Bytes that do not have the digest that came with them."""

    error = "content_md5_mismatch"

    def __init__(self, reason: str = "Possible message corruption.") -> None:
        super().__init__(reason)


class QueryParseError(StoreError):
    status, error = 400, "query_parse_error"


class BadQuery(BadRequest):
    """A Mango query or index that makes no sense; `error` is CouchDB's word for what is wrong."""

    def __init__(self, error: str, reason: str) -> None:
        super().__init__(reason)
        self.error = error


class Unauthorized(StoreError):
    """`throw({unauthorized: …})` of a validate_doc_update, or no such user."""

    status, error = 401, "unauthorized"


class Forbidden(StoreError):
    """`throw({forbidden: …})` of a validate_doc_update, or `_security`."""

    status, error = 403, "forbidden"


class NotFound(StoreError):
    """`reason` is `missing`, `deleted` or `Database does not exist.` as in CouchDB."""

    status, error = 404, "not_found"


class AttachmentLeft(NotFound):
    """The document has the attachment, but its bytes were left behind when it was replicated."""


class NotAcceptable(StoreError):
    status, error = 406, "not_acceptable"


class Conflict(StoreError):
    """The document was changed since the revision that was given."""

    status, error = 409, "conflict"

    def __init__(self, reason: str = "Document update conflict.") -> None:
        super().__init__(reason)


class MissingRevision(Conflict):
    """An attachment was to go on a revision that is not there."""

    error = "not_found"

    def __init__(self, reason: str = "missing_rev") -> None:
        super().__init__(reason)


class DatabaseExists(StoreError):
    status, error = 412, "file_exists"


class PreconditionFailed(StoreError):
    status, error = 412, "precondition_failed"


class MissingStub(PreconditionFailed):
    """A stub of an attachment that the document does not have."""

    error = "missing_stub"


class TooLarge(StoreError):
    status, error = 413, "document_too_large"


class AttachmentTooLarge(TooLarge):
    error = "attachment_too_large"


class RequestTooLarge(TooLarge):
    error = "too_large"

    def __init__(self, reason: str = "the request entity is too large") -> None:
        super().__init__(reason)


class UnsupportedMediaType(StoreError):
    status, error = 415, "bad_content_type"


class DesignError(StoreError):
    """A design document's function does not compile, fails, or takes too long or too much."""

    status, error = 500, "compilation_error"


class InvalidDesign(DesignError):
    """A design document that is none, told when it is written."""

    status, error = 400, "invalid_design_doc"


class CompilationError(DesignError):
    """A function that does not compile, told when its design document is written."""

    status, error = 400, "compilation_error"


class FunctionError(DesignError):
    """A function failed in a way that CouchDB has a name for: `error` is that name."""

    def __init__(self, error: str, reason: str) -> None:
        super().__init__(reason)
        self.error = error


class Unavailable(StoreError):
    """The backend cannot be reached, is busy beyond patience, or the disk is full.

    `retry_after` is the number of seconds that a server asks to wait, 0 where it says nothing.
    """

    status, error = 503, "service_unavailable"

    def __init__(self, reason: str, retry_after: float = 0.0) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class DiskFailure(Unavailable):
    """The disk of an embedded store is full or does not work, and stays so until somebody does
    something."""


class TimedOut(Unavailable):
    """The backend took the request up and may go on with it, but has not answered in time."""


class NotOpened(StoreError):
    """A side of a replication is not there; CouchDB says so with 500."""

    error = "db_not_found"


class SearchUnavailable(StoreError):
    """Full-text search is asked for, which only some servers have; `reason` is its kind."""

    status, error = 503, "required index service unavailable"


class UnsupportedFormat(StoreError):
    """The data was written by another version of Divan."""

    status, error = 500, "unsupported_format"


class Damaged(StoreError):
    """What was stored is not what was written, and stays so until somebody brings it back."""


class NoDatabase(Damaged, UnsupportedFormat):
    """A file in the place of a database that is none, or none any more."""


class DamagedFile(Damaged, DiskFailure):
    """A file of which SQLite says that it is damaged."""


class DamagedDocument(Damaged):
    """A document of which something is stored that cannot be read. The others can."""

    error = "damaged_document"

    def __init__(self, docid: str, what: str) -> None:
        super().__init__(f"Document {docid} cannot be read: {what} is damaged or lost.")
