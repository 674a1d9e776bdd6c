"""What a way of delivery is. The outbound side knows nothing else of local mailboxes or SMTP."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from mailbridge.content import Content


@dataclass(frozen=True)
class Receiver:
    """A person as the bridge needs them. `address` is empty where there is no mail address."""

    name: str
    title: str
    address: str
    language: str
    time_zone: str


@dataclass(frozen=True)
class Letter:
    """One notice, ready to be delivered in any way.

    `id` is the outbox document's; `message_id` (with angle brackets) and `at` stay the same however
    often it is tried, so that a receiver's duplicate check recognises it.
    """

    id: str
    message_id: str
    at: datetime
    receiver: Receiver
    content: Content


class Way(Protocol):
    """A way of delivery, used by one thread."""

    @property
    def name(self) -> str:
        """The name under which the outbox document keeps this way's state."""
        ...

    def serves(self, receiver: Receiver) -> bool:
        """False where the person has no address for this way."""
        ...

    def deliver(self, letter: Letter, handing_over: Callable[[], None]) -> str:
        """Deliver, and return the receiving side's answer for the log.

        `handing_over` is called just before the step after which the message may arrive; a way that
        can find out whether it delivered already need not call it. Raises Passing, WayDown or
        Permanent, where the message was not delivered for certain, and Unsure.
        """
        ...

    def close(self) -> None:
        """Give back connections. The next `deliver` opens them again."""
        ...
