"""Query options as CouchDB's request parameters: the reverse of reading them."""

import json
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from store.types import ABSENT, Attached, ChangesOptions, Json, ViewOptions

IN_JSON = frozenset({"key", "keys", "startkey", "endkey"})
VIEW_DEFAULTS = ViewOptions()
CHANGES_DEFAULTS = ChangesOptions()
CHANGES_PARAMETERS = (
    "limit", "descending", "style", "include_docs", "conflicts", "attachments",
    "att_encoding_info", "seq_interval",
)  # fmt: skip
OF_THE_FEED = frozenset(
    {"feed", "heartbeat", "timeout", "since", "last-event-id", "limit", "filter", "doc_ids"}
)
"""Parameters that say how changes are sent; where `query` repeats them they are not passed on."""


def view_body(options: ViewOptions) -> dict[str, Json]:
    """The options of a view as a JSON body: only those that differ from the defaults."""
    body: dict[str, Json] = {}
    for item in fields(options):
        value = getattr(options, item.name)
        if value is ABSENT or (item.name not in IN_JSON and value == _default(item.name)):
            continue
        if item.name == "keys":
            if value is None:
                continue
            value = list(value)
        body[item.name] = value
    return body


def _default(name: str) -> Any:
    return getattr(VIEW_DEFAULTS, name)


def changes_request(options: ChangesOptions) -> tuple[dict[str, str], dict[str, Json]]:
    """Parameters and JSON body of `POST _changes`. `doc_ids` and `selector` travel in the body."""
    further = options.query.items()
    params = {name: _text(value) for name, value in further if name not in OF_THE_FEED}
    for name in CHANGES_PARAMETERS:
        value = getattr(options, name)
        if value != getattr(CHANGES_DEFAULTS, name):
            params[name] = _text(value)
    params["since"] = _text(options.since)
    body: dict[str, Json] = {}
    if options.doc_ids is not None:
        body["doc_ids"] = list(options.doc_ids)
        params["filter"] = "_doc_ids"
    elif options.selector is not None:
        body["selector"] = dict(options.selector)
        params["filter"] = "_selector"
    elif options.filter is not None:
        params["filter"] = options.filter
    if options.view is not None:
        params["view"] = options.view
    return params, body


def _text(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def switches(**values: bool) -> dict[str, str]:
    """The parameters that are on."""
    return {name: "true" for name, value in values.items() if value}


def attachments_since(revs: Sequence[str], attachments: Attached) -> dict[str, str]:
    """`atts_since`, which makes CouchDB send data: contents that follow are fetched one by one."""
    return {"atts_since": json.dumps(list(revs))} if revs and attachments is True else {}
