"""What the form alone cannot say about customers and contacts."""

import re

from plugin import Documents, Invalid, Message, Raw

MAIL = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+")


def check_customer(documents: Documents, new: Raw, old: Raw | None) -> None:
    """Raises Invalid for a company above itself and for what is no mail address."""
    problems = mail_problem(new, old)
    if new.get("parent") and new["parent"] == new["_id"]:
        problems["parent"] = Message("A company cannot be its own parent company.")
    if problems:
        raise Invalid(problems)


def check_contact(documents: Documents, new: Raw, old: Raw | None) -> None:
    """Raises Invalid for what is no mail address."""
    problems = mail_problem(new, old)
    if problems:
        raise Invalid(problems)


def mail_problem(new: Raw, old: Raw | None) -> dict[str, Message]:
    """The problem of a changed item `mail`, by its name; empty where there is none."""
    mail = new.get("mail")
    if not isinstance(mail, str) or not mail or MAIL.fullmatch(mail):
        return {}
    if old is not None and old.get("mail") == mail:
        return {}
    return {"mail": Message("This is not a mail address.")}
