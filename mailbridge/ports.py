"""What a way of delivery is. The outbound side knows nothing else of local mailboxes or SMTP."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from mailbridge.content import Content


@dataclass(frozen=True)
class Receiver:
    """A person as the bridge needs them. `address` is empty where there is no mail address.

    `ways` are the names of the ways chosen for this person beside Divan's own mailbox; empty for
    every one there is.
    """

    name: str
    title: str
    address: str
    language: str
    time_zone: str
    ways: tuple[str, ...] = ()

    def takes(self, way: str) -> bool:
        """True where mail may go to the person's address by this way."""
        return bool(self.address) and (not self.ways or way in self.ways)


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
        """False where the person has no address for this way, or has chosen others."""
        ...

    def deliver(self, letter: Letter, handing_over: Callable[[], None]) -> str:
        """Deliver, and return the receiving side's answer for the log.

        `handing_over` is called just before the step after which the message may arrive; a way that
        can find out whether it delivered already need not call it. Raises Passing, WayDown or
        Permanent, where the message was not delivered for certain, and Unsure; a way that finds
        out raises no Unsure, but Passing or WayDown.
        """
        ...

    def close(self) -> None:
        """Give back connections. The next `deliver` opens them again."""
        ...


class RemoteWay(Way, Protocol):
    """A way over a network, which `divan mail check` can try."""

    @property
    def place(self) -> str:
        """The server, for administrators."""
        ...

    def check(self, address: str = "") -> str:
        """Connect and sign in, send nothing; with an address, also what is done in that mailbox.

        Returns what the server says of itself; raises as `deliver` does."""
        ...
