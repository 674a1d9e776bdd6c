"""What the form alone cannot say about activities."""

from plugin import Documents, Invalid, Message, NotFound, Raw


def check_activity(documents: Documents, new: Raw, old: Raw | None) -> None:
    """Take the customer from the deal, and whom to remind from the owner.

    Raises Invalid where the end lies before the beginning.
    """
    if new.get("deal"):
        _take_customer(documents, new)
    if new.get("remind_at") and not new.get("remind") and new.get("owner"):
        new["remind"] = [new["owner"]]
    starts, ends = new.get("starts"), new.get("ends")
    if isinstance(starts, str) and isinstance(ends, str) and ends < starts:
        raise Invalid({"ends": Message("The end lies before the beginning.")})


def _take_customer(documents: Documents, new: Raw) -> None:
    """A deal's activity is with the deal's customer, whoever writes it."""
    try:
        deal = documents.open(new["deal"])
    except NotFound:
        return  # the form's check says so, with the item
    if deal.get("customer"):
        new["customer"] = deal.get("customer")
