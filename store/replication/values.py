"""What a replication tells: while it runs, and at the end."""

from dataclasses import dataclass

from store.types import Seq


@dataclass(frozen=True)
class Refused:
    """A revision that the target did not take, with the target's words."""

    id: str
    rev: str
    error: str
    reason: str


@dataclass(frozen=True)
class Progress:
    """After a batch: revisions so far; `pending` changes of the source still to be looked at,
    None where the source does not say; and which revisions of this batch were refused."""

    read: int
    written: int
    refused: int
    last_seq: Seq
    pending: int | None
    newly_refused: tuple[Refused, ...] = ()


@dataclass(frozen=True)
class Summary:
    """`read` revisions came from the source, `written` of them are in the target.

    `last_seq` is the source's sequence up to which both agree but for `refused`. `complete` is
    False where the replication was cancelled before the end of the source's changes.
    """

    read: int
    written: int
    refused: tuple[Refused, ...]
    last_seq: Seq
    complete: bool
