"""How far a handover is: counts by kind, what stayed and why. A part of its document's page."""

from collections.abc import Iterator
from dataclasses import dataclass

from flask import url_for

from plugin import HANDOVER_ENDED, HANDOVERS, Document, NotFound
from views.language import _, current_formats
from views.renderers import address
from views.shell import documents, shell

TOLD = frozenset(
    (
        *("kinds", "left_out", "task", "position", "planned", "moved", "stayed"),
        *("returned", "unreturned", "problems"),
    )
)
"""Items of a handover that this part of the page tells."""


@dataclass(frozen=True)
class Line:
    """One kind of documents: so many were to go, went, stayed, came back, did not come back."""

    title: str
    counts: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Stayed:
    """A document that stayed where it was. Without address where it may not be opened."""

    title: str
    url: str
    reason: str


@dataclass(frozen=True)
class Progress:
    """`done` of `whole` documents were looked at."""

    running: bool
    text: str
    done: int
    whole: int
    url: str
    headings: tuple[str, ...]
    lines: tuple[Line, ...]
    stayed: tuple[Stayed, ...]


def progress_of(doc: Document) -> Progress | None:
    """How far a handover is; None for other documents and one that was not begun."""
    if doc.database != HANDOVERS or doc.form != "handover" or doc.get("state") == "draft":
        return None
    whole, done = sum(doc.get("planned") or ()), doc.get("position") or 0
    number = current_formats().number
    columns = _columns(doc)
    return Progress(
        running=doc.get("state") not in HANDOVER_ENDED,
        text=_("{done} of {whole} documents", done=number(done), whole=number(whole))
        if whole
        else "",
        done=done,
        whole=whole,
        url=url_for("handover.progress", database=doc.database, docid=doc.id),
        headings=tuple(heading for heading, _counts in columns),
        lines=tuple(
            Line(_title(kind), tuple((heading, number(of[at])) for heading, of in columns))
            for at, kind in enumerate(doc.get("kinds") or ())
            if whole
        ),
        stayed=tuple(map(_stayed, doc.get("problems") or ())),
    )


def _columns(doc: Document) -> list[tuple[str, list[int]]]:
    """The headings and counts that there are by now."""
    columns = (
        (_("To hand over"), "planned"),
        (_("Handed over"), "moved"),
        (_("Stayed"), "stayed"),
        (_("Taken back"), "returned"),
        (_("Not taken back"), "unreturned"),
    )
    return [(heading, doc.get(item)) for heading, item in columns if doc.get(item)]


def _title(kind: str) -> str:
    holding = shell().office.holdings.get(kind)
    return _(holding.title) if holding else kind


def _stayed(problem: str) -> Stayed:
    """What stands in the document as `reason database/id`."""
    reason, _blank, place = problem.partition(" ")
    database, _slash, docid = place.partition("/")
    why = _reasons().get(reason, "")
    try:
        found = documents(database).open(docid)
    except NotFound:
        return Stayed(_("not open to you"), "", why)
    return Stayed(found.title, address(database, docid), why)


def _reasons() -> dict[str, str]:
    return {
        "gone": _("It was deleted, or is no longer open to who handed over."),
        "changed": _("Somebody changed its owner meanwhile."),
        "invalid": _("The form asks for something that is missing in it."),
        "refused": _("Who handed over may not do it."),
    }


@dataclass(frozen=True)
class Handed:
    """What one handover did to a document."""

    former: str
    new: str
    by: str
    at: str
    undone: bool


def history_of(doc: Document) -> Iterator[Handed]:
    """All that handovers did to a document, in order."""
    for line in doc.raw.get("handovers") or ():
        former, new, by, at = (str(line.get(key, "")) for key in ("from", "to", "by", "at"))
        yield Handed(former, new, by, at, line.get("undone") is True)
