"""Contacts follow their customer: its name, its owner and who may read it."""

from plugin import Agent, Raw, Session, every_row

FOLLOWED = frozenset({"name", "owner", "team"})
"""Items on which contacts depend; `changed` of a new customer names none of them."""


def refresh_contacts(session: Session, customer: Raw) -> None:
    """Compute the contacts of a changed customer anew; those that come out equal stay."""
    if not FOLLOWED & set(customer.get("changed") or ()):
        return
    documents = session.database("customers")
    for row in list(every_row(session, "customers", "contacts_by_customer", [customer["_id"]])):
        documents.refresh(row.id)


CONTACTS_FOLLOW = Agent(
    name="contacts-follow-customers",
    database="customers",
    forms=frozenset({"customer"}),
    run=refresh_contacts,
)
