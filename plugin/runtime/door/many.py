"""Change many documents in one batch of the store, each as `saving.rewrite` changes one."""

from collections.abc import Callable, Iterable, Mapping

from plugin.runtime.access.managers import guarded
from plugin.runtime.context import Context
from plugin.runtime.door.document import Document, Raw
from plugin.runtime.door.links import Links
from plugin.runtime.door.reading import open_many
from plugin.runtime.door.saving import ATTEMPTS, busy, ready
from plugin.runtime.errors import DivanError, NotFound, Refused
from plugin.runtime.messages import Message
from store.errors import Conflict

Results = dict[str, Document | DivanError]


def rewrite_many(
    ctx: Context,
    ids: Iterable[str],
    change: Callable[[Raw], Raw],
    seal: Callable[[Raw], None] = lambda new: None,
) -> Results:
    """Put what `change(current)` makes of each document; again where somebody was faster.

    Returns by id the document as it is now, or why it was not written. `seal` may complete what is
    about to be written, after its bookkeeping.
    """
    results: Results = {}
    waiting = list(dict.fromkeys(ids))
    for _ in range(ATTEMPTS):
        if not waiting:
            break
        prepared = _prepared(ctx, waiting, change, results)
        for new in prepared.values():
            seal(new)
        waiting = _written(ctx, prepared, results)
    results.update((docid, busy()) for docid in waiting)
    return results


def _prepared(
    ctx: Context, ids: Iterable[str], change: Callable[[Raw], Raw], results: Results
) -> dict[str, Raw]:
    """What is to be written, by id; what needs no writing or may not be goes into the results."""
    links = Links(ctx)
    found = open_many(ctx, list(ids))
    prepared: dict[str, Raw] = {}
    for docid in ids:
        try:
            if docid not in found:
                raise NotFound
            current = found[docid].raw
            new = change(current)
            if ready(ctx, ctx.form(current.get("form")), new, current, links):
                prepared[docid] = new
            else:
                results[docid] = found[docid]
        except DivanError as error:
            results[docid] = error
    return prepared


def _written(ctx: Context, prepared: Mapping[str, Raw], results: Results) -> list[str]:
    """Write them; returns the ids of those that somebody else changed meanwhile."""
    if not prepared:
        return []
    for docid in prepared:
        ctx.note("changed", docid)
    with guarded(ctx.office, ctx.name, dict(prepared)):
        rows = ctx.writing.bulk_docs(list(prepared.values()))
    ctx.office.written(ctx.name)
    overtaken = []
    for (docid, new), row in zip(prepared.items(), rows, strict=True):
        if row.get("error") == Conflict.error:
            overtaken.append(docid)
        elif "error" in row:
            results[docid] = Refused(Message(str(row.get("reason") or row["error"])))
        else:
            results[docid] = ctx.document({**new, "_rev": row["rev"]})
    return overtaken
