"""What a notice says, in the receiver's language, before it becomes a mail or a memo."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Link:
    """A document of Divan: its title and the path of its page (`/tracking/deal:…`)."""

    title: str
    path: str


@dataclass(frozen=True)
class Entry:
    """One document of a digest: what it is and why the person is told of it."""

    link: Link
    byline: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Event:
    """An appointment, for calendars. Times are aware."""

    summary: str
    start: datetime
    end: datetime | None = None
    place: str = ""


@dataclass(frozen=True)
class Content:
    """All of it plain text in the receiver's language; `quote` is what somebody wrote.

    `sender` is a stable id, `sender_title` the name that people see.
    """

    kind: str
    subject: str
    lead: str
    sender: str
    sender_title: str = ""
    quote: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    entries: tuple[Entry, ...] = ()
    link: Link | None = None
    event: Event | None = None
    footer: str = ""
    database: str = ""
    document: str = ""
