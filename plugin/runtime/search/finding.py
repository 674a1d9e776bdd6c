"""Search over all databases that an identity may enter.

The index is asked with the reader sets that the identity may read, and each hit is opened through
the door before it is shown: an index that is behind shows no document it must not.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from plugin.runtime.door.document import Document
from plugin.runtime.errors import BadInput, NotFound
from plugin.runtime.search.excerpts import Excerpt, excerpt
from plugin.runtime.search.following import follow
from store.text import Hit, TextIndex, Word, query_words

if TYPE_CHECKING:
    from plugin.runtime.session import Session

MOST = 100
"""The longest page."""
ROUND = 50
"""Hits that are opened at once."""
PLACES = ("title", "elsewhere")
_TOKEN = re.compile(r"(title|elsewhere)-([0-9]{1,18})")

Wanted = Sequence[Sequence[Word]]


@dataclass(frozen=True)
class FoundDocument:
    """A document, and a part of its text around the words looked for."""

    document: Document
    excerpt: Excerpt


@dataclass(frozen=True)
class Found:
    """One page. `next` is the token of the page behind; `similar`: no document has the very words,
    these have some that are one slip of the finger away."""

    rows: tuple[FoundDocument, ...]
    next: str | None = None
    similar: bool = False


def search(
    session: "Session", text: str, *, database: str = "", limit: int = 20, after: str = ""
) -> Found:
    """Documents that hold all words of `text`, those first that hold them in the title, then the
    latest first. A word is found by its beginning, Chinese by any two characters, a Chinese title
    by pinyin or its initials too. Only in `database`, if one is named.

    Raises BadInput for a token that is none.
    """
    limit = max(1, min(limit, MOST))
    place, number = _read_token(after)
    wanted = [[word] for word in query_words(text)]
    index = session.office.texts
    sets = list(_sets(session, index, database))
    if not wanted or not sets:
        return Found(())
    found = _page(session, index, wanted, sets, limit, place, number)
    if found.rows or after:
        return found
    wider = [[*group, *_similar(index, group[0])] for group in wanted]
    if wider == wanted:
        return found
    similar = _page(session, index, wider, sets, limit, PLACES[0], None)
    return Found(similar.rows, None, bool(similar.rows))


def _sets(session: "Session", index: TextIndex, database: str) -> Iterator[tuple[str, str]]:
    """The reader sets of all databases, each brought up to date first where little is missing."""
    for info in session.databases():
        if database and info.name != database:
            continue
        try:
            context = session.context(info.name)
            list(follow(session.office, index, info.name, most=1))
        except NotFound:
            continue  # deleted meanwhile
        for name in session.office.reader_sets(info.name).readable(context):
            yield info.name, name


def _page(
    session: "Session",
    index: TextIndex,
    wanted: Wanted,
    sets: Sequence[tuple[str, str]],
    limit: int,
    place: str,
    before: int | None,
) -> Found:
    found: list[tuple[Hit, str, FoundDocument]] = []
    for where in PLACES[PLACES.index(place) :]:
        hits = _hits(index, wanted, sets, where, before if where == place else None)
        rows = _opened(session, hits, wanted)
        found += [(hit, where, row) for hit, row in islice(rows, limit + 1 - len(found))]
    shown, more = found[:limit], len(found) > limit
    token = f"{shown[-1][1]}-{shown[-1][0].number}" if more else None
    return Found(tuple(row for _, _, row in shown), token)


def _hits(
    index: TextIndex,
    wanted: Wanted,
    sets: Sequence[tuple[str, str]],
    where: str,
    before: int | None,
) -> Iterator[list[Hit]]:
    while True:
        hits = index.find(wanted, sets, limit=ROUND, before=before, in_title=where == PLACES[0])
        if hits:
            yield hits
        if len(hits) < ROUND:
            return
        before = hits[-1].number


def _opened(
    session: "Session", rounds: Iterator[list[Hit]], wanted: Wanted
) -> Iterator[tuple[Hit, FoundDocument]]:
    for hits in rounds:
        docs: dict[tuple[str, str], Document] = {}
        for database in dict.fromkeys(hit.source for hit in hits):
            ids = [hit.id for hit in hits if hit.source == database]
            opened = session.database(database).open_many(ids)
            docs |= {(database, docid): doc for docid, doc in opened.items()}
        for hit in hits:
            doc = docs.get((hit.source, hit.id))
            if doc is not None:
                yield hit, FoundDocument(doc, excerpt(session.context(hit.source), doc, wanted))


def _similar(index: TextIndex, word: Word) -> list[Word]:
    return [Word(other, False) for other in index.similar(word.text)]


def _read_token(token: str) -> tuple[str, int | None]:
    if not token:
        return PLACES[0], None
    found = _TOKEN.fullmatch(token)
    if found is None:
        raise BadInput("This page of the search is not there. Search again.")
    return found[1], int(found[2])
