"""What belongs to a customer follows it: its name and region, its owner and who may read it."""

from plugin import Agent, Raw, Session

FOLLOWED = frozenset({"name", "region", "industry", "owner", "team"})
"""Items on which other documents depend; `changed` of a new customer names none of them."""


def refresh_responses(session: Session, customer: Raw) -> None:
    """Compute contacts, deals, activities and complaints of a changed customer anew.

    Those that come out equal are not written.
    """
    if FOLLOWED & set(customer.get("changed") or ()):
        session.database("customers").refresh_responses(customer["_id"])


FOLLOW_CUSTOMERS = Agent(
    name="responses-follow-customers",
    database="customers",
    forms=frozenset({"customer"}),
    run=refresh_responses,
)
