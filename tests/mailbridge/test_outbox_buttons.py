"""What an administrator can do with a notice in the outbox: try again, do not send."""

import pytest

from mailbridge.service import Bridge
from plugin import Document, NotFound, Office, Refused, Session, notify
from tests.mailbridge.smtp_server import SmtpServer
from tests.plugin.steady_clock import SteadyClock

BO = "bo.chen@example.com"


@pytest.fixture
def admin(office: Office) -> Session:
    people = office.system().database("settings")
    said = {"name": "administrators", "title": "Administrators", "members": ["wei.li"]}
    people.create("group", said, id="group:administrators")
    return office.session(office.directory.identity("wei.li"))


def put(office: Office) -> str:
    notify(office, kind="note", key="1", to="bo.chen", values={"subject": "S"})
    Bridge(office).run_once()
    return "outgoing:note:1:bo.chen"


def notice(admin: Session, docid: str) -> Document:
    return admin.database("outbox").open(docid)


def test_a_failed_notice_is_tried_again_by_the_way_that_failed(
    office: Office, admin: Session, smtp: SmtpServer
) -> None:
    smtp.refuse[BO] = "550 no such user"
    docid = put(office)
    failed = notice(admin, docid)
    assert (failed.items["state"], failed.items["attempts"]) == ("failed", 1)
    assert "550 no such user" in failed.items["error"]
    assert failed.items["tried"] == "2026-11-22T06:00:00Z"
    smtp.refuse.clear()
    admin.database("outbox").run_action(docid, "retry")
    assert notice(admin, docid).items["state"] == "waiting"
    Bridge(office).run_once()
    again = notice(admin, docid)
    assert (again.items["state"], again.items["attempts"]) == ("sent", 2)
    assert "error" not in again.items
    assert list(smtp.counts().values()) == [1]
    assert again.raw["ways"]["local"]["attempts"] == 1, "the mailbox had it"
    with pytest.raises(Refused, match="can be tried again"):
        admin.database("outbox").run_action(docid, "retry")


def test_a_cancelled_notice_is_not_sent_until_it_is_tried_again(
    office: Office, admin: Session, smtp: SmtpServer, clock: SteadyClock
) -> None:
    smtp.down()
    docid = put(office)
    assert notice(admin, docid).items["state"] == "delayed"
    admin.database("outbox").run_action(docid, "cancel")
    cancelled = notice(admin, docid)
    assert cancelled.items["state"] == "cancelled"
    assert cancelled.items["error"] == "Cancelled by wei.li."
    assert cancelled.raw["ways"]["local"]["state"] == "sent"
    smtp.up()
    clock.forward(hours=5)
    Bridge(office).run_once()
    assert smtp.taken == []
    with pytest.raises(Refused, match="still open"):
        admin.database("outbox").run_action(docid, "cancel")
    admin.database("outbox").run_action(docid, "retry")
    Bridge(office).run_once()
    assert list(smtp.counts().values()) == [1]


def test_nobody_else_sees_the_outbox(office: Office, admin: Session, smtp: SmtpServer) -> None:
    docid = put(office)
    other = office.session(office.directory.identity("bo.chen")).database("outbox")
    with pytest.raises(NotFound):
        other.run_action(docid, "cancel")
