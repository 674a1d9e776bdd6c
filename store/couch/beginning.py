"""The beginning of a long answer: `{"results": […]}`, read no further than it is wanted."""

import codecs
import json
import re
from collections.abc import Iterable
from contextlib import suppress

from store.errors import Unavailable
from store.types import Json

_OPENING = re.compile(r'\s*\{\s*"results"\s*:\s*\[')
_BETWEEN = re.compile(r"[\s,]*")


def results(pieces: Iterable[bytes], most: int) -> list[Json]:
    """All results, or where the answer has more than `most` bytes the first, one at least. Raises
    Unavailable for what is no such answer."""
    read = bytearray()
    try:
        for piece in pieces:
            read += piece
            if len(read) > most:
                if found := _whole(read):
                    return found
                most = 2 * len(read)  # the first alone is larger
        return list(json.loads(read)["results"])
    except (ValueError, KeyError, TypeError) as error:
        raise Unavailable("The server's answer is not in CouchDB's form.") from error


def _whole(read: bytearray) -> list[Json]:
    """The results that are whole."""
    text = codecs.getincrementaldecoder("utf-8")().decode(read)  # up to its last whole character
    found = list[Json]()
    opening = _OPENING.match(text)
    at = len(text) if opening is None else opening.end()
    with suppress(json.JSONDecodeError):  # the last one goes on after what was read
        while between := _BETWEEN.match(text, at):
            result, at = _DECODER.raw_decode(text, between.end())
            found.append(result)
    return found


_DECODER = json.JSONDecoder()
