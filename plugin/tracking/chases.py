"""Chase-ups 催办: a leader asks the owner of a deal how it stands, and gets an answer.

The document is the chase-up; notices to both sides follow from it, so one that was written on a
laptop goes out as soon as the laptop has synchronised.
"""

from collections.abc import Mapping
from typing import Any

from plugin import Agent, Documents, Message, NotFound, Raw, Refused, Session, notify

ROUNDS = 1000
FIXED = ("deal", "from", "to", "round", "sent_at")
QUESTION = ("text", "due")


def chase_deal(documents: Documents, deal: Raw, items: Mapping[str, Any]) -> Message:
    """Chase a deal's owner up in the name of the one who asks. Raises Refused."""
    session = documents.context.session
    leader = session.identity.name
    if deal.get("stage") in ("finished", "lost"):
        raise Refused("A deal that is finished or lost cannot be chased up.")
    if deal.get("owner") == leader:
        raise Refused("This deal is your own.")
    count = session.listing("tracking", "chases_by_deal").count([deal["_id"]])
    for round_ in range(count + 1, count + ROUNDS):
        chase = documents.create(
            "chase",
            {"deal": deal["_id"], "from": leader, "to": deal["owner"], "round": round_, **items},
            id=f"chase:{deal['_id'].partition(':')[2]}:{round_}",
        )
        if chase.get("from") == leader:
            break  # else somebody else chased at the same moment and has this round
    name = documents.context.name_of(deal["owner"])
    return Message("{name} has been chased up.", {"name": name})


def check_chase(documents: Documents, new: Raw, old: Raw | None) -> None:
    """Fill in who is chased, and when; afterwards neither changes, nor does the question by any
    other than who asked it. Raises Refused for one who does not lead the person chased."""
    session = documents.context.session
    if old is not None:
        asked = session.is_system or session.identity.name == old.get("from")
        for item in FIXED if asked else (*FIXED, *QUESTION):
            new[item] = old.get(item)
        return
    new.setdefault("sent_at", documents.context.now())
    if not new.get("to"):
        _take_owner(documents, new)
    if session.is_system:
        return
    new["from"] = session.identity.name
    leads = {f"leaders-of:{new.get('to')}", "[Leaders]"}
    if not leads & documents.context.names:
        raise Refused("Only a leader of {name} may do this.", name=new.get("to") or "?")


def _take_owner(documents: Documents, new: Raw) -> None:
    try:
        new["to"] = documents.open(new.get("deal") or "").get("owner")
    except NotFound:
        return  # the form's check says so, with the item


def send_notices(session: Session, chase: Raw) -> None:
    """Tell the person chased of an open chase-up, and the leader of its answer; each once."""
    key = chase["_id"].partition(":")[2]
    about = {"database": "tracking", "id": chase["_id"]}
    if chase.get("state") == "open":
        values = {"by": chase["from"], "text": chase.get("text", ""), "due": chase.get("due")}
        notify(session.office, kind="chase-up", key=key, to=chase["to"], about=about, values=values)
    elif chase.get("state") == "answered":
        values = {
            "subject": chase.get("deal_name", ""),
            "text": chase.get("answer", ""),
            "by": chase["to"],
        }
        notify(
            session.office,
            kind="chase-answer",
            key=key,
            to=chase["from"],
            about=about,
            values=values,
        )


CHASE_NOTICES = Agent(
    name="chase-notices", database="tracking", forms=frozenset({"chase"}), run=send_notices
)
