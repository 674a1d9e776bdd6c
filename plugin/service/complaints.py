"""Notices along the chain of a complaint: whoever has the next step is told."""

from plugin import Agent, Raw, Session, notify

NEXT = {
    "judged": "owner",
    "assigned": "responsible",
    "proposed": "decider",
    "decided": "responsible",
    "carried_out": "owner",
}
"""State → the item that names who has the next step."""


def send_step_notice(session: Session, complaint: Raw) -> None:
    """Tell the person whose step is next, once for each step taken, but not of their own step."""
    steps = complaint.get("steps") or []
    person = complaint.get(NEXT.get(str(complaint.get("state")), ""))
    if not steps or not person or steps[-1].get("by") == person:
        return
    notify(
        session.office,
        kind="complaint-step",
        key=f"{complaint['_id'].partition(':')[2]}:{len(steps)}",
        to=person,
        about={"database": "service", "id": complaint["_id"]},
        values={
            "subject": complaint.get("subject", ""),
            "text": complaint.get("return_reason", "") if _came_back(steps) else "",
            "by": steps[-1].get("by", ""),
        },
    )


def _came_back(steps: list[Raw]) -> bool:
    return str(steps[-1].get("step", "")).startswith("return")


COMPLAINT_NOTICES = Agent(
    name="complaint-notices",
    database="service",
    forms=frozenset({"complaint"}),
    run=send_step_notice,
)
