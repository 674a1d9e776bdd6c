"""Replies follow their topic: who may read it, its subject and category."""

from plugin import Agent, NotFound, Raw, Session

FOLLOWED = frozenset({"for", "subject", "category"})
"""Items that replies depend on; `changed` of a new topic names none of them."""


def refresh_replies(session: Session, topic: Raw) -> None:
    """Compute the replies of a changed topic anew, so that a topic that is restricted afterwards
    does not stay readable by its answers."""
    if not FOLLOWED & set(topic.get("changed") or ()):
        return
    try:
        session.database("forum").refresh_responses(topic["_id"])
    except NotFound:
        return  # deleted meanwhile


FOLLOW_TOPICS = Agent(
    name="replies-follow-topics", database="forum", forms=frozenset({"topic"}), run=refresh_replies
)
