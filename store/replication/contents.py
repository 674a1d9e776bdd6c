"""Attachments of documents on their way: small ones together and at once, large ones in pieces."""

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from store.replication.retry import Patience
from store.types import Content, Doc

SMALL = 64 * 1024
"""Bytes of an attachment up to which it goes in one request with others."""
BUDGET = 4 * 1024 * 1024
"""Bytes of small attachments that are held at a time."""
PARALLEL = 4


@dataclass(frozen=True)
class Held:
    """A content that was read already."""

    data: bytes

    @property
    def length(self) -> int:
        return len(self.data)

    def pieces(self) -> Iterator[bytes]:
        yield self.data


def fetch_small(docs: Sequence[Doc], patience: Patience) -> None:
    """Read the small ones of the contents in `docs`, several at a time, and put them in place."""
    left = BUDGET
    wanted: list[Callable[[], None]] = []
    for facts in (facts for doc in docs for facts in _following(doc)):
        length = facts["data"].length
        if length <= min(SMALL, left):
            left -= length
            wanted.append(lambda facts=facts: _read(facts, patience))  # type: ignore[misc]
    if wanted:
        with ThreadPoolExecutor(min(PARALLEL, len(wanted)), "attachments") as threads:
            for reading in [threads.submit(read) for read in wanted]:
                reading.result()


def _read(facts: dict[str, Any], patience: Patience) -> None:
    content = facts["data"]
    data = patience(lambda: b"".join(content.pieces()))
    if "encoding" in facts:  # zipped bytes cannot stand in JSON
        facts["data"] = Held(data)
    else:
        facts["data"] = data
        facts.pop("follows", None)


def is_streamed(doc: Doc) -> bool:
    """Whether attachments of the document are yet to be read."""
    return any(not isinstance(facts["data"], Held) for facts in _following(doc))


def size_of(docs: Sequence[Doc]) -> int:
    """Bytes of the documents as JSON, with the attachments that come with them."""
    contents = sum(facts["data"].length or 0 for doc in docs for facts in _following(doc))
    return contents + len(json.dumps(docs, default=_nothing))


def _nothing(content: object) -> str:
    """Bytes are counted as base64 text, contents by their length."""
    return "x" * (len(content) * 4 // 3) if isinstance(content, bytes) else ""


def _following(doc: Doc) -> Iterator[dict[str, Any]]:
    for facts in doc.get("_attachments", {}).values():
        if isinstance(facts.get("data"), Content):
            yield facts
