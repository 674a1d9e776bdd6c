"""Every route of the shell with every value that its parameters can have in the world.

Nothing names a route here: a new one is walked because it is in the application's table. What is
named are parameters; one that is not known fails the test and says what to add.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from itertools import count, islice
from typing import Any
from zipfile import ZipFile

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from acl import Level
from plugin import ReviewBox
from tests.leaks.world import (
    AMOUNT_MARK,
    HIDDEN,
    LEVELS,
    OWNER,
    PASSWORD,
    SECRET,
    SHOWN,
    VISIBLE,
    World,
)

MISSING_DATABASE = "nothing"
ANONYMOUS = "anonymous"
Filled = Mapping[str, str]


def _names(world: World, chosen: Filled) -> Iterator[str]:
    """The steps and actions of the document's form; a name that is none elsewhere."""
    database = world.office.system().database(chosen["database"])
    form = database.forms[chosen["docid"].partition(":")[0]]
    yield from (step.name for step in (form.workflow.steps if form.workflow else ()))
    yield from (action.name for action in form.actions)
    yield "none"


def _proposals(world: World, chosen: Filled) -> Iterator[str]:
    """Edits in the review box, of a document of each database that is hidden."""
    box = ReviewBox(world.office)
    for database in world.forms:
        docid = next(iter(world.ids(database, HIDDEN)))
        version = {"_id": docid, "_rev": "9-a", "form": docid.partition(":")[0], "name": SECRET}
        version["readers"] = {"hidden": [OWNER]}
        key, sender = "f00dcafe" * 2, f"sender.of.{database}"
        body = {"key": key, "database": database, "version": version, "title": SECRET}
        box.put(sender, body)
        yield f"{sender}:{key}"


PARAMETERS: dict[str, Callable[[World, Filled], Iterator[str]]] = {
    "database": lambda world, chosen: iter(world.forms),
    "docid": lambda world, chosen: world.ids(chosen["database"], HIDDEN + SHOWN),
    "listing": lambda world, chosen: iter(
        world.office.system().database(chosen["database"]).listings
    ),
    "form": lambda world, chosen: iter(world.forms[chosen["database"]]),
    "ending": lambda world, chosen: iter(["csv", "xlsx"]),
    "key": lambda world, chosen: iter(["f00dcafe" * 2]),
    "name": _names,
    "proposal": _proposals,
    "question": lambda world, chosen: iter(["none"]),
    "token": lambda world, chosen: iter(["bogus"]),
    "filename": lambda world, chosen: iter(["shell.css", "css/bootstrap.min.css"]),
    "wanted": lambda world, chosen: iter(["en", "dark"]),
}
"""What may stand for a parameter of a route, given what was chosen for those before it."""

ORDER = ("database", "docid", "listing", "form")


def fillings(world: World, rule: Rule, *, every: bool) -> list[dict[str, str]]:
    """The values of the parameters of a route, in every database: all of them, or with `every` off
    the documents of one form, and the first of all else. Fails the test for a parameter that is
    not known."""
    found: list[dict[str, str]] = [{}]
    for name in sorted(rule.arguments, key=lambda name: (*ORDER, name).index(name)):
        if name not in PARAMETERS:
            pytest.fail(
                f"The walk does not know what to put for <{name}> of the route {rule.rule} "
                f"({rule.endpoint}). Add {name!r} to PARAMETERS in tests/leaks/walking.py, with "
                "the values that stand for something hidden in tests/leaks/world.py."
            )
        most = None if every or name == "database" else FEW.get(name, 1)
        found = [
            {**chosen, name: value}
            for chosen in found
            for value in islice(PARAMETERS[name](world, chosen), most)
        ]
    return found


FEW = {"docid": len(HIDDEN + SHOWN), "ending": 2}
"""So many values of a parameter are enough for those who do not walk everything."""


def questions(world: World, filled: Filled) -> list[dict[str, str]]:
    """Queries to add: none, and at once all that the pages understand, about what is hidden."""
    database = filled.get("database", "customers")
    about = filled.get("docid") or f"{world.forms[database][-1]}:secret"
    rev = world.first_revisions.get((database, about), "")
    everything = {"q": "zqs", "contains": "zqs", "flat": "1", "name": OWNER, "after": ""}
    asked = {**everything, "document": about, "id": about, "rev": rev}
    found = [{}, asked] if rev or "docid" not in filled else [{}]
    return [*found, *_filters(world, filled)]


