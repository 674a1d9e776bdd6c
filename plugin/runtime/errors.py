"""What the door answers when it cannot do what was asked. Each carries a text for people.

`status` is the HTTP status that the shell answers with; the command line has its own exit codes.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from plugin.runtime.messages import Message, Text


class DivanError(Exception):
    """Base of all errors that a person may see. `message` can be translated."""

    status: ClassVar[int] = 500

    def __init__(self, message: Message | Text, **params: Any) -> None:
        self.message = message if isinstance(message, Message) else Message(message, params)
        super().__init__(str(self.message))


class OfficeError(DivanError):
    """The data directory cannot be used: not there, another format, damaged, in the wrong state."""


class BadInput(DivanError):
    """A file, option or address that makes no sense; says what to do."""

    status = 400


class NotFound(DivanError):
    """Missing, deleted, or not for this person: all the same."""

    status = 404

    def __init__(
        self, message: Message | Text = "There is no such document.", **params: Any
    ) -> None:
        super().__init__(message, **params)


class AtOffice(DivanError):
    """The document has the attachment, but this laptop left its bytes at the office."""

    status = 503

    def __init__(self, name: str) -> None:
        super().__init__("The attachment {name} is at the office, not on this laptop.", name=name)


class Refused(DivanError):
    """The person may see the document but not do this; the message is the reason."""

    status = 403


class Deleted(Refused):
    """There was such a document, and somebody deleted it: it is not made again by itself."""

    def __init__(self) -> None:
        super().__init__("This document was deleted.")


class Invalid(DivanError):
    """Items do not hold what the form asks for. `problems` maps an item's name to its message."""

    status = 422

    def __init__(self, problems: Mapping[str, Message]) -> None:
        self.problems = dict(problems)
        super().__init__("Please correct the items marked below.")


class SaveConflict(DivanError):
    """Somebody else changed the same items meanwhile.

    `mine` are the items as the person wanted them, `theirs` the raw document as it stands now,
    `items` the names of the items that both changed.
    """

    status = 409

    def __init__(
        self, mine: Mapping[str, Any], theirs: Mapping[str, Any], items: tuple[str, ...]
    ) -> None:
        self.mine = dict(mine)
        self.theirs = dict(theirs)
        self.items = items
        super().__init__("Somebody else changed this document while you were editing it.")


class Stopped(DivanError):
    """A long work was told to end before it was done; the next time it goes on from there."""

    status = 503

    def __init__(self) -> None:
        super().__init__("Stopped. The next time it goes on from here.")
