"""Handover 业务移交: what goes along of this module, and what the form alone cannot say.

Who may hand over stands in the form, as `who` of the step `start`.
"""

from plugin import Condition, Documents, Holding, Invalid, Level, Message, Raw

DEALS = Holding(
    name="deals",
    title="Open deals",
    database="tracking",
    form="deal",
    listing="deals_by_owner",
    items=("owner",),
    also=("team",),
    when=Condition("stage", ("tracking", "won")),
)
ACTIVITIES = Holding(
    name="activities",
    title="Planned activities",
    database="tracking",
    form="activity",
    listing="activities_by_owner",
    items=("owner",),
    also=("participants", "remind"),
    when=Condition("state", ("planned",)),
)
ORDERS = Holding(
    name="orders",
    title="Open orders",
    database="tracking",
    form="order",
    listing="orders_by_owner",
    items=("owner",),
    also=("team",),
    when=Condition("state", ("draft", "confirmed", "delivered")),
)
"""Deliveries and payments follow their order."""


def check_handover(documents: Documents, new: Raw, old: Raw | None) -> None:
    """Raises Invalid where the new owner cannot take the work over, or nothing is called so."""
    if old is not None and old.get("state", "draft") != "draft":
        return  # it was asked for: what follows is how far it is
    office = documents.context.office
    unknown = [kind for kind in new.get("kinds") or () if kind not in office.holdings]
    if unknown:
        values = {"kind": unknown[0], "known": ", ".join(office.holdings)}
        text = Message("Nothing is called {kind}. What can be handed over: {known}.", values)
        raise Invalid({"kinds": text})
    problem = _problem(documents, new)
    if problem:
        raise Invalid({"to": problem})


def _problem(documents: Documents, new: Raw) -> Message | None:
    """Why the new owner cannot take it over."""
    office, name = documents.context.office, new.get("to")
    person = office.directory.person(name) if isinstance(name, str) else None
    if person is None:
        return None  # the form's check says so
    about = {"name": documents.context.name_of(person.name)}
    if person.name == new.get("from"):
        return Message("This is the former owner. Please choose somebody else.")
    if not person.active:
        return Message("{name} has left the company.", about)
    everywhere = documents.context.session.as_server()
    for kind in new.get("kinds") or ():
        database = office.holdings[kind].database
        if everywhere.database(database).effective(person.name).access.level < Level.AUTHOR:
            return Message(
                "{name} may not work in {database}: the access control list has to allow it first.",
                {**about, "database": database},
            )
    return None
