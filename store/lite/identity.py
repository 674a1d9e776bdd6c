"""A small cache by identity: for what is made of a document that its owner hands in unchanged."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from store.types import Doc

Made = TypeVar("Made")

KEPT = 64


class IdentityCache(Generic[Made]):
    """Remembers what was made of the documents used last. Thread-safe."""

    def __init__(self, make: Callable[[Doc], Made]) -> None:
        self._make = make
        self._lock = threading.Lock()
        # The document is kept with the outcome, so that its id() stays its own.
        self._kept: OrderedDict[int, tuple[Doc, Made]] = OrderedDict()

    def get(self, doc: Doc) -> Made:
        """What `make(doc)` gave. A changed document must be another object."""
        with self._lock:
            kept = self._kept.get(id(doc))
            if kept is not None:
                self._kept.move_to_end(id(doc))
                return kept[1]
        made = self._make(doc)
        with self._lock:
            self._kept[id(doc)] = (doc, made)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return made
