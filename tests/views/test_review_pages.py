"""The review box and the page of laptops at the office; on a laptop, what was not sent."""

from pathlib import Path

from flask import Flask

from plugin import Office, ReviewBox
from plugin.runtime.replica.laptop import Laptop, Replica
from plugin.runtime.replica.review import REFUSED, ReviewFolder
from tests.views.kit import browser, door, text_of
from views import create_app

ANNA, CECILY, LEADER = "anna.snelling", "cecily.lampkin", "dustin.brinkmann"
KEY = "0123456789abcdef"


def proposal(office: Office, by: str = CECILY, **items: object) -> str:
    """An edit of Anna's deal 1, made by somebody who may not save it."""
    db = office.server.database("tracking")
    base = db.get("deal:1", revs=True)
    generation = base["_revisions"]["start"] + 1
    version = {key: value for key, value in base.items() if key not in ("_rev", "_revisions")}
    version |= items
    stamp = [generation, "2026-11-22T10:00:00Z", by]
    version["changed"] = {**base.get("changed", {}), **dict.fromkeys(items, stamp)}
    version["updated"] = {"at": stamp[1], "by": by}
    version["_rev"] = f"{generation}-{'c' * 32}"
    ids = ["c" * 32, *base["_revisions"]["ids"]]
    version["_revisions"] = {"start": generation, "ids": ids}
    body = {"key": KEY, "database": "tracking", "version": version, "title": "Deal 1"}
    ReviewBox(office).put(by, {**body, "reason": "You are not among the authors of this document.",
                               "note": "Please look."})  # fmt: skip
    return f"/review/{by}:{KEY}"


def outbox(office: Office) -> set[str]:
    rows = office.system().listing("outbox", "outgoing_by_person").all_rows()
    return {row.id for row in rows}


def test_the_owner_takes_over_what_he_chooses(app: Flask, office: Office) -> None:
    path = proposal(office, interest="three", progress="by Cecily")
    assert f"outgoing:proposal:{CECILY}:{KEY}:{ANNA}" in outbox(office)
    anna = browser(app, ANNA)
    assert path in anna.page("/review")
    shown = text_of(anna.page(path))
    for text in ("Cecily Lampkin could not save this", "Please look.", "by Cecily", "three"):
        assert text in shown
    answer = anna.submit(path, {"do": "accept", "choose.interest": "mine",
                                "choose.progress": "theirs"})  # fmt: skip
    assert answer.status_code == 303
    doc = door(office, ANNA, "tracking").open("deal:1")
    assert doc.items["interest"] == "three"
    assert doc.items.get("progress") != "by Cecily"
    assert doc.raw["updated"]["by"] == ANNA
    assert f"outgoing:proposal-accepted:{CECILY}:{KEY}:{CECILY}" in outbox(office)
    assert anna.get(path).status_code == 404


def test_declining_leaves_the_document_and_tells_the_sender(app: Flask, office: Office) -> None:
    path = proposal(office, interest="three")
    before = door(office, ANNA, "tracking").open("deal:1").rev
    assert browser(app, LEADER).submit(path, {"do": "decline", "note": "No"}).status_code == 303
    assert door(office, ANNA, "tracking").open("deal:1").rev == before
    assert f"outgoing:proposal-declined:{CECILY}:{KEY}:{CECILY}" in outbox(office)


def test_the_sender_decides_nothing(app: Flask, office: Office) -> None:
    path = proposal(office, interest="three")
    other = browser(app, CECILY)
    assert path not in other.page("/review")
    assert other.get(path).status_code == 404


def test_administrators_see_the_laptops(app: Flask, office: Office) -> None:
    office.credentials.issue_token(ANNA, label="Anna's laptop")
    shown = text_of(browser(app, "rita.root").page("/laptops"))
    assert "Anna Snelling" in shown and "Anna's laptop" in shown and "never" in shown
    assert browser(app, ANNA).get("/laptops").status_code == 403


def test_a_laptop_lists_what_was_not_sent(template: Path, tmp_path: Path, office: Office) -> None:
    """The office's copy stands in for a laptop: what matters is its kind."""
    about = (office.data / "divan.json").read_text(encoding="utf-8")
    (office.data / "divan.json").write_text(about.replace('"office"', '"laptop"'), encoding="utf-8")
    (office.data / "secrets").mkdir(exist_ok=True)
    Laptop("http://office:8000", ANNA, "an office", "replica").write(office.data)
    with Office.open(office.data) as laptop:
        keeper = Replica(laptop).keeper
        base = laptop.server.database("tracking").get("deal:1", revs=True)
        mine = {**base, "interest": "three", "changed": {"interest": [2, "", ANNA]}}
        mine |= {"_rev": "2-c", "_revisions": {"start": 2, "ids": ["c", base["_rev"][2:]]}}
        reason = "You are not among the authors of this document."
        keeper.keep(REFUSED, reason, "tracking", mine, base)
        (edit,) = ReviewFolder(laptop.data).all()
        app = create_app(laptop)
        anna = browser(app, ANNA)
        assert reason in text_of(anna.page("/not-sent"))
        path = f"/not-sent/{edit.key}"
        assert "three" in text_of(anna.page(path))
        assert anna.get(f"{path}/export").json["version"]["interest"] == "three"
        assert anna.submit(path, {"wish": "send", "note": "See"}).status_code == 303
        assert "The next sync sends it for review." in text_of(anna.page("/not-sent"))
        assert anna.submit(path, {"wish": ""}).status_code == 303
        assert "Please decide." in text_of(anna.page("/not-sent"))
        assert browser(app, LEADER).get("/not-sent").status_code == 404
        assert anna.get("/review").status_code == 404
