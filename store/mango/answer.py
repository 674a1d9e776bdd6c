"""The answer of `_find` in CouchDB's form, made of the rows of an index, with what it warns of."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from store.mango import bookmark, paths
from store.mango.choice import Choice, asked_for, is_asked_for
from store.mango.indexes import JSON
from store.mango.matching import matcher
from store.types import Doc, Json

SCANNED = 10
"""Documents looked at for each one found, above which CouchDB advises a better index."""

Row = tuple[str, str, Doc | None]
"""JSON text of the key in the index, id, and the document, None where it is gone meanwhile."""


@dataclass
class Found:
    """What a query found, and how many keys of the index and documents it looked at for that."""

    docs: list[Doc] = field(default_factory=list)
    bookmark: str = ""
    keys: int = 0
    documents: int = 0


def collect(choice: Choice, rows: Iterable[Row]) -> Found:
    """Read rows until the limit is reached. Raises BadQuery."""
    query, found, skip = choice.query, Found(), choice.query.skip
    matches = matcher(query.selector)
    if query.limit == 0:
        return found
    last: tuple[str, str] | None = None
    for key, docid, doc in rows:
        found.keys += 1
        found.documents += doc is not None and not choice.covering
        if doc is None or not matches(doc):
            continue
        last = key, docid
        if skip:
            skip -= 1
            continue
        found.docs.append(paths.extract(doc, query.fields) if query.fields else doc)
        if len(found.docs) == query.limit:
            break
    if last is not None:
        found.bookmark = bookmark.encoded(*last)
    return found


def answer(choice: Choice, found: Found, milliseconds: float) -> dict[str, Json]:
    told: dict[str, Json] = {
        "docs": found.docs,
        "bookmark": found.bookmark or choice.query.bookmark or bookmark.NONE,
    }
    if choice.query.execution_stats:
        told["execution_stats"] = _stats(choice, found, milliseconds)
    warnings = _warnings(choice, found)
    if warnings:
        told["warning"] = "\n".join(warnings)
    return told


def _stats(choice: Choice, found: Found, milliseconds: float) -> dict[str, Json]:
    """With `r` above 1 CouchDB counts the documents as read from several nodes."""
    quorum = choice.query.r > 1
    return {
        "total_keys_examined": found.keys,
        "total_docs_examined": 0 if quorum else found.documents,
        "total_quorum_docs_examined": found.documents if quorum else 0,
        "results_returned": len(found.docs),
        "execution_time_ms": round(milliseconds, 3),
    }


def _warnings(choice: Choice, found: Found) -> list[str]:
    query, best = choice.query, choice.best
    warnings = []
    if query.use_index and best is not None and not is_asked_for(best.index, query):
        why = "it does not contain a valid index for this query."
        if len(query.use_index) == 2:
            why = "it is not a valid index for this query."
        warnings.append(f"{asked_for(query)} was not used because {why}")
    if best is not None and best.index.kind != JSON:
        warnings.append("No matching index found, create an index to optimize query time.")
    if found.documents > SCANNED * max(1, len(found.docs)):
        warnings.append(
            "The number of documents examined is high in proportion to the number of results"
            " returned. Consider adding a more specific index to improve this."
        )
    return warnings
