"""Bookmarks: after which row of the index the next page begins, as text that says nothing."""

import base64
import binascii
import json

from store.errors import BadQuery
from store.mango.errors import shown
from store.types import Json

NONE = "nil"
"""CouchDB's bookmark where nothing was found."""


def encoded(key: str, docid: str) -> str:
    """`key` is JSON text."""
    text = f"[{key},{json.dumps(docid)}]"
    return base64.urlsafe_b64encode(text.encode()).decode()


def decoded(bookmark: str) -> tuple[Json, str]:
    """Key and document id. Raises BadQuery."""
    try:
        key, docid = json.loads(base64.b64decode(bookmark, b"-_", validate=True))
    except (binascii.Error, ValueError, TypeError, RecursionError) as error:
        raise _invalid(bookmark) from error
    if not isinstance(docid, str):
        raise _invalid(bookmark)
    return key, docid


def _invalid(bookmark: str) -> BadQuery:
    return BadQuery("invalid_bookmark", f"Invalid bookmark value: {shown(bookmark)}")
