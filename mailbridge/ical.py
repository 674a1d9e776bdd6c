"""An event as iCalendar text (RFC 5545), method PUBLISH: a calendar program offers to add it."""

from datetime import UTC, datetime

from mailbridge.content import Event

_ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": None})


def to_ical(event: Event, *, uid: str, at: datetime, url: str) -> str:
    """One VEVENT, lines folded at 75 octets and ended by CRLF. `at` is when the notice was made;
    the same `uid` replaces the event instead of adding a second one."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Divan//Mail bridge//EN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{_escape(uid)}",
        f"DTSTAMP:{_utc(at)}",
        f"DTSTART:{_utc(event.start)}",
        f"SUMMARY:{_escape(event.summary)}",
    ]
    if event.end and event.end > event.start:
        lines.append(f"DTEND:{_utc(event.end)}")
    if event.place:
        lines.append(f"LOCATION:{_escape(event.place)}")
    if url:
        lines.append(f"URL:{url}")
    lines += ["END:VEVENT", "END:VCALENDAR"]
    return "".join(f"{fold(line)}\r\n" for line in lines)


def fold(line: str) -> str:
    """A content line in pieces of at most 75 octets, no character cut in two (RFC 5545, 3.1)."""
    pieces: list[str] = []
    piece, length, room = "", 0, 75
    for character in line:
        size = len(character.encode())
        if length + size > room:
            pieces.append(piece)
            piece, length, room = "", 0, 74  # the space that begins a continuation counts
        piece += character
        length += size
    return "\r\n ".join([*pieces, piece])


def _escape(text: str) -> str:
    return text.translate(_ESCAPES)


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
