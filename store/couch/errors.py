"""What CouchDB, the network and the SDK say, as the store's errors. The only place that knows."""

from collections.abc import Mapping
from typing import Any

import requests
from ibm_cloud_sdk_core import ApiException

from store.errors import (
    AttachmentTooLarge,
    BadDocument,
    BadQuery,
    BadRequest,
    CompilationError,
    Conflict,
    Damaged,
    DatabaseExists,
    DesignError,
    DigestMismatch,
    Forbidden,
    FunctionError,
    IllegalDocId,
    IllegalName,
    InvalidDesign,
    MissingStub,
    NotAcceptable,
    NotFound,
    PreconditionFailed,
    QueryParseError,
    RequestTooLarge,
    SearchUnavailable,
    StoreError,
    TimedOut,
    TooLarge,
    Unauthorized,
    Unavailable,
    UnsupportedMediaType,
)

BY_STATUS: dict[int, type[StoreError]] = {
    400: BadRequest,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    405: BadRequest,
    406: NotAcceptable,
    412: PreconditionFailed,
    413: TooLarge,
    415: UnsupportedMediaType,
    429: Unavailable,
    502: Unavailable,
    503: Unavailable,
    504: TimedOut,
}
BY_NAME: dict[str, type[StoreError]] = {
    "query_parse_error": QueryParseError,
    "damaged_document": Damaged,
    "illegal_database_name": IllegalName,
    "file_exists": DatabaseExists,
    "compilation_error": DesignError,
    "invalid_design_doc": InvalidDesign,
    "named_error": DesignError,
    "document_too_large": TooLarge,
    "attachment_too_large": AttachmentTooLarge,
    "missing_stub": MissingStub,
    "illegal_docid": IllegalDocId,
    "doc_validation": BadDocument,
    "too_large": RequestTooLarge,
    "content_md5_mismatch": DigestMismatch,
    "timeout": TimedOut,
    "too_many_requests": Unavailable,
    "required index service unavailable": SearchUnavailable,
}
OF_FUNCTIONS = frozenset(
    {"unknown_query_language", "invalid_value", "map_runtime_error", "InternalError",
     "os_process_error"}
)  # fmt: skip
"""What CouchDB says when a design function fails in an index."""
PASSING = frozenset({429, 502, 503, 504})
"""Status codes after which the same request may succeed a little later."""
NOT_DONE = frozenset({429, 503})
"""Those of them that say that nothing was done."""


def from_answer(failed: ApiException) -> StoreError:
    """The error of an answer with a failing status. One without CouchDB's JSON form comes from
    something else at that address, or from a proxy before it."""
    status = int(failed.status_code)
    said = _json_of(failed)
    if "error" not in said:
        reason = f"The server answered {status}, and not in CouchDB's form."
        return Unavailable(reason, _retry_after(failed))
    name = str(said["error"])
    reason = str(said.get("reason") or name)
    if status == 409:
        return Conflict(reason)
    if name == CompilationError.error and status == CompilationError.status:
        return CompilationError(reason)
    if name in OF_FUNCTIONS:
        return FunctionError(name, reason)
    if status == 400 and name not in BY_NAME and name != BadRequest.error:
        return BadQuery(name, reason)
    kind = BY_NAME.get(name) or BY_STATUS.get(status, StoreError)
    if kind is Unavailable:
        return Unavailable(reason, _retry_after(failed))
    return kind(reason)


def _retry_after(failed: ApiException) -> float:
    """The seconds of a `Retry-After` header; 0 without one, or where it names a date."""
    response = failed.http_response
    asked = "" if response is None else response.headers.get("Retry-After", "")
    return float(asked) if asked.isascii() and asked.isdigit() else 0.0


def _json_of(failed: ApiException) -> Mapping[str, Any]:
    if failed.http_response is None:
        return {}
    try:
        said = failed.http_response.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def from_network(failed: requests.RequestException, url: str) -> StoreError:
    """The error of a request that got no answer."""
    if isinstance(failed, requests.exceptions.SSLError):
        return Unavailable(f"The certificate of {url} is not trusted.")
    if isinstance(failed, requests.Timeout):
        return TimedOut(f"{url} did not answer in time.")
    if isinstance(failed, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
        return BadRequest(f"{url} is no address of a server.")
    return Unavailable(f"{url} cannot be reached: {_cause(failed)}")


def _cause(failed: BaseException) -> str:
    """The innermost cause in the system's words: the outer ones repeat the address at length."""
    inner: BaseException = failed
    while (deeper := inner.__cause__ or inner.__context__) is not None:
        inner = deeper
    return str(inner) or type(inner).__name__
