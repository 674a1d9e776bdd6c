"""Waiting for the source's next change, or for the end of the run, whichever comes first."""

import threading

from store.api import Database
from store.errors import StoreError
from store.replication.pipe import Cancel
from store.replication.retry import Patience
from store.types import Seq

LONGEST = 300.0
"""Seconds of one wait; the store wakes it earlier where something changed."""


def wait_for_change(source: Database, since: Seq, patience: Patience, ended: Cancel) -> None:
    """Return when the source has changes after `since`, or `ended` is set. Raises its errors."""
    changed = False
    while not changed and not ended.is_set():
        changed = patience(lambda: wait(source, since, LONGEST, ended))


def wait(source: Database, since: Seq, timeout: float, ended: Cancel) -> bool:
    """Whether the source has changes after `since`; False after `timeout` seconds and as soon as
    `ended` is set. Raises its errors.

    Waits in a thread of its own, since the store cannot be told to leave off. Such a thread ends
    with the wait or with the store; its outcome is of no interest any more.
    """
    over = threading.Event()
    outcome: list[bool | StoreError] = []

    def ask() -> None:
        try:
            outcome.append(source.wait_for_change(since, timeout))
        except StoreError as error:
            outcome.append(error)
        finally:
            over.set()

    ended.tell(over.set)
    threading.Thread(target=ask, name="replication-wait", daemon=True).start()
    over.wait()
    ended.untell(over.set)
    if ended.is_set():
        return False
    if not outcome:
        raise StoreError("The wait for changes of the source broke.")
    if isinstance(outcome[0], StoreError):
        raise outcome[0]
    return outcome[0]
