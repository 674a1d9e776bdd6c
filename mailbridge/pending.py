"""Which notices are still to be sent, found from the outbox's changes and no index."""

from datetime import UTC, datetime
from typing import Any

from mailbridge.states import OPEN, WayState
from plugin import Checkpoint, Outbox, all_changes, parse_stamp

CHECKPOINT = "bridge"
_AT_ONCE = datetime.min.replace(tzinfo=UTC)


class Pending:
    """The open notices and when each is due.

    The checkpoint holds the sequence that was read up to and the ids that were open then, so that a
    start reads what is new and no more. States stand in the notices alone.
    """

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._checkpoint = Checkpoint(outbox.db, CHECKPOINT)
        self._due: dict[str, datetime] = {}
        self._saved: dict[str, Any] | None = None

    def refresh(self) -> None:
        """Take in what changed since the last time."""
        if self._saved is None:
            self._saved = self._checkpoint.load()
            self._due = dict.fromkeys(self._saved.get("open", ()), _AT_ONCE)
        since = self._saved.get("seq", 0)
        for rows, last in all_changes(self._outbox.db, since):
            for row in rows:
                self._take(row)
            since = last
        state = {"seq": since, "open": list(self._due)}
        if state != self._saved:
            self._checkpoint.load()
            self._checkpoint.save(state)
            self._saved = state

    def due(self, now: datetime) -> list[str]:
        """The ids of the notices that are due, oldest first."""
        return [docid for docid, at in self._due.items() if at <= now]

    def moments(self) -> list[datetime]:
        return list(self._due.values())

    def note(self, doc: dict[str, Any], not_before: datetime | None = None) -> None:
        """Keep in mind how a notice stands after it was taken up."""
        if doc["state"] not in OPEN:
            self.forget(doc["_id"])
            return
        at = _next(doc)
        self._due[doc["_id"]] = max(at, not_before) if not_before else at

    def forget(self, docid: str) -> None:
        self._due.pop(docid, None)

    def _take(self, row: dict[str, Any]) -> None:
        doc = row.get("doc")
        if row.get("deleted") or doc is None or doc.get("state") not in OPEN:
            self.forget(row["id"])
        elif not row["id"].startswith("_design/") and "ways" in doc:
            self.note(doc)


def _next(doc: dict[str, Any]) -> datetime:
    """When the first of the open ways is due; at once where none was begun."""
    ways = [WayState.parse(value) for value in doc["ways"].values()]
    moments = [parse_stamp(way.next_at) if way.next_at else _AT_ONCE for way in ways if way.open]
    return min(moments, default=_AT_ONCE)