def _filters(world: World, filled: Filled) -> Iterator[dict[str, str]]:
    """Filters of a listing that hidden documents meet, and the order by what is hidden in them."""
    if "listing" in filled:
        docs = world.office.system().database(filled["database"])
        spec = docs.listings[filled["listing"]]
        items = docs.form(spec.form).items
        kinds = {item.kind: name for name, item in items.items()}
        name = kinds.get("text") or next(iter(items))
        given = {key: f"{items[key].form}:secret" for key in spec.key}
        order = kinds.get("money", name)
        asked = {f"{name}.filled": "1", "sort": order, "with": name, "view": "view:secret"}
        yield {**given, **asked}


def answers(world: World, filled: Filled) -> dict[str, Any]:
    """A form as somebody might send it: an older revision is the base, and little is filled in."""
    rev = world.first_revisions.get((filled.get("database", ""), filled.get("docid", "")), "1-0")
    return {"rev": rev, "note": "x", "do": "look", "name": "x", "title": "x", "find": "1"}


_ADDRESSES = count(1)


@dataclass
class Walker:
    """One person at the pages, and all that was seen that must not be seen."""

    app: Flask
    person: str
    found: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.cookies: list[tuple[str, str]] = []
        # An address of its own: the wrong sign-ins of one walk must not hold up another.
        self.address = f"10.0.0.{next(_ADDRESSES)}"
        if self.person != ANONYMOUS:
            client = self.client()
            form = {"login": self.person, "password": PASSWORD}
            answer = client.post("/sign-in", data=form)
            assert answer.status_code == 303, (answer.status_code, answer.text[-1500:])
            name = self.app.config["SESSION_COOKIE_NAME"]
            cookie = client.get_cookie(name)
            assert cookie is not None
            self.cookies = [(name, cookie.value)]

    def client(self) -> FlaskClient:
        """A browser that is signed in, whatever an earlier request did to the session."""
        client = self.app.test_client()
        client.environ_base["REMOTE_ADDR"] = self.address
        for name, value in self.cookies:
            client.set_cookie(name, value)
        return client

    def ask(self, method: str, path: str, json: bool = False, **more: Any) -> TestResponse:
        headers = {"Accept": "application/json"} if json else {}
        answer = self.client().open(path, method=method, headers=headers, buffered=True, **more)
        self.look(f"{method} {path} {more.get('query_string') or ''}", answer)
        return answer

    def send(
        self, method: str, path: str, world: World, filled: Filled, json: bool = False
    ) -> TestResponse:
        """As `ask`, with a form where the method takes one."""
        data = answers(world, filled) if method == "POST" else None
        return self.ask(method, path, json, data=data)

    def look(self, what: str, answer: TestResponse) -> None:
        """Remember each mark that must not be in the answer, and each failure."""
        for mark in marks(self.person):
            if mark in told(answer):
                self.found.append(f"{self.person}: {what}: {answer.status_code} tells {mark}")
        if answer.status_code >= 500:
            self.found.append(f"{self.person}: {what}: {answer.status_code}")


def marks(person: str) -> tuple[str, ...]:
    """What this person must never see: all documents, for who reads none."""
    reads = LEVELS.get(person, Level.AUTHOR) >= Level.READER and person != ANONYMOUS
    return (SECRET, AMOUNT_MARK) if reads else (SECRET, AMOUNT_MARK, VISIBLE)


def told(answer: TestResponse) -> str:
    """Body and headers as one text, numbers without their separators."""
    data = answer.get_data()
    if data.startswith(b"PK"):  # a sheet
        with ZipFile(BytesIO(data)) as packed:
            data = b"\n".join(map(packed.read, packed.namelist()))
    text = f"{answer.headers}\n{data.decode('utf-8', 'replace')}"
    return re.sub(r"(?<=\d)[,.\s\u00a0\u202f](?=\d{3})", "", text)


def alike(answer: TestResponse, filled: Filled) -> tuple[int, str, str]:
    """An answer without what is new in each: the document's id, tokens, lengths."""
    text = answer.get_data(as_text=True).replace(filled["docid"], "ID")
    text = re.sub(r'(name="csrf_token" value=")[^"]+', r"\1", text)
    where = (answer.location or "").replace(filled["docid"], "ID")
    return answer.status_code, where, text
