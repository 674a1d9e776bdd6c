"""The line between laptops and an office for seeded tests: real parts in one process, cut at will.

What `divan replica` asks goes to the real endpoint without a socket; CouchDB's protocol is asked of
the filtered databases themselves. Every answer is shown to `delivered`.
"""

import random
import threading
import urllib.error
from collections.abc import Callable, Iterator, Mapping
from email.message import Message
from io import BytesIO
from typing import Any

from flask import Flask

from plugin import FilteredServer, Office
from plugin.runtime.replica.remote import Remote, Unreachable, _refusal

Delivered = Callable[[str, str, Any], None]
"""(person, database, what came)"""


class Killed(Exception):
    """The laptop's process was ended here."""


class Faults:
    """Ends a call before or after it was done, so often in a thousand; the same for one seed."""

    def __init__(self, seed: str, often: int, error: Callable[[], Exception]) -> None:
        self._seed = seed
        self._often = often
        self._error = error
        self._counts: dict[str, int] = {}

    def at(self, moment: str, name: str) -> None:
        """Raises at the chosen calls."""
        place = f"{moment}.{name}"
        self._counts[place] = count = self._counts.get(place, 0) + 1
        if random.Random(f"{self._seed}.{place}.{count}").randrange(1000) < self._often:
            raise self._error()


def cut() -> Exception:
    return Unreachable("http://office", "the line was cut")


class Proxy:
    """Any object, its methods called through `call(name, do)`; what they return in `within` is
    proxied too."""

    def __init__(self, target: Callable[[], Any], call: Callable[..., Any]) -> None:
        self._target = target
        self._call = call

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._target(), name)
        if not callable(found):
            return found
        if name == "database":
            return lambda *args, **more: Proxy(
                lambda: self._target().database(*args, **more),
                lambda inner, do: self._call(inner, do, args[0]),
            )

        def method(*args: Any, **more: Any) -> Any:
            return self._call(name, lambda: getattr(self._target(), name)(*args, **more))

        return method


class Line:
    """One person's connection during one sync."""

    def __init__(
        self, office: Office, person: str, faults: Faults, delivered: Delivered,
        between: Callable[[], None],
    ) -> None:  # fmt: skip
        self._office = office
        self._person = person
        self._faults = faults
        self._delivered = delivered
        self._between = between

    def server(self) -> Proxy:
        return Proxy(lambda: FilteredServer(self._session()), self._call)

    def _session(self) -> Any:
        return self._office.session(self._office.directory.identity(self._person))

    def _call(self, name: str, do: Callable[[], Any], database: str = "") -> Any:
        if threading.current_thread() is threading.main_thread():
            self._between()
        self._faults.at("before", name)
        answer = do()
        if isinstance(answer, Iterator):
            answer = iter(list(answer))
        elif database:
            self._delivered(self._person, database, answer)
        self._faults.at("after", name)
        return answer


class InProcess(Remote):
    """`Remote` whose requests go to the application without a socket."""

    app: Flask
    line: Line

    def _ask(self, path: str, body: Mapping[str, Any], timeout: float = 0) -> dict[str, Any]:
        def do() -> dict[str, Any]:
            headers = {"Authorization": f"Bearer {self.token}"}
            answer = self.app.test_client().post(f"/replica/{path}", json=body, headers=headers)
            if answer.status_code != 200:
                error = urllib.error.HTTPError(
                    self.url, answer.status_code, "", Message(), BytesIO(answer.data)
                )
                raise _refusal(error, self.url)
            return dict(answer.json)

        answer: dict[str, Any] = self.line._call(path.partition("/")[0], do)
        return answer


def remote(app: Flask, line: Line, token: str) -> InProcess:
    made = InProcess("http://office", token)
    object.__setattr__(made, "app", app)
    object.__setattr__(made, "line", line)
    return made


def mortal(dying: Faults) -> Callable[..., Any]:
    """The calls of a process that may end at any of them."""

    def call(name: str, do: Any, database: str = "") -> Any:
        dying.at("before", name)
        answer = do()
        dying.at("after", name)
        return answer

    return call


def documents_in(answer: Any) -> Iterator[dict[str, Any]]:
    """Every document in an answer of the store."""
    if isinstance(answer, dict):
        if "_id" in answer and "_rev" in answer:
            yield answer
        else:
            for value in answer.values():
                yield from documents_in(value)
    elif isinstance(answer, list | tuple):
        for value in answer:
            yield from documents_in(value)
