"""Whether a laptop keeps a document: the same decision at the office and on the laptop. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from acl import ACL_ID
from plugin.runtime.errors import BadInput
from plugin.runtime.listings.anchors import Anchors, anchors_of, day_of
from plugin.runtime.replica.subset import FILTER, Subset
from store.errors import BadRequest
from store.types import ChangesOptions, Doc


@dataclass(frozen=True)
class Keeping:
    """What a choice comes to at the moment. `anchors` are those of which a document needs one, None
    where it needs none; `since` is the first day on which it may have been changed last, or ""."""

    table: Anchors
    anchors: frozenset[str] | None = None
    since: str = ""

    def keeps(self, doc: Mapping[str, Any]) -> bool:
        """Always what every replica needs: list, designs, and deletions, which carry no items."""
        docid = str(doc["_id"])
        if docid == ACL_ID or docid.startswith("_design/") or doc.get("_deleted"):
            return True
        if self.since and day_of(doc) < self.since:
            return False
        return self.anchors is None or not self.anchors.isdisjoint(anchors_of(self.table, doc))


def first_day(now: datetime, months: int | None) -> str:
    """The first day of the month so many months ago; "" for no limit. By months, so that what a
    laptop keeps does not change from day to day."""
    if months is None:
        return ""
    month = now.year * 12 + now.month - 1 - months
    return f"{month // 12:04}-{month % 12 + 1:02}-01"


def chosen(
    options: ChangesOptions, keeping: Callable[[Subset], Keeping]
) -> tuple[ChangesOptions, Callable[[Doc], bool]]:
    """What is asked of the store for changes of a part, and what of them is told; all where no part
    is asked for. Raises the store's BadRequest."""
    if options.filter != FILTER:
        return options, lambda doc: True
    try:
        part = keeping(Subset.from_query(options.query))
    except BadInput as error:
        raise BadRequest(str(error)) from error
    return replace(options, filter=None, query={}), part.keeps
