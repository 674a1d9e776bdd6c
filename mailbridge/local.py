"""Delivery into the person's own mailbox in Divan: a memo in the database `mail_<person>`."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from mailbridge.errors import Passing
from mailbridge.ports import Letter, Receiver
from mailbridge.rendering import to_markdown
from plugin import Deleted, DivanError, stamp

FORM = "memo"
LONGEST_SUBJECT = 300


class Mailbox(Protocol):
    """The part of the door to a database that is needed."""

    def create(self, form: str, items: Mapping[str, Any], *, id: str | None = None) -> object: ...


class LocalWay:
    """Puts the memo under an id made of the notice's, so that a second try finds the first.

    A memo that the person has deleted is found too: it is not brought back.
    """

    name = "local"

    def __init__(self, mailbox: Callable[[str], Mailbox]) -> None:
        self._mailbox = mailbox

    def serves(self, receiver: Receiver) -> bool:
        return True

    def deliver(self, letter: Letter, handing_over: Callable[[], None]) -> str:
        try:
            mailbox = self._mailbox(letter.receiver.name)
            mailbox.create(FORM, to_memo(letter), id=memo_id(letter.id))
        except Deleted:
            return "It was there, and is deleted."
        except DivanError as error:  # no mailbox yet, or one whose form was changed
            raise Passing(f"mailbox of {letter.receiver.name}: {error}") from error
        return "It is in the mailbox."

    def close(self) -> None:
        """There is nothing to give back."""


def memo_id(docid: str) -> str:
    return f"{FORM}:{docid}"


def to_memo(letter: Letter) -> dict[str, Any]:
    """The items of the form `memo` of design_docs/mail."""
    content = letter.content
    return {
        "subject": content.subject[:LONGEST_SUBJECT],
        "sender": content.sender_title,
        "to": letter.receiver.title,
        "received": stamp(letter.at),
        "kind": content.kind,
        "seen": False,
        "folder": "inbox",
        "body": to_markdown(content),
        "about_database": content.database or None,
        "about_id": content.document or None,
    }
