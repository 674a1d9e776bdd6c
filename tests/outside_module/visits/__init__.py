"""Visitors of the company: who comes, to whom, and that the host is told of the arrival.

A module outside Divan's repository would look like this. It imports from `plugin` alone.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from plugin import (
    Acl,
    Agent,
    Condition,
    DatabaseSpec,
    Documents,
    Entry,
    EntryType,
    FormCode,
    Holding,
    Invalid,
    Level,
    Message,
    Module,
    Privilege,
    Raw,
    Session,
    notify,
    translate,
)

HERE = Path(__file__).resolve().parent
SATURDAY = 5

ACL = Acl(
    entries=(
        Entry("-Default-", EntryType.UNSPECIFIED, Level.NO_ACCESS),
        Entry(
            "administrators",
            EntryType.GROUP,
            Level.MANAGER,
            frozenset({Privilege.DELETE}),
            frozenset({"[Admin]", "[Reception]"}),
        ),
        Entry("divan-server", EntryType.SERVER, Level.MANAGER),
        Entry("all-staff", EntryType.GROUP, Level.AUTHOR, frozenset({Privilege.CREATE})),
    ),
    roles=("[Admin]", "[Reception]"),
)


def give_badge(documents: Documents, new: Raw, old: Raw | None) -> None:
    """Compute the badge, and refuse days on which nobody is at the reception."""
    try:
        day = date.fromisoformat(new["day"])
        initials = "".join(word[0] for word in str(new["visitor"]).split()).upper()
    except (KeyError, TypeError, ValueError):
        return  # the form's check, which comes after this, says what is missing or wrong
    if day.weekday() >= SATURDAY:
        raise Invalid({"day": Message("Nobody is at the reception on that day.")})
    new["badge"] = f"{initials}-{day:%m%d}"


def postpone(documents: Documents, visit: Raw, items: Mapping[str, Any]) -> Message:
    """The button: a week later."""
    day = date.fromisoformat(visit["day"]) + timedelta(days=7)
    documents.save(visit["_id"], visit["_rev"], {"day": day.isoformat()})
    return Message("{visitor} comes a week later.", {"visitor": visit["visitor"]})


def announce(session: Session, visit: Raw) -> None:
    """Tell the host of the arrival, once: the notice's id is made of the visit."""
    if visit.get("state") != "arrived":
        return
    host = session.office.directory.person(visit["host"])
    language = host.language if host else ""
    text = Message("{visitor} has arrived.", {"visitor": visit["visitor"]})
    notify(
        session.office,
        kind="visit",
        key=visit["_id"].partition(":")[2],
        to=visit["host"],
        about={"database": "visits", "id": visit["_id"]},
        values={"subject": translate(text, language or session.office.settings.language)},
    )


EXPECTED = Holding(
    name="visits",
    title="Expected visits",
    database="visits",
    form="visit",
    listing="visits_by_host",
    items=("host",),
    when=Condition("state", ("expected",)),
)

module = Module(
    name="visits",
    title="Visits",
    order=70,
    icon="person-badge",
    databases=(DatabaseSpec("visits", "Visits", HERE / "design", ACL),),
    forms={"visit": FormCode(give_badge)},
    actions={"visit.postpone": postpone},
    agents=(Agent("visit-arrivals", "visits", frozenset({"visit"}), announce),),
    holdings=(EXPECTED,),
    translations=HERE / "translations",
)
