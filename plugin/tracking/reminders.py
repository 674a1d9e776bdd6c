"""Appointment reminders 预约提示: at the time named, once for each person and each time."""

import logging
from datetime import datetime

from plugin import DivanError, Document, Documents, Scheduled, Session, notify, stamp

EVERY = 2.0
"""Seconds between two looks at what is due."""
AT_ONCE = 500

log = logging.getLogger(__name__)


def send_reminders(session: Session, now: datetime) -> None:
    """Put the reminders that are due into the outbox and mark their activities.

    The notice's id holds the time it was set for: the same time is never announced twice, a new
    time is announced anew. The mark comes last, so that a crash in between loses nothing.
    """
    due = session.listing("tracking", "reminders_by_due").between([], [stamp(now)], limit=AT_ONCE)
    documents = session.database("tracking")
    for row in due:
        try:
            _remind_all(session, documents, row.document)
        except DivanError:  # the next ones must not wait for this one; it is tried again
            log.exception("no reminder for %s", row.id)


def _remind_all(session: Session, documents: Documents, activity: Document) -> None:
    for person in activity.get("remind") or [activity.get("owner")]:
        _remind(session, activity, person)
    documents.save(activity.id, activity.rev, {"reminded_for": activity.get("remind_at")})


def _remind(session: Session, activity: Document, person: str) -> None:
    values = {
        "subject": activity.get("subject"),
        "at": activity.get("starts"),
        "ends": activity.get("ends"),
        "place": activity.get("place"),
        "text": activity.get("next_step"),
    }
    notify(
        session.office,
        kind="reminder",
        key=f"{activity.id.partition(':')[2]}.{activity.get('remind_at')}",
        to=person,
        about={"database": "tracking", "id": activity.id},
        values={name: value for name, value in values.items() if value},
    )


REMINDERS = Scheduled(name="appointment-reminders", every=EVERY, run=send_reminders)
