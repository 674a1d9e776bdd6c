"""No page tells of what somebody may not read: all routes, as each level, and as one left out.

A Manager is left out here as well as the staff: nobody but the owner is among the Readers.
"""

from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.routing import Rule

from tests.leaks.walking import (
    ANONYMOUS,
    MISSING_DATABASE,
    Filled,
    Walker,
    alike,
    answers,
    fillings,
    questions,
    told,
)
from tests.leaks.world import ABSENT, AMOUNT_MARK, HIDDEN, LEVELS, OWNER, SECRET, STAFF, World
from views import create_app

PEOPLE = (ANONYMOUS, *LEVELS, STAFF)
THOROUGH = ("level6", STAFF)
"""Who walks to each form and listing: the mightiest, and one whom the shipped lists make Author."""


@pytest.fixture(scope="module")
def app(world: World) -> Flask:
    app = create_app(world.office)
    app.config["WTF_CSRF_ENABLED"] = False
    return app


def _routes(app: Flask, method: str, parameter: str = "") -> Iterator[Rule]:
    for rule in app.url_map.iter_rules():
        if method in (rule.methods or ()) and (not parameter or parameter in rule.arguments):
            yield rule


def _path(app: Flask, rule: Rule, filled: Filled, method: str) -> str:
    return app.url_map.bind("localhost").build(rule.endpoint, dict(filled), method=method)


def _kind(filled: Filled) -> str:
    return filled.get("docid", "").partition(":")[2]


@pytest.mark.parametrize("person", PEOPLE)
def test_no_page_shows_what_is_hidden(app: Flask, world: World, person: str) -> None:
    walker = Walker(app, person)
    for rule in _routes(app, "GET"):
        for filled in fillings(world, rule, every=person in THOROUGH):
            for query in questions(world, filled):
                walker.ask("GET", _path(app, rule, filled, "GET"), query_string=query)
    assert walker.found == []


@pytest.mark.parametrize("person", PEOPLE)
def test_nothing_that_is_sent_brings_back_what_is_hidden(
    app: Flask, world: World, person: str
) -> None:
    walker = Walker(app, person)
    for rule in _routes(app, "POST"):
        for filled in fillings(world, rule, every=False):
            if _kind(filled) in ("", "secret", "opened"):
                walker.ask("POST", _path(app, rule, filled, "POST"), data=answers(world, filled))
    assert walker.found == []


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_is_forbidden_is_answered_as_what_is_missing(
    app: Flask, world: World, person: str, method: str
) -> None:
    walker, different = Walker(app, person), []
    for rule in _routes(app, method, "docid"):
        for filled in fillings(world, rule, every=False):
            kind = _kind(filled)
            if kind not in (HIDDEN if person in THOROUGH else ("secret",)):
                continue
            missing = {**filled, "docid": filled["docid"].replace(kind, ABSENT)}
            for json in (False, True):
                two = [
                    alike(walker.send(method, _path(app, rule, one, method), world, one, json), one)
                    for one in (filled, missing)
                ]
                if two[0] != two[1]:
                    different.append((rule.rule, filled, two[0][:2], two[1][:2]))
    assert different == []
    assert walker.found == []


@pytest.mark.parametrize("person", [ANONYMOUS, "level0"])
def test_a_database_that_is_shut_is_answered_as_one_that_is_missing(
    app: Flask, world: World, person: str
) -> None:
    walker, different = Walker(app, person), []
    for method in ("GET", "POST"):
        for rule in _routes(app, method, "database"):
            for filled in fillings(world, rule, every=False):
                if _kind(filled) not in ("", "secret", "visible"):
                    continue
                path = _path(app, rule, filled, method)
                database = filled["database"]
                shut, missing = (
                    alike(
                        walker.send(method, path.replace(database, name, 1), world, filled),
                        {"docid": name},
                    )
                    for name in (database, MISSING_DATABASE)
                )
                if shut != missing:
                    different.append((method, path, shut[:2], missing[:2]))
    assert different == []


def test_the_walk_would_see_it(app: Flask, world: World) -> None:
    """The owner sees every kind of secret that the walk looks for."""
    walker = Walker(app, OWNER)
    assert SECRET in told(walker.ask("GET", "/tracking/deal:secret"))
    assert SECRET in told(walker.ask("GET", "/tracking/deal:folded/conflict"))
    assert SECRET in told(walker.ask("GET", "/search", query_string={"q": "zqs"}))
    assert AMOUNT_MARK in told(walker.ask("GET", "/tracking/listing/deals_by_stage"))
    asked = {"name.contains": "zqs", "sort": "-amount"}
    assert SECRET in told(walker.ask("GET", "/tracking/listing/deals_by_name", query_string=asked))
    for ending in ("csv", "xlsx"):
        assert SECRET in told(walker.ask("GET", f"/tracking/listing/deals_by_name.{ending}"))
    assert len(walker.found) >= 6
