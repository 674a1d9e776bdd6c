"""What pages say of a laptop's replica: sizes, times, how a sync goes, what is kept."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for

from plugin import Now, Office, Subset, stamp
from views.language import _, current_formats
from views.shell import Crumb, shell

UNITS = ("kB", "MB", "GB")


@dataclass(frozen=True)
class Entry:
    """One database of the laptop as its page shows it."""

    name: str
    title: str
    kept: str
    documents: int
    size: str
    synced: str
    waiting: int
    conflicts: int
    refused: int
    review: int


def replica_crumb() -> Crumb:
    """The way back to the page of the replica."""
    return Crumb(_("Replica"), url_for("laptop.page"))


def entries(office: Office, facts: dict[str, Any]) -> list[Entry]:
    """The databases that are here, in the navigator's order."""
    order = {name: number for number, name in enumerate(office.databases())}
    found = sorted(facts["databases"], key=lambda one: (order.get(one["name"], 99), one["name"]))
    return [_entry(office, facts["keep"], one) for one in found]


def _entry(office: Office, keep: dict[str, Any] | None, facts: dict[str, Any]) -> Entry:
    name = facts["name"]
    if keep is None:
        kept = _("Everything")
    elif name in keep:
        kept = part_in_words(Subset.from_json(keep[name]))
    else:
        kept = _("Goes when everything is sent")
    return Entry(
        name,
        database_title(office, name),
        kept,
        facts["documents"],
        in_units(facts["bytes"]),
        current_formats().time(facts["synced_at"]) if facts["synced_at"] else "",
        len(facts["waiting"]),
        facts["conflicts"],
        len(facts["refused"]),
        len(facts["review"]),
    )


def database_title(office: Office, name: str) -> str:
    """What people call a database, also one that is not here yet."""
    owner = office.owner_of(name)
    return _(owner[1].title) if owner else name


def part_in_words(part: Subset) -> str:
    """What of a database is kept."""
    words = [_("what is mine")] if part.mine else []
    if part.months is not None:
        words.append(_("changed within {count} months", count=part.months))
    if not part.attachments:
        words.append(_("without attachments"))
    return ", ".join(words) if words else _("Everything")


def in_units(size: int) -> str:
    """Bytes as people read them."""
    amount = size / 1000
    for unit in UNITS[:-1]:
        if amount < 1000:
            return f"{current_formats().number(round(amount))} {unit}"
        amount /= 1000
    return f"{current_formats().number(round(amount, 1))} {UNITS[-1]}"


def happening(now: Now) -> str:
    """One line about the sync that runs, or about how the last one ended badly."""
    if not now.running:
        return _(now.problem) if now.problem else ""
    if not now.database:
        return _("Asking the office …")
    return _(
        "{database}: {count} documents received, {size} …",
        database=database_title(shell().office, now.database),
        count=current_formats().number(now.documents),
        size=in_units(now.size),
    )


def when(moment: datetime | None) -> str:
    """A moment in the person's own zone."""
    return current_formats().time(stamp(moment)) if moment else ""


def state_in_words(now: Now, whole_at: str) -> str:
    """What the top of every page says on a laptop."""
    if now.running:
        return _("Synchronising …")
    if not whole_at:
        return _("Not copied completely yet")
    time = current_formats().time(whole_at)
    if now.away:
        return _("Offline, last sync {time}", time=time)
    return _("Last sync {time}", time=time)
