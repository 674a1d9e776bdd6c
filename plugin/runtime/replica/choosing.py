"""The office applies what a person chose to keep: what it comes to, how much it is, what left it.

Nothing here widens a right: all of it is asked within the reader sets that the person may read.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from plugin.runtime.context import Context
from plugin.runtime.designs.design import ANCHORS_VIEW, INDEX
from plugin.runtime.errors import BadInput, NotFound
from plugin.runtime.listings.anchors import DOCUMENT, EVERY, LOOSE, PERSON
from plugin.runtime.replica.keeping import Keeping, first_day
from plugin.runtime.replica.subset import Subset
from store.api import Database
from store.collation import TOP
from store.types import ChangesOptions, Row, Seq, ViewOptions

AT_ONCE = 200
"""Ranges of the index that are asked for together."""
PAGE = 1000
Sums = tuple[int, int, int]
"""Documents, characters of them as JSON, bytes of their attachments."""


def keeping_of(context: Context, subset: Subset) -> Keeping:
    """What the choice of this context's person comes to in its database now."""
    since = first_day(context.office.clock(), subset.months)
    anchors = my_anchors(context) if subset.mine else None
    return Keeping(context.design.anchors, anchors, since)


def my_anchors(context: Context) -> frozenset[str]:
    """The person, and every document that names him or her of those that documents of this database
    hang on. Costs what is the person's there."""
    me = f"{PERSON}{context.identity.name}"
    found = {LOOSE, me}
    for name in _linked(context):
        try:
            other = context.session.context(name)
        except NotFound:
            continue
        found.update(DOCUMENT + row["id"] for row in anchored(other, [me]))
    return frozenset(found)


def _linked(context: Context) -> set[str]:
    """The databases that documents of this one hang on."""
    forms = context.design.forms
    return {
        forms[name].items[item].database
        for name, hanging in context.design.anchors.items()
        for item in hanging.links
        if name in forms and item in forms[name].items
    }


def anchored(context: Context, anchors: Iterable[str], since: str = "") -> Iterator[Row]:
    """Rows of the index for what hangs on these and may be read; a document has one for each of
    the anchors."""
    readable = frozenset(_readable(context))
    for some in _batches(anchors):
        groups = [ViewOptions(startkey=[a], endkey=[a, TOP], group_level=2) for a in some]
        keys = [row["key"] for answer in _ask(context, groups) for row in answer["rows"]]
        for pairs in _batches(key for key in keys if key[1] in readable):
            ranges = [
                ViewOptions(startkey=[*pair, since], endkey=[*pair, TOP], reduce=False)
                for pair in pairs
            ]
            for answer in _ask(context, ranges):
                yield from answer["rows"]


def size_of(context: Context, subset: Subset) -> Sums:
    """How much the choice is. Without "mine" by sums of the index alone, which read no document;
    with it by the index rows of what is the person's, since one document may hang on several."""
    keeping = keeping_of(context, subset)
    if keeping.anchors is None:
        return _sums(context, EVERY, keeping.since)
    rows = anchored(context, keeping.anchors - {LOOSE}, keeping.since)
    values = {row["id"]: row["value"] for row in rows}.values()
    loose = _sums(context, LOOSE, keeping.since)
    return _added([loose, *map(tuple, values)])


def _sums(context: Context, anchor: str, since: str) -> Sums:
    """Of an anchor that no document has beside another one of those asked for."""
    found: list[Sums] = []
    for names in _batches(_readable(context)):
        ranges = [
            ViewOptions(startkey=[anchor, name, since], endkey=[anchor, name, TOP])
            for name in names
        ]
        answers = _ask(context, ranges)
        found += [tuple(row["value"]) for answer in answers for row in answer["rows"]]
    return _added(found)


def _added(found: Iterable[Sums]) -> Sums:
    documents = characters = attached = 0
    for one, of_documents, of_attachments in found:
        documents += one
        characters += of_documents
        attached += of_attachments
    return documents, characters, attached


def _readable(context: Context) -> tuple[str, ...]:
    return context.office.reader_sets(context.name).readable(context)


def _ask(context: Context, ranges: Sequence[ViewOptions]) -> list[dict[str, Any]]:
    return context.reading.queries(INDEX, ANCHORS_VIEW, ranges)


def _batches(items: Iterable[Any]) -> Iterator[list[Any]]:
    waiting = iter(items)
    while some := list(islice(waiting, AT_ONCE)):
        yield some


def answer_kept(context: Context, told: Database, asked: Mapping[str, Any]) -> dict[str, Any]:
    """What a laptop has to know before it pulls a part of a database.

    `asked` holds the choice (`subset`), and from the answer before it `anchors` and `seq`. Told are
    the choice's `anchors` and first day (`since`) now, ids of what hangs on new anchors (`entered`,
    although it did not change), and of what changed so that the choice has it no more (`left`).
    `told` is the database as the person may see it. Raises BadInput.
    """
    subset = Subset.from_json(asked.get("subset"))
    before, seq = asked.get("anchors"), asked.get("seq")
    if not (before is None or _is_names(before)) or not isinstance(seq, int | str | None):
        raise BadInput("The state of a replica makes no sense. Clone it anew.")
    keeping = keeping_of(context, subset)
    reached = told.info()["update_seq"]
    new = keeping.anchors - frozenset(before) if keeping.anchors and before is not None else ()
    entered = {row["id"] for row in anchored(context, sorted(new), keeping.since)}
    left = set() if seq is None else _left(told, keeping, seq)
    return {
        "anchors": None if keeping.anchors is None else sorted(keeping.anchors),
        "since": keeping.since,
        "seq": reached,
        "entered": sorted(entered),
        "left": sorted(left),
    }


def _left(told: Database, keeping: Keeping, seq: Seq) -> set[str]:
    options = ChangesOptions(since=seq, limit=PAGE, include_docs=True)
    found: set[str] = set()
    while True:
        answer = told.changes(options)
        found |= {row["id"] for row in answer["results"] if not keeping.keeps(row["doc"])}
        if not answer["results"] or not answer.get("pending"):
            return found
        options = replace(options, since=answer["last_seq"])


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)
