"""From what people do to what lies in mailboxes: chase-ups, reminders and digests, end to end."""

from collections.abc import Callable
from typing import Any

import pytest

from mailbridge.service import Bridge
from plugin import AgentRunner, BadInput, Document, Office, Session, notify
from tests.mailbridge.smtp_server import SmtpServer
from tests.plugin.steady_clock import SteadyClock


def session(office: Office, name: str) -> Session:
    return office.session(office.directory.identity(name))


def memos(office: Office, name: str) -> list[Document]:
    """What lies in a person's mailbox, as that person sees it."""
    own = session(office, name)
    page = own.listing(office.mail_database(name), "memos_by_kind").page()
    documents = own.database(office.mail_database(name))
    return [documents.open(row.id) for row in page.rows]


def work(office: Office) -> None:
    """What the services do, here and now."""
    AgentRunner(office).run_once()
    Bridge(office).run_once()


def to_of(smtp: SmtpServer) -> list[str]:
    return sorted(m["To"].addresses[0].addr_spec for m in smtp.taken)


def text_of(smtp: SmtpServer, number: int = -1) -> str:
    body = smtp.taken[number].get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert isinstance(text, str)
    return text


@pytest.fixture
def deal(office: Office) -> Document:
    sales = session(office, "anna.snelling").database("tracking")
    return sales.create("deal", {"name": "GTX Pro 春季", "owner": "anna.snelling"})


def chase(office: Office, deal: Document) -> None:
    leader = session(office, "wei.li").database("tracking")
    leader.run_action(deal.id, "chase", {"text": "How far are we?", "due": "2026-11-25"})


def test_a_chase_up_reaches_mailbox_and_mail_once(
    office: Office, smtp: SmtpServer, deal: Document
) -> None:
    chase(office, deal)
    for _ in range(3):
        work(office)
    [memo] = memos(office, "anna.snelling")
    assert memo.items["subject"] == "李伟催办：GTX Pro 春季"
    assert memo.items["kind"] == "chase-up"
    assert "How far are we?" in memo.items["body"]
    assert f"/tracking/{memo.items['about_id']}" in memo.items["body"]
    assert list(smtp.counts().values()) == [1]
    assert to_of(smtp) == ["anna.snelling@example.com"]
    assert "答复期限: 2026年11月25日" in text_of(smtp)


def test_a_deleted_memo_does_not_come_back(office: Office, deal: Document) -> None:
    chase(office, deal)
    work(office)
    [memo] = memos(office, "anna.snelling")
    system = office.system()
    system.database(memo.database).delete(memo.id, memo.rev)
    outbox = office.server.database("outbox")
    [docid] = [row["id"] for row in outbox.all_docs()["rows"] if row["id"].startswith("outgoing:")]
    doc = outbox.get(docid)
    outbox.put({**doc, "state": "waiting", "ways": {}})  # as if it had been cut off
    work(office)
    assert memos(office, "anna.snelling") == []
    assert outbox.get(docid)["state"] == "sent"


def test_what_the_person_may_no_longer_read_is_not_sent(
    office: Office, smtp: SmtpServer, deal: Document
) -> None:
    chase(office, deal)
    AgentRunner(office).run_once()
    system = office.system().database("tracking")
    moved = system.open(deal.id)
    system.save(moved.id, moved.rev, {"owner": "bo.chen"})
    about = {"database": "tracking", "id": deal.id}
    notify(office, kind="note", key="1", to="anna.snelling", about=about, values={"text": "x"})
    notify(office, kind="note", key="1", to="max.gone", values={"subject": "x"})
    Bridge(office).run_once()
    outbox = office.server.database("outbox")
    for who in ("anna.snelling", "max.gone"):
        doc = outbox.get(f"outgoing:note:1:{who}")
        assert doc["state"] == "cancelled", who
    assert [memo.items["kind"] for memo in memos(office, "anna.snelling")] == ["chase-up"]
    assert "max.gone@example.com" not in to_of(smtp)


def test_a_person_without_an_address_gets_the_memo_alone(office: Office, smtp: SmtpServer) -> None:
    people = office.system().database("settings")
    person = people.open("person:bo.chen")
    people.save(person.id, person.rev, {"mail": None})
    notify(office, kind="note", key="1", to="bo.chen", values={"subject": "Welcome"})
    Bridge(office).run_once()
    assert [memo.items["subject"] for memo in memos(office, "bo.chen")] == ["Welcome"]
    assert smtp.taken == []
    assert office.server.database("outbox").get("outgoing:note:1:bo.chen")["state"] == "sent"


def test_the_same_notice_twice_is_one(office: Office, smtp: SmtpServer) -> None:
    said: dict[str, Any] = {"kind": "note", "key": "1", "to": "bo.chen", "values": {"subject": "S"}}
    assert notify(office, **said)
    assert not notify(office, **said)
    Bridge(office).run_once()
    assert not notify(office, **said)
    Bridge(office).run_once()
    assert list(smtp.counts().values()) == [1]
    with pytest.raises(BadInput):
        notify(office, kind="note", key="a/b", to="bo.chen")


def test_a_notice_that_makes_no_sense_hinders_nobody(office: Office, smtp: SmtpServer) -> None:
    notify(office, kind="reminder", key="1", to="bo.chen", values={"at": "tomorrow"})
    notify(office, kind="digest", key="1", to="bo.chen", values={})
    notify(office, kind="note", key="1", to="bo.chen", values={"subject": "Fine"})
    Bridge(office).run_once()
    assert [memo.items["subject"] for memo in memos(office, "bo.chen")] == ["Fine"]


