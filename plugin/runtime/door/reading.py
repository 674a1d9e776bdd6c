"""Open documents: each read asks the Readers items of all live branches.

Missing, deleted and forbidden give the same answer, word for word.
"""

from collections.abc import Sequence

from acl import ACL_ID
from plugin.runtime.context import Context
from plugin.runtime.designs.design import NUMBERS_VIEW
from plugin.runtime.door.document import Document, Raw
from plugin.runtime.errors import NotFound
from plugin.runtime.listings.ranges import rows, under
from store import revisions
from store.errors import BadRequest
from store.errors import NotFound as Missing
from store.types import ViewOptions


def is_document_id(docid: str) -> bool:
    """True for what may be opened as a document: no design, no local document, not the ACL."""
    return bool(docid) and not docid.startswith("_") and docid != ACL_ID


def live_branches(ctx: Context, raw: Raw) -> list[Raw]:
    """All live branches of a document that was read with its conflicts, the winner first."""
    if not raw.get("_conflicts"):
        return [raw]
    answers = ctx.reading.open_revs(raw["_id"], raw["_conflicts"])
    losers = [answer["ok"] for answer in answers if "ok" in answer]
    return [raw, *(loser for loser in losers if not loser.get("_deleted"))]


def fetch(ctx: Context, docid: str) -> Raw:
    """The winner with `_conflicts`, if it may be read. Raises NotFound."""
    if not is_document_id(docid):
        raise NotFound
    try:
        raw = ctx.reading.get(docid, conflicts=True)
    except (Missing, BadRequest) as error:
        raise NotFound from error
    if not ctx.may_read(live_branches(ctx, raw)):
        raise NotFound
    ctx.note("opened", docid)
    return raw


def open_document(ctx: Context, docid: str, rev: str | None = None) -> Document:
    """The document, or one of its revisions. Raises NotFound."""
    raw = fetch(ctx, docid)
    if rev is None or rev == raw["_rev"]:
        return ctx.document(raw)
    try:
        older = ctx.reading.get(docid, rev=rev)
    except (Missing, BadRequest) as error:
        raise NotFound from error
    if older.get("_deleted") or not ctx.may_read([older]):
        raise NotFound
    return ctx.document(older)


def open_many(ctx: Context, ids: Sequence[str]) -> dict[str, Document]:
    """Those of the documents that are there and may be read, by id, in the order asked for."""
    wanted = tuple(docid for docid in ids if is_document_id(docid))
    if not wanted:
        return {}
    answer = ctx.reading.all_docs(ViewOptions(keys=wanted, include_docs=True, conflicts=True))
    found: dict[str, Document] = {}
    for row in answer["rows"]:
        raw = row.get("doc")
        if raw and ctx.may_read(live_branches(ctx, raw)):
            found[raw["_id"]] = ctx.document(raw)
    return found


def by_number(ctx: Context, number: str) -> str:
    """The id of the one document that has this number and may be read. Raises NotFound."""
    sets = ctx.office.reader_sets(ctx.name).readable(ctx)
    if not any(form.number for form in ctx.design.forms.values()):
        raise NotFound
    span = under((number,))
    found = {row["id"] for row in rows(ctx.reading, NUMBERS_VIEW, sets, span, wanted=2)}
    if len(found) != 1:
        raise NotFound
    return str(found.pop())


def any_winner(ctx: Context, docid: str) -> Raw | None:
    """The winner, be it live or the stub of a deleted document; None where there never was one.

    Not for people's eyes.
    """
    try:
        answers = ctx.reading.open_revs(docid, "all")
    except Missing:
        return None
    leaves = [answer["ok"] for answer in answers if "ok" in answer]
    return max(leaves, key=_order, default=None)


def _order(raw: Raw) -> tuple[bool, int, str]:
    return not raw.get("_deleted"), *revisions.sort_key(raw["_rev"])
