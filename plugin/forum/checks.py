"""What the form alone cannot say about topics, replies and interest profiles."""

from plugin import Documents, Invalid, Message, NotFound, Raw


def check_topic(documents: Documents, new: Raw, old: Raw | None) -> None:
    """The author is who writes, whatever was typed, and stays so."""
    _keep_author(documents, new, old)


def check_reply(documents: Documents, new: Raw, old: Raw | None) -> None:
    """As for topics. A reply to a reply belongs to that one's topic; raises Invalid else."""
    _keep_author(documents, new, old)
    if not new.get("answers"):
        return
    try:
        answered = documents.open(new["answers"])
    except NotFound:
        return  # the form's check says so, with the item
    new.setdefault("topic", answered.get("topic"))
    if answered.get("topic") != new["topic"]:
        raise Invalid({"answers": Message("This reply belongs to another topic.")})


def check_interest(documents: Documents, new: Raw, old: Raw | None) -> None:
    """A profile is its person's own, and the only one. Raises Invalid for a second one."""
    session = documents.context.session
    if not session.is_system:
        new["person"] = old["person"] if old else session.identity.name
    profiles = session.listing("forum", "interests_by_person").all_rows([new.get("person")])
    if any(profile.id != new["_id"] for profile in profiles):
        raise Invalid({"person": Message("There is an interest profile already. Change that one.")})


def _keep_author(documents: Documents, new: Raw, old: Raw | None) -> None:
    session = documents.context.session
    if old is not None:
        new["author"], new["written"] = old.get("author"), old.get("written")
    elif not session.is_system:
        new["author"], new["written"] = session.identity.name, documents.context.now()
