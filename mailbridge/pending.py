"""Which notices a way still has to deliver, found from the outbox's changes and no index."""

from datetime import UTC, datetime
from typing import Any

from mailbridge.states import OPEN, WayState
from plugin import Checkpoint, Outbox, all_changes, parse_stamp

_AT_ONCE = datetime.min.replace(tzinfo=UTC)


class Pending:
    """The notices that are open for one way, and when each is due.

    The checkpoint holds the sequence that was read up to and the ids that were open then, so that a
    start reads what is new and no more. States stand in the notices alone.
    """

    def __init__(self, outbox: Outbox, way: str) -> None:
        self._outbox = outbox
        self._way = way
        self._checkpoint = Checkpoint(outbox.db, f"bridge-{way}")
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

    def note(self, doc: dict[str, Any]) -> None:
        """Keep in mind how a notice stands."""
        state = WayState.parse(doc["ways"].get(self._way, {}))
        if doc["state"] not in OPEN or not state.open:
            self.forget(doc["_id"])
        else:
            self._due[doc["_id"]] = parse_stamp(state.next_at) if state.next_at else _AT_ONCE

    def postpone(self, docid: str, until: datetime) -> None:
        """Leave a notice alone until then, without writing anything."""
        self._due[docid] = until

    def forget(self, docid: str) -> None:
        self._due.pop(docid, None)

    def _take(self, row: dict[str, Any]) -> None:
        doc = row.get("doc")
        if row.get("deleted") or doc is None or "ways" not in doc:
            self.forget(row["id"])
        else:
            self.note(doc)
