"""Bookmarks: after which row of the index the next page begins, as text that says nothing."""

import base64
import binascii
import json

from store.collation import sort_key
from store.errors import BadQuery
from store.mango.errors import shown

NONE = "nil"
"""CouchDB's bookmark where nothing was found."""


def encoded(key: str, docid: str) -> str:
    """`key` is JSON text."""
    text = f"[{key},{json.dumps(docid)}]"
    return base64.urlsafe_b64encode(text.encode()).decode()


def decoded(bookmark: str) -> tuple[bytes, str]:
    """Sort key and document id. Raises BadQuery."""
    try:
        key, docid = json.loads(base64.b64decode(bookmark, b"-_", validate=True))
        docid.encode()
        return sort_key(key), docid
    except (binascii.Error, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise _invalid(bookmark) from error


def _invalid(bookmark: str) -> BadQuery:
    return BadQuery("invalid_bookmark", f"Invalid bookmark value: {shown(bookmark)}")
