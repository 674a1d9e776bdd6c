"""What is wrong with a query, a selector or an index, in CouchDB's words (CouchDB 3.5, `_find`).

CouchDB spells values in its reasons as Erlang terms; here they are JSON, which can be read.
"""

import json

from store.errors import BadQuery, SearchUnavailable
from store.types import Json


def bad_arg(operator: str, argument: Json) -> BadQuery:
    return BadQuery("bad_arg", f"Bad argument for operator {operator}: {shown(argument)}")


def no_search(kind: str = "text") -> SearchUnavailable:
    """There is no full-text search: neither text indexes nor `$text`."""
    return SearchUnavailable(kind)


def shown(value: Json) -> str:
    """A value in a reason, cut where it is long."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 200 else f"{text[:200]}…"