def test_a_reminder_comes_at_its_time(office: Office, smtp: SmtpServer, clock: SteadyClock) -> None:
    own = session(office, "bo.chen").database("tracking")
    items = {
        "subject": "Visit", "starts": "2026-11-22T08:00:00Z", "remind_at": "2026-11-22T07:45:00Z",
        "remind": ["bo.chen"], "owner": "bo.chen", "place": "Beijing",
    }  # fmt: skip
    own.create("activity", items)
    work(office)
    assert smtp.taken == []
    clock.forward(hours=1, minutes=45)
    work(office)
    clock.forward(hours=3)
    work(office)
    assert list(smtp.counts().values()) == [1]
    assert smtp.taken[0]["Subject"] == "Reminder: Visit"
    assert "Starts: Nov 22, 2026 08:00 (UTC)" in text_of(smtp)
    kinds = [part.get_content_type() for part in smtp.taken[0].walk()]
    assert "text/calendar" in kinds
    assert len(memos(office, "bo.chen")) == 1


def follow(office: Office, name: str, **items: Any) -> None:
    said = {"person": name, "frequency": "immediately", **items}
    session(office, name).database("forum").create("interest", said)


def post(office: Office, name: str, subject: str, **items: Any) -> Document:
    said = {"subject": subject, "category": "Market", "body": "Text.", **items}
    return session(office, name).database("forum").create("topic", said)


def test_a_digest_goes_to_those_who_follow_and_may_read(
    office: Office, smtp: SmtpServer, clock: SteadyClock
) -> None:
    follow(office, "anna.snelling", words=["价格"], authors_followed=["wei.li"])
    follow(office, "bo.chen", words=["价格"])
    clock.forward(minutes=1)
    topic = post(office, "wei.li", "春季价格", **{"for": ["anna.snelling", "wei.li"]})
    post(office, "wei.li", "Lunch")
    for _ in range(2):
        work(office)
    assert to_of(smtp) == ["anna.snelling@example.com"]
    text = text_of(smtp)
    assert "春季价格" in text
    assert "Lunch" in text, "by an author who is followed"
    assert "因为您关注词语“价格”" in text
    assert "因为您关注李伟" in text
    assert memos(office, "bo.chen") == []
    # Each document once, also when it is changed afterwards.
    forum = session(office, "wei.li").database("forum")
    forum.save(topic.id, topic.rev, {"body": "价格 changed."})
    clock.forward(days=2)
    work(office)
    assert len(smtp.taken) == 1


def test_a_digest_holds_only_what_may_be_read_when_it_is_sent(
    office: Office, smtp: SmtpServer, clock: SteadyClock
) -> None:
    follow(office, "bo.chen", categories=["Market"])
    clock.forward(minutes=1)
    first, second = post(office, "wei.li", "One"), post(office, "wei.li", "Two")
    bridge = Bridge(office)
    assert bridge.digests.run_once(clock()) == 1
    forum = session(office, "wei.li").database("forum")
    forum.save(first.id, first.rev, {"for": ["wei.li"]})
    bridge.run_once()
    assert "Two" in text_of(smtp)
    assert "One" not in text_of(smtp)
    third = post(office, "wei.li", "Three")
    assert bridge.digests.run_once(clock()) == 1
    forum.delete(third.id, third.rev)
    bridge.run_once()
    assert len(smtp.taken) == 1, "nothing is left, so nothing is sent"
    assert second.id


def test_a_daily_digest_waits_for_its_hour_and_survives_restarts(
    office: Office, smtp: SmtpServer, clock: SteadyClock
) -> None:
    follow(office, "bo.chen", categories=["Market"], frequency="daily", hour=8)
    clock.forward(minutes=1)
    post(office, "wei.li", "One")
    for hour in (6, 7, 8, 9, 10):
        clock.now = clock.now.replace(hour=hour)
        work(office)  # a new bridge each time, as after a restart
    assert len(smtp.taken) == 1
    clock.forward(days=1)
    work(office)
    assert len(smtp.taken) == 1, "nothing new, no digest"
    post(office, "wei.li", "Two")
    clock.forward(days=1)
    work(office)
    assert len(smtp.taken) == 2
    assert "One" not in text_of(smtp)


def test_a_digest_cut_off_before_its_checkpoint_is_not_made_twice(
    office: Office, smtp: SmtpServer, clock: SteadyClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def killed(*args: Any) -> None:
        raise Killed

    follow(office, "bo.chen", categories=["Market"])
    clock.forward(minutes=1)
    post(office, "wei.li", "One")
    bridge = Bridge(office)
    with monkeypatch.context() as patch:
        patch.setattr(bridge.digests, "_save", killed)
        with pytest.raises(Killed):
            bridge.digests.run_once(clock())
    post(office, "wei.li", "Two")  # after the digest, before the restart
    for _ in range(3):
        work(office)
    texts = [text_of(smtp, number) for number in range(len(smtp.taken))]
    assert [("One" in text, "Two" in text) for text in texts] == [(True, False), (False, True)]


def test_wrong_settings_of_the_mail_server_are_told(
    open_office: Callable[..., Office], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIVAN_SMTP_FROM", "nobody")
    with pytest.raises(BadInput, match="smtp_from must be a mail address"):
        Bridge(open_office())
