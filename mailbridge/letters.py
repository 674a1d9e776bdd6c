"""Letters made at the moment of sending, with the receiver's own rights at that moment."""

from collections.abc import Mapping
from typing import Any

from mailbridge.composing import About, Composer, Found
from mailbridge.content import Content
from mailbridge.mapping import message_id
from mailbridge.outbound import Withdrawn
from mailbridge.ports import Letter, Receiver
from plugin import Message, NotFound, Office, Session, parse_stamp

FORUM = "forum"


class OfficeLetters:
    """Makes letters from what stands in an office."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def letter(self, doc: Mapping[str, Any]) -> Letter:
        """The letter for an outbox document. Raises Withdrawn where the person has left, may not
        read what it is about any more, or the notice makes no sense."""
        session = self._session(doc["to"])
        receiver = self._receiver(doc["to"])
        settings = self._office.settings
        composer = Composer(
            receiver,
            company=settings.company_name,
            base_url=settings.base_url,
            name_of=lambda name: self._office.directory.name_of(name, receiver.language),
        )
        try:
            content = self._content(doc, session, composer)
            at = parse_stamp(doc["created"]["at"])
        except (KeyError, TypeError, ValueError) as error:
            raise Withdrawn(f"The notice makes no sense: {error!r}") from error
        number = message_id(doc["_id"], settings.smtp_from)
        return Letter(doc["_id"], number, at, receiver, content)

    def _session(self, name: str) -> Session:
        try:
            return self._office.session(self._office.directory.identity(name))
        except NotFound as error:
            raise Withdrawn(str(error)) from error

    def _receiver(self, name: str) -> Receiver:
        person, settings = self._office.directory.person(name), self._office.settings
        if person is None:
            raise Withdrawn(f"There is no person {name}.")
        language = person.language or settings.language
        return Receiver(
            name=name,
            title=person.title(language),
            address=person.mail.strip(),
            language=language,
            time_zone=person.time_zone or settings.time_zone,
            ways=person.mail_ways or (usual_way(settings),),
        )

    def _content(self, doc: Mapping[str, Any], session: Session, composer: Composer) -> Content:
        values = doc["values"]
        if doc["kind"] == "digest":
            found = [self._found(one, session, composer) for one in values["documents"]]
            readable = [one for one in found if one]
            if not readable:
                raise Withdrawn("Nothing is left that the person may read.")
            return composer.digest(readable)
        about = doc.get("about")
        if not about:
            return composer.notice(doc["kind"], values, None)
        opened = _open(session, about["database"], about["id"])
        if opened is None:
            raise Withdrawn("The person may not read the document, or it is gone.")
        return composer.notice(doc["kind"], values, opened[0])

    def _found(self, one: Mapping[str, Any], session: Session, composer: Composer) -> Found | None:
        opened = _open(session, FORUM, one["id"])
        if opened is None:
            return None
        about, raw = opened
        why = [(why["kind"], self._reason(why, session, composer)) for why in one["why"]]
        return Found(
            about,
            author=raw.get("author") or raw["created"]["by"],
            at=parse_stamp(raw["created"]["at"]),
            why=tuple((kind, text) for kind, text in why if text),
        )

    def _reason(self, why: Mapping[str, str], session: Session, composer: Composer) -> str:
        """What is followed, for people; empty where it is a topic that may not be read."""
        if why["kind"] == "author":
            return composer.name_of(why["value"])
        if why["kind"] == "thread":
            topic = _open(session, FORUM, why["value"])
            return topic[0].title if topic else ""
        if why["kind"] == "category":
            return composer.say(Message(why["value"]))  # keywords stand in the catalogue
        return why["value"]


def usual_way(settings: Mapping[str, Any]) -> str:
    """The way of people who have chosen none."""
    return settings["mail_way"] or ("exchange" if settings["exchange_url"] else "smtp")


def _open(session: Session, database: str, docid: str) -> tuple[About, Mapping[str, Any]] | None:
    try:
        document = session.database(database).open(docid)
    except NotFound:
        return None
    return About(database, docid, document.title), document.raw
