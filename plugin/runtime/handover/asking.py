"""Asking for a handover: who may, what would go with it, and the document that asks.

Who may stands in the form alone, as `who` of the step `start`: there a company changes it, and the
store checks it there for laptops too.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from acl import Decision
from plugin.runtime.context import told
from plugin.runtime.door.document import Document
from plugin.runtime.door.handing import holders
from plugin.runtime.door.moving import refusal
from plugin.runtime.errors import NotFound, Refused
from plugin.runtime.handover.held import Share, going_with, holding_of, place, portfolio
from plugin.runtime.messages import Message
from plugin.runtime.people.directory import PERSON, SETTINGS
from plugin.runtime.session import Session

DATABASE = "tracking"
FORM = "handover"


@dataclass(frozen=True)
class Asked:
    """What somebody looks at before a handover: whose work, one document or all, and what goes
    along, by kind."""

    former: str
    about: Document | None
    shares: tuple[Share, ...]


def may_hand_over(session: Session, former: str) -> Message | None:
    """Why this identity may not hand over a person's work; None where it may."""
    try:
        context = session.context(DATABASE)
    except NotFound as error:
        return error.message
    form = context.form(FORM)
    decision: Decision = context.may_create(form)
    if not decision:
        return told(decision.reason)
    return refusal(context, form, "start", {"form": FORM, "from": former})


def work_of(session: Session, former: str) -> Asked:
    """All that a person has in hand. Raises Refused for who may not hand it over."""
    _demand(session, former)
    if session.office.directory.person(former) is None:
        raise NotFound("There is no person {name}.", name=former)
    return Asked(former, None, tuple(portfolio(session, former)))


def work_with(session: Session, doc: Document) -> Asked:
    """One document and what goes along with it. Raises NotFound for what nobody has in hand, and
    Refused."""
    former = holder_of(session, doc)
    if former is None:
        raise NotFound("This document cannot be handed over: nobody has it in hand.")
    _demand(session, former)
    return Asked(former, doc, tuple(going_with(session, doc, former)))


def holder_of(session: Session, doc: Document) -> str | None:
    """Whose work is handed over from this document's page: of several who have it in hand the one
    who asks, else the first; the person of a person's document; None where there is none."""
    if doc.database == SETTINGS and doc.id.startswith(PERSON):
        return doc.id.removeprefix(PERSON)
    holding = holding_of(session.office, doc)
    if holding is None:
        return None
    found = holders(holding, doc.raw)
    me = session.identity.name
    return me if me in found else found[0]


def begin_handover(
    session: Session,
    asked: Asked,
    new: str | None,
    kinds: Sequence[str],
    going: set[str],
    note: str,
) -> Document:
    """Write the handover and take its first step; the office carries it out.

    `kinds` are those chosen, `going` the documents (`database/id`) that go along with the one it is
    about. Raises Refused and Invalid.
    """
    _demand(session, asked.former)
    documents = session.database(DATABASE)
    items = {"from": asked.former, "to": new, "note": note, "kinds": list(kinds)}
    if asked.about:
        items |= {"about_database": asked.about.database, "about_id": asked.about.id}
        going = going | {place(asked.about)}
        everything = [place(doc) for share in asked.shares for doc in share.documents]
        items["left_out"] = [one for one in everything if one not in going]
    made = documents.create(FORM, items)
    return documents.transition(made.id, made.rev, "start")


def _demand(session: Session, former: str) -> None:
    reason = may_hand_over(session, former)
    if reason:
        raise Refused(reason)
