"""Query parameters of `_all_docs`, views and `_changes`, as they come over HTTP, to options.

Values come as text (query string: JSON for keys, `true`/`false`, numbers) or as JSON (request
bodies, where numbers and booleans are already such). CouchDB 3.5, "API Reference".
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from store.errors import BadRequest, QueryParseError
from store.types import ABSENT, ChangesOptions, Json, ViewOptions

_JSON_TEXT = ("key", "startkey", "endkey", "keys")
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
    """Options of a view or `_all_docs`: those of the body win. Unknown parameters are ignored, as
    in CouchDB. Raises QueryParseError."""
    values: dict[str, Any] = {}
    for name, text in (query or {}).items():
        known = _OTHER_NAMES.get(name, name)
        values[known] = _json(name, text) if known in _JSON_TEXT else text
    for name, value in (body or {}).items():
        values[_OTHER_NAMES.get(name, name)] = value
    parsed = {name: parse(name, values[name]) for name, parse in _VIEW.items() if name in values}
    options = ViewOptions(**parsed)
    _check_view(options)
    return options


def changes_options(
    query: Mapping[str, str] | None = None, body: Mapping[str, Json] | None = None
) -> ChangesOptions:
    """Options of `_changes`; `doc_ids` and `selector` may stand in the body. All
    parameters are kept for filter functions in `query`. Raises QueryParseError, BadRequest."""
    values: dict[str, Any] = {name: value for name, value in (query or {}).items() if value != ""}
    if "last-event-id" in values:
        values.setdefault("since", values["last-event-id"])
    if "doc_ids" in values:
        values["doc_ids"] = _json("doc_ids", values["doc_ids"])
    for name in ("doc_ids", "selector"):
        if body and name in body:
            values[name] = body[name]
    parsed = {name: parse(name, values[name]) for name, parse in _CHANGES.items() if name in values}
    if parsed.get("filter") == "_doc_ids" and parsed.get("doc_ids") is None:
        raise BadRequest("`doc_ids` filter parameter is not a list of doc ids.")
    if parsed.get("filter") != "_selector":
        parsed.pop("selector", None)
    elif not isinstance(parsed.get("selector"), Mapping):
        raise BadRequest("Selector error: expected a JSON object")
    if parsed.get("filter") != "_doc_ids":
        parsed.pop("doc_ids", None)
    return ChangesOptions(**parsed, query=dict(query or {}))


def _check_view(options: ViewOptions) -> None:
    grouped = options.group or options.group_level is not None
    if options.reduce is False and grouped:
        raise QueryParseError("Invalid use of grouping on a map view.")
    if options.reduce and options.include_docs:
        raise QueryParseError("`include_docs` is invalid for reduce")
    ranged = (options.key, options.startkey, options.endkey) != (ABSENT, ABSENT, ABSENT)
    if options.keys is not None and ranged:
        raise QueryParseError("`keys` is incompatible with `key`, `start_key` and `end_key`")


def _json(name: str, text: object) -> Json:
    if not isinstance(text, str):
        return text
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise QueryParseError(f"Invalid value for {name}: {text!r} is not JSON") from error


def _no_constant(name: str) -> Json:
    raise ValueError(f"{name} is not JSON")


def _any(name: str, value: Json) -> Json:
    return value


def _boolean(name: str, value: Json) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise QueryParseError(f"Invalid boolean parameter {name}: {value!r}")


def _count(name: str, value: Json) -> int:
    if isinstance(value, str) and _is_number(value):
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**18:
        return value
    raise QueryParseError(f"Invalid value for {name}: {value!r} is no whole number from 0 on")


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


def _list(name: str, value: Json) -> tuple[Json, ...]:
    if isinstance(value, list | tuple):
        return tuple(value)
    raise QueryParseError(f"`{name}` parameter must be an array.")


def _ids(name: str, value: Json) -> tuple[str, ...]:
    return tuple(_text(name, docid) for docid in _list(name, value))


def _one_of(*allowed: str) -> Callable[[str, Json], str]:
    def parse(name: str, value: Json) -> str:
        text = "true" if value is True else "false" if value is False else value
        if text in allowed:
            return str(text)
        raise QueryParseError(f"Invalid value for {name}: {value!r} is none of {allowed}")

    return parse


def _is_number(text: str) -> bool:
    """Whether `text` is a whole number that fits into 64 bits."""
    return text.isascii() and text.isdigit() and len(text) <= 18


def _since(name: str, value: Json) -> int | str:
    if isinstance(value, str):
        return int(value) if _is_number(value) else value
    return _count(name, value)


_VIEW: dict[str, Callable[[str, Json], Any]] = {
    "key": _any,
    "keys": _list,
    "startkey": _any,
    "endkey": _any,
    "startkey_docid": _text,
    "endkey_docid": _text,
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
