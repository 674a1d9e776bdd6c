"""What follows from a change: a deal shows its last and next contact, activities follow their deal,
deals and activities follow their customer's name."""

from plugin import Agent, NotFound, Raw, Session, every_row

OF_DEAL = frozenset({"name", "owner", "customer"})
OF_CUSTOMER = frozenset({"name", "region", "industry"})
"""Items that other documents hold copies of; `changed` of a new document names none of them."""


def show_progress(session: Session, activity: Raw) -> None:
    """Write the days of the last and the next contact into the deal of a changed activity."""
    if not activity.get("deal"):
        return
    documents = session.database("tracking")
    try:
        deal = documents.open(activity["deal"])
    except NotFound:
        return  # the deal was deleted meanwhile
    done, planned = [], []
    for row in every_row(session, "tracking", "activities_by_deal", [deal.id]):
        day = str(row.items.get("starts", ""))[:10]
        state = row.items.get("state")
        if state == "done":
            done.append(day)
        elif state == "planned":
            planned.append(day)
    contacts = {
        "last_contact_on": max(done, default=None),
        "next_contact_on": min(planned, default=None),
    }
    documents.save(deal.id, deal.rev, contacts)


def refresh_activities(session: Session, deal: Raw) -> None:
    """Compute the activities of a changed deal anew: its name, its owner, who may read them."""
    if OF_DEAL & set(deal.get("changed") or ()):
        _refresh_all(session, deal, "activities_by_deal")


def refresh_deals(session: Session, customer: Raw) -> None:
    """Compute deals and activities of a changed customer anew: name, region, industry."""
    if OF_CUSTOMER & set(customer.get("changed") or ()):
        _refresh_all(session, customer, "deals_by_customer")
        _refresh_all(session, customer, "activities_by_customer")


def _refresh_all(session: Session, parent: Raw, listing: str) -> None:
    documents = session.database("tracking")
    for row in list(every_row(session, "tracking", listing, [parent["_id"]])):
        documents.refresh(row.id)


DEAL_PROGRESS = Agent(
    name="deals-show-contacts",
    database="tracking",
    forms=frozenset({"activity"}),
    run=show_progress,
)
DEAL_FOLLOWED = Agent(
    name="activities-follow-deals",
    database="tracking",
    forms=frozenset({"deal"}),
    run=refresh_activities,
)
CUSTOMER_FOLLOWED = Agent(
    name="deals-follow-customers",
    database="customers",
    forms=frozenset({"customer"}),
    run=refresh_deals,
)
