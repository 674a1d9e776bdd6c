"""Requests that wait, for who may lose patience: HTTP knows no way to take a request back."""

import threading
from collections.abc import Callable

from store.cancel import Cancel
from store.errors import StoreError


def cancellable(ask: Callable[[], bool], cancel: Cancel) -> bool:
    """What `ask` returns or raises; False as soon as `cancel` is set.

    It runs in a thread of its own, which ends with the request or with the connection; its outcome
    is of no interest any more by then.
    """
    over = threading.Event()
    outcome: list[bool | StoreError] = []

    def run() -> None:
        try:
            outcome.append(ask())
        except StoreError as error:
            outcome.append(error)
        finally:
            over.set()

    cancel.tell(over.set)
    try:
        threading.Thread(target=run, name="couch-wait", daemon=True).start()
        over.wait()
    finally:
        cancel.untell(over.set)
    if cancel.is_set():
        return False
    if not outcome:
        raise StoreError("The wait for changes broke.")
    if isinstance(outcome[0], StoreError):
        raise outcome[0]
    return outcome[0]
