"""Query parameters of `_all_docs`, views and `_changes`, as they come over HTTP, to options.

Values come as text (query string: JSON for keys, `true`/`false`, numbers) or as JSON (request
bodies, where numbers and booleans are already such). CouchDB 3.5, "API Reference".
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from store import jsontext
from store.errors import BadRequest, QueryParseError
from store.types import ChangesOptions, Json, ViewOptions

_JSON_TEXT = ("key", "startkey", "endkey", "keys")
MAX_LIMIT = 576460752303423487
"""CouchDB's: the greatest small number of Erlang."""

NO_IDS = "`doc_ids` filter parameter is not a list of doc ids."

_OTHER_NAMES = {
    "start_key": "startkey",
    "end_key": "endkey",
    "start_key_doc_id": "startkey_docid",
    "startkey_doc_id": "startkey_docid",
    "end_key_doc_id": "endkey_docid",
    "endkey_doc_id": "endkey_docid",
}


def view_options(
    query: Mapping[str, str] | None = None, body: Mapping[str, Json] | None = None
) -> ViewOptions:
    """Options of a view or `_all_docs`: those of the address win. Unknown parameters are ignored,
    as in CouchDB. Raises QueryParseError; BadRequest where a key is not JSON."""
    values: dict[str, Any] = {}
    for name, value in (body or {}).items():
        values[_OTHER_NAMES.get(name, name)] = value
    for name, text in (query or {}).items():
        known = _OTHER_NAMES.get(name, name)
        values[known] = _json(name, text) if known in _JSON_TEXT else text
    _read_stale(values)
    if "partition" in values:
        raise QueryParseError("`partition` parameter is not supported in this design doc")
    parsed = {name: parse(name, values[name]) for name, parse in _VIEW.items() if name in values}
    if parsed.get("group") is False and parsed.get("group_level"):
        raise QueryParseError("Can't specify group=false and group_level>0 at the same time")
    return ViewOptions(**parsed)


def check_numbers(options: ViewOptions) -> None:
    """Raise QueryParseError for numbers that CouchDB refuses."""
    numbers = (options.skip, options.limit, options.group_level)
    if any(number is not None and number < 0 for number in numbers):
        raise QueryParseError("`skip`, `limit` and `group_level` must not be negative")


def _read_stale(values: dict[str, Any]) -> None:
    """`stale` is the old name of `update`."""
    if "stale" in values:
        updates = {"ok": "false", "update_after": "lazy"}
        if not isinstance(values["stale"], str) or values["stale"] not in updates:
            raise QueryParseError("Invalid value for `stale`.")
        values["update"] = updates[values["stale"]]


def changes_options(
    query: Mapping[str, str] | None = None, body: Mapping[str, Json] | None = None
) -> ChangesOptions:
    """Options of `_changes`; `doc_ids` and `selector` may stand in the body. All
    parameters are kept for filter functions in `query`. Raises QueryParseError, BadRequest."""
    values: dict[str, Any] = {
        name: value for name, value in (query or {}).items() if value != "" or name == "since"
    }
    if "last-event-id" in values:
        values.setdefault("since", values["last-event-id"])
    for name in ("doc_ids", "selector"):
        if values.get("filter") != f"_{name}":
            values.pop(name, None)  # whatever it is, as in CouchDB
        elif body and name in body:
            values[name] = body[name]
        elif name == "doc_ids" and name in values:
            values[name] = jsontext.parsed(values[name])
    parsed = {name: parse(name, values[name]) for name, parse in _CHANGES.items() if name in values}
    if parsed.get("filter") == "_doc_ids" and "doc_ids" not in parsed:
        raise BadRequest(NO_IDS)
    if parsed.get("filter") == "_selector":
        _check_selector(parsed.get("selector"), (body or {}).get("fields", []))
    return ChangesOptions(**parsed, query=dict(query or {}))


