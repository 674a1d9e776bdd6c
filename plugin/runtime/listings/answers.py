"""What the indexes of one database answered, remembered as long as nothing in it changes."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

KEPT = 256
"""Answers that are remembered, the ones used last."""

Answer = TypeVar("Answer")


class Answers:
    """Thread-safe. Answers are shared: who gets one must not change it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._as_of = -1
        self._known: OrderedDict[Hashable, Any] = OrderedDict()

    def get(self, as_of: int, question: Hashable, ask: Callable[[], Answer]) -> Answer:
        """The answer to `question`: what `ask` gave in the state `as_of` or gives now.

        `as_of` grows with every change; an answer to an older state than others saw is not kept.
        """
        with self._lock:
            if as_of > self._as_of:
                self._as_of = as_of
                self._known.clear()
            if as_of == self._as_of and question in self._known:
                self._known.move_to_end(question)
                known: Answer = self._known[question]
                return known
        answer = ask()
        with self._lock:
            if as_of == self._as_of:
                self._known[question] = answer
                while len(self._known) > KEPT:
                    self._known.popitem(last=False)
        return answer
