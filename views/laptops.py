"""For administrators: every laptop, its last sync, what waits there, and what it removed."""

from dataclasses import dataclass

from flask import Blueprint, render_template

from plugin import LaptopHealth, Removal, health
from views.language import _, current_formats
from views.renderers import name_of
from views.shell import session

blueprint = Blueprint("laptops", __name__)

TOLERATED = 120
"""Seconds by which a clock may be wrong without a word."""


@dataclass(frozen=True)
class Line:
    """One laptop as the page shows it."""

    person: str
    label: str
    reported: str
    state: str
    version: str
    skew: str
    kept: str
    counts: tuple[tuple[str, int], ...]
    documents: str
    size: str
    removals: tuple[tuple[str, bool], ...]


@blueprint.get("/laptops")
def page() -> str:
    """All laptops of the office."""
    lines = [_line(one) for one in health(session())]
    return render_template("laptops.html", title=_("Laptops"), lines=lines)


def _line(one: LaptopHealth) -> Line:
    formats = current_formats()
    counts = (
        (_("To send"), one.sum_of("waiting")),
        (_("Refused"), one.sum_of("refused")),
        (_("Kept for review"), one.sum_of("review")),
        (_("Conflicts"), one.sum_of("conflicts")),
    )
    return Line(
        person=name_of(one.token.name),
        label=one.token.label or one.token.kind,
        reported=formats.time(one.reported_at) if one.reported_at else _("never"),
        state=_state(one),
        version=one.version,
        skew=_skew(one.skew),
        kept=_("A part only") if one.keep else _("Everything"),
        counts=counts,
        documents=formats.number(one.sum_of("documents")),
        size=_("{size} MB", size=formats.number(round(one.sum_of("bytes") / 1e6, 1))),
        removals=tuple((_removal(removal), bool(removal.acknowledged_at)) for removal in
                       reversed(one.removals)),
    )  # fmt: skip


def _state(one: LaptopHealth) -> str:
    if not one.token.revoked_at:
        return ""
    if one.told_over_at:
        return _("Access ended; emptied {time}", time=current_formats().time(one.told_over_at))
    return _("Access ended; the laptop does not know yet")


def _skew(seconds: int) -> str:
    if abs(seconds) <= TOLERATED:
        return ""
    minutes = current_formats().number(round(abs(seconds) / 60))
    if seconds > 0:
        return _("Its clock is {minutes} minutes ahead", minutes=minutes)
    return _("Its clock is {minutes} minutes behind", minutes=minutes)


def _removal(removal: Removal) -> str:
    database, count = removal.database, removal.count
    if removal.acknowledged_at:
        time = current_formats().time(removal.acknowledged_at)
        return _(
            "{database}: removed {removed} documents, acknowledged {time}",
            database=database, removed=removal.removed, time=time,
        )  # fmt: skip
    return _("{database}: {count} documents to remove, not acknowledged", database=database,
             count=count)  # fmt: skip