def _check_selector(selector: Json, fields: Json) -> None:
    if not isinstance(selector, Mapping):
        raise BadRequest("Selector error: expected a JSON object")
    if not isinstance(fields, list):
        raise BadRequest("Selector error: fields must be JSON array")


def _json(name: str, text: object) -> Json:
    if not isinstance(text, str):
        return text
    return jsontext.parsed(text)


def _any(name: str, value: Json) -> Json:
    return value


def _boolean(name: str, value: Json) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise QueryParseError(f"Invalid boolean parameter: {json.dumps(value)}")


def _count(name: str, value: Json) -> int:
    text = value if isinstance(value, str) else str(value)
    if isinstance(value, bool) or not re.fullmatch(r"[+-]?[0-9]{1,40}", text):
        raise QueryParseError(f"Invalid value for integer: {json.dumps(value)}")
    if int(text) < 0:
        raise QueryParseError(f"Invalid value for positive integer: {json.dumps(value)}")
    if name == "limit" and int(text) > MAX_LIMIT:
        raise QueryParseError(f"Limit is too large, must not exceed {MAX_LIMIT}")
    return min(int(text), MAX_LIMIT)


def _interval(name: str, value: Json) -> int:
    try:
        interval = _count(name, value)
    except QueryParseError:
        interval = 0
    if interval == 0:
        raise BadRequest("invalid_seq_interval")
    return interval


def _text(name: str, value: Json) -> str:
    if isinstance(value, str):
        return value
    raise QueryParseError(f"Invalid value for {name}: {value!r} is no text")


def _docid(name: str, value: Json) -> str:
    """Numbers are texts here, as in CouchDB."""
    return value if isinstance(value, str) else json.dumps(value)


def _keys(name: str, value: Json) -> tuple[Json, ...]:
    if isinstance(value, list | tuple):
        return tuple(value)
    raise QueryParseError("`keys` must be an array of strings.")


def _ids(name: str, value: Json) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(docid, str) for docid in value):
        raise BadRequest(NO_IDS)
    return tuple(value)


def _one_of(*allowed: str) -> Callable[[str, Json], str]:
    def parse(name: str, value: Json) -> str:
        text = "true" if value is True else "false" if value is False else value
        if text in allowed:
            return str(text)
        raise QueryParseError(f"Invalid value for `{name}`.")

    return parse


def _stable(name: str, value: Json) -> bool:
    return _one_of("true", "false")(name, value) == "true"


def _is_number(text: str) -> bool:
    """Whether `text` is a whole number that fits into 64 bits."""
    return text.isascii() and text.isdigit() and len(text) <= 18


def _since(name: str, value: Json) -> int | str:
    if isinstance(value, str):
        return int(value) if _is_number(value) else value
    return _count(name, value)


_VIEW: dict[str, Callable[[str, Json], Any]] = {
    "key": _any,
    "keys": _keys,
    "startkey": _any,
    "endkey": _any,
    "startkey_docid": _docid,
    "endkey_docid": _docid,
    "inclusive_end": _boolean,
    "descending": _boolean,
    "skip": _count,
    "limit": _count,
    "reduce": _boolean,
    "group": _boolean,
    "group_level": _count,
    "include_docs": _boolean,
    "conflicts": _boolean,
    "attachments": _boolean,
    "update": _one_of("true", "false", "lazy"),
    "update_seq": _boolean,
    "sorted": _boolean,
    "stable": _stable,
}

_CHANGES: dict[str, Callable[[str, Json], Any]] = {
    "since": _since,
    "limit": _count,
    "descending": _boolean,
    "style": _one_of("main_only", "all_docs"),
    "include_docs": _boolean,
    "conflicts": _boolean,
    "attachments": _boolean,
    "att_encoding_info": _boolean,
    "seq_interval": _interval,
    "filter": _text,
    "doc_ids": _ids,
    "selector": _any,
    "view": _text,
}
