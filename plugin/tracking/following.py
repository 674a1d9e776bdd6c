"""What follows from a change: a deal shows its last and next contact, and what hangs on a deal or
an order follows the items that it holds copies of."""

from plugin import Agent, NotFound, Raw, Session, day_in, parse_stamp

FOLLOWED = {
    "deal": frozenset({"name", "owner", "customer", "customer_name"}),
    "order": frozenset({"number", "owner", "team", "customer", "customer_name"}),
}
"""Items that responses hold copies of, by form; `changed` of a new document names none of them."""


def show_contacts(session: Session, activity: Raw) -> None:
    """Write the days of the last and the next contact into the deal of a changed activity."""
    if not activity.get("deal"):
        return
    documents = session.database("tracking")
    try:
        deal = documents.open(activity["deal"])
    except NotFound:
        return  # deleted meanwhile
    days: dict[str, list[str]] = {"done": [], "planned": [], "cancelled": []}
    for row in session.listing("tracking", "activities_by_deal").all_rows([deal.id]):
        day = day_in(parse_stamp(row.items["starts"]), session.time_zone).isoformat()
        days[row.items.get("state", "planned")].append(day)
    contacts = {
        "last_contact_on": max(days["done"], default=None),
        "next_contact_on": min(days["planned"], default=None),
    }
    documents.save(deal.id, deal.rev, contacts)


def refresh_responses(session: Session, doc: Raw) -> None:
    """Compute the responses of a changed deal or order anew; equal ones are not written."""
    if FOLLOWED[doc["form"]] & set(doc.get("changed") or ()):
        session.database("tracking").refresh_responses(doc["_id"])


SHOW_CONTACTS = Agent(
    name="deals-show-contacts",
    database="tracking",
    forms=frozenset({"activity"}),
    run=show_contacts,
)
FOLLOW_DEALS = Agent(
    name="responses-follow-deals",
    database="tracking",
    forms=frozenset(FOLLOWED),
    run=refresh_responses,
)
