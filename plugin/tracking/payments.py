"""Payments 付款 of orders: how one stands, and reminders 收款提醒 before it is due and after.

Who is told, and when: the owner before the day; the owner when it has passed; once, some days
later, the leader above. `noticed` says what was told last, for which day; another day is told anew.
"""

import logging
from datetime import date, datetime, timedelta
from typing import Any

from plugin import (
    DivanError,
    Document,
    Documents,
    Invalid,
    Message,
    NotFound,
    Raw,
    Scheduled,
    Session,
    day_in,
    notify,
)

WARNED_BEFORE = timedelta(days=7)
ESCALATED_AFTER = timedelta(days=7)
EVERY = 60.0
"""Seconds between two looks at what is due."""
AT_ONCE = 500

log = logging.getLogger(__name__)


def office_day(session: Session) -> date:
    """Today at the office: a payment is overdue for everybody at the same moment."""
    return day_in(session.office.clock(), session.office.settings.time_zone)


def check_payment(documents: Documents, new: Raw, old: Raw | None) -> None:
    """Write how the payment stands. A payment stays with its order, and in its currency: Invalid
    is raised where it is in another."""
    if old is not None:
        new["order"] = old.get("order")
    _check_currency(documents, new)
    for item, value in standing(new, office_day(documents.context.session)).items():
        if value is None:
            new.pop(item, None)
        else:
            new[item] = value


def _check_currency(documents: Documents, new: Raw) -> None:
    try:
        total = documents.open(new.get("order") or "").get("total")
    except NotFound:
        return  # the form's check says so, with the item
    for item in ("amount", "received"):
        money = new.get(item)
        if total and isinstance(money, dict) and money.get("currency") != total["currency"]:
            raise Invalid({item: Message("The order is in another currency.")})


def standing(payment: Raw, today: date) -> dict[str, Any]:
    """The items that follow from state, day and what was told: how it stands, what is open of it,
    and when somebody is to be told next."""
    state = payment.get("state") or "planned"
    due = _day(payment.get("due"))
    if state != "planned" or due is None:
        return {"standing": state if state != "planned" else None, "open": None, "notice_on": None}
    told = payment.get("noticed") if payment.get("noticed_for") == payment["due"] else None
    next_on = {
        None: due - WARNED_BEFORE,
        "due": due + timedelta(days=1),
        "overdue": due + ESCALATED_AFTER + timedelta(days=1),
    }.get(told)
    return {
        "standing": "overdue" if due < today else "due",
        "open": payment.get("amount"),
        "notice_on": next_on.isoformat() if next_on else None,
    }


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None  # the form's check says so


def send_payment_reminders(session: Session, now: datetime) -> None:
    """Tell of the payments whose day for it has come, and mark them; each once for its day.

    The mark comes last, so that a crash in between loses nothing: the notices have ids.
    """
    today = office_day(session)
    listing = session.listing("tracking", "payments_by_notice")
    for row in listing.between([], [today.isoformat()], limit=AT_ONCE):
        try:
            _tell(session, row.document, today)
        except DivanError:  # the next ones must not wait for this one; it is tried again
            log.exception("no reminder of %s", row.id)


def _tell(session: Session, payment: Document, today: date) -> None:
    owner, due = payment.get("owner"), date.fromisoformat(payment.get("due"))
    stage = "due"
    if due < today:
        stage = "escalated" if due + ESCALATED_AFTER < today else "overdue"
    if owner:
        _notify(session, payment, "payment-due" if stage == "due" else "payment-overdue", owner)
    if owner and stage == "escalated":
        person = session.office.directory.person(owner)
        if person is not None and person.manager:
            _notify(session, payment, "payment-escalated", person.manager)
    marks = {"noticed": stage, "noticed_for": payment.get("due")}
    session.database("tracking").save(payment.id, payment.rev, marks)


def _notify(session: Session, payment: Document, kind: str, person: str) -> None:
    money = payment.get("amount")
    values = {
        "subject": payment.title,
        "due": payment.get("due"),
        "amount": f"{money['amount']} {money['currency']}",
        "customer": payment.get("customer_name"),
        "owner": payment.get("owner"),
    }
    notify(
        session.office,
        kind=kind,
        key=f"{payment.id.partition(':')[2]}.{payment.get('due')}",
        to=person,
        about={"database": "tracking", "id": payment.id},
        values={name: value for name, value in values.items() if value},
    )


PAYMENT_REMINDERS = Scheduled(name="payment-reminders", every=EVERY, run=send_payment_reminders)
