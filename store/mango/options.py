"""The bodies of `_find`, `_explain` and `_index`, checked member by member as CouchDB does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from store.errors import BadQuery
from store.mango import paths
from store.mango.errors import shown
from store.mango.selector import normalize
from store.types import ABSENT, Json

Check = Callable[[Json], Any]
Members = Mapping[str, tuple[Json, Check]]
"""Names with the default (ABSENT: must be given) and the check that says what the value means."""


def checked(body: Json, members: Members) -> dict[str, Any]:
    """The values by name, defaults filled in. Raises BadQuery."""
    if not isinstance(body, Mapping):
        raise BadQuery("bad_request", "Request body must be a JSON object")
    found = {}
    for name, (default, check) in members.items():
        value = body.get(name, default)
        if value is ABSENT:
            raise BadQuery("missing_required_key", f"Missing required key: {name}")
        found[name] = check(value) if name in body else value
    for name in body:
        if name not in members:
            raise BadQuery("invalid_key", f"Invalid key {name} for this request.")
    return found


def _boolean(value: Json) -> bool:
    if not isinstance(value, bool):
        raise BadQuery("invalid_boolean", f"Invalid boolean value: {shown(value)}")
    return value


def _natural(value: Json) -> int:
    if type(value) is not int or value < 0:
        reason = f"{shown(value)} is not an integer greater than or equal to zero"
        raise BadQuery("invalid_non_neg_integer", reason)
    return value


def _positive(value: Json) -> int:
    if type(value) is not int or value < 1:
        reason = f"{shown(value)} is not an integer greater than zero"
        raise BadQuery("invalid_pos_integer", reason)
    return value


def _string(value: Json) -> str:
    if not isinstance(value, str):
        raise BadQuery("invalid_string", f"Invalid string: {shown(value)}")
    return value


def _name(value: Json) -> str:
    if value == "":
        raise BadQuery("invalid_empty_string", "Index name or ddoc cannot be empty string")
    return _string(value)


def _any(value: Json) -> Json:
    return value


def sort(value: Json) -> tuple[tuple[str, str], ...]:
    """Field names with "asc" or "desc", the same for all; a repeated field counts once."""
    if not isinstance(value, list):
        reason = f"Sort must be an array of sort specs, not: {shown(value)}"
        raise BadQuery("invalid_sort_json", reason)
    found = dict(map(_sort_field, value))
    for field in found:
        paths.parse(field)
    if len(set(found.values())) > 1:
        reason = "Sorts currently only support a single direction for all fields."
        raise BadQuery("unsupported_mixed_sort", reason)
    return tuple(found.items())


def _sort_field(value: Json) -> tuple[str, str]:
    if isinstance(value, str) and value:
        return value, "asc"
    if isinstance(value, dict) and len(value) == 1:
        ((field, way),) = value.items()
        if way in ("asc", "desc"):
            return field, way
    raise BadQuery("invalid_sort_field", f"Invalid sort field: {shown(value)}")


def _fields(value: Json) -> tuple[str, ...]:
    if not isinstance(value, list):
        reason = f"Fields must be an array of strings, not: {shown(value)}"
        raise BadQuery("invalid_fields", reason)
    for field in value:
        if not isinstance(field, str):
            raise BadQuery("invalid_field", f"Invalid JSON for field spec: {shown(field)}")
        paths.parse(field)
    return tuple(value)


def _use_index(value: Json) -> tuple[str, ...]:
    """`()` for none, a design document, or that and a name; as text they are divided by `/`."""
    parts = value
    if value is None:
        return ()
    if isinstance(value, str):
        parts = value.split("/")
        if parts[0] == "_design" and len(parts) > 1:
            parts = parts[1:]
    if isinstance(parts, list) and len(parts) <= 2 and all(isinstance(at, str) for at in parts):
        return tuple(parts)
    raise _bad_index_name(value)


def _bad_index_name(value: Json) -> BadQuery:
    return BadQuery("invalid_index_name", f"Invalid index name: {shown(value)}")


def _bookmark(value: Json) -> str:
    if value is not None and not isinstance(value, str):
        raise BadQuery("invalid_bookmark", f"Invalid bookmark value: {shown(value)}")
    return value or ""


def _partition(value: Json) -> str:
    if value != "":
        reason = "`partition` parameter is not supported on this db"
        raise BadQuery("query_parse_error", reason)
    return ""


def _partitioned(value: Json) -> bool:
    if value is True:
        reason = "Unknown error while saving the design document: invalid_design_doc"
        raise BadQuery("error_saving_ddoc", reason)
    return _boolean(value)


def _stale(value: Json) -> bool:
    if value not in ("ok", "false", False):
        raise BadQuery("invalid_value", f"Invalid value for stale: {shown(value)}")
    return bool(value == "ok")


def _docids(value: Json) -> list[str]:
    if not isinstance(value, list):
        reason = f"Bulk Delete requires an array of non-null docids. Docids: {shown(value)}"
        raise BadQuery("invalid_bulk_docs", reason)
    for docid in value:
        if not isinstance(docid, str):
            raise _bad_index_name(docid)
    return value


DEFAULT_LIMIT = 25

FIND: Members = {
    "selector": (ABSENT, normalize),
    "use_index": ((), _use_index),
    "bookmark": ("", _bookmark),
    "limit": (DEFAULT_LIMIT, _natural),
    "skip": (0, _natural),
    "sort": ((), sort),
    "fields": ((), _fields),
    "partition": ("", _partition),
    "r": (1, _positive),
    "conflicts": (False, _boolean),
    "stale": (False, _stale),
    "update": (True, _boolean),
    "stable": (False, _boolean),
    "execution_stats": (False, _boolean),
    "allow_fallback": (True, _boolean),
}
NEW_INDEX: Members = {
    "index": (ABSENT, _any),
    "type": ("json", _string),
    "name": (None, _name),
    "ddoc": (None, _name),
    "w": (2, _positive),
    "partitioned": (None, _partitioned),
}
DEFINITION: Members = {"fields": (ABSENT, sort), "partial_filter_selector": ({}, normalize)}
BULK_DELETE: Members = {"docids": (ABSENT, _docids), "w": (2, _positive)}


@dataclass(frozen=True)
class Query:
    """What `_find` is asked for, in CouchDB's words; `fields` is empty for all."""

    selector: dict[str, Json]
    use_index: tuple[str, ...]
    bookmark: str
    limit: int
    skip: int
    sort: tuple[tuple[str, str], ...]
    fields: tuple[str, ...]
    partition: str
    r: int
    conflicts: bool
    stale: bool
    update: bool
    stable: bool
    execution_stats: bool
    allow_fallback: bool

    @property
    def descending(self) -> bool:
        return any(way == "desc" for _, way in self.sort)

    @property
    def fresh(self) -> bool:
        """Whether an index is brought up to date first."""
        return self.update and not self.stale


def query(body: Json) -> Query:
    """From the body of `POST /db/_find` or `_explain`. Raises BadQuery, SearchUnavailable."""
    return Query(**checked(body, FIND))
