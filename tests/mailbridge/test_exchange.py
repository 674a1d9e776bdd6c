"""Exchange against a stand-in server over HTTP: what arrives, once, and what each refusal means."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mailbridge.content import Content, Event
from mailbridge.errors import Passing, Permanent, SignInRefused, WayDown
from mailbridge.exchange import ExchangeWay
from mailbridge.exchange_settings import ExchangeSettings
from mailbridge.mapping import Sending, message_id
from mailbridge.ports import Letter, Receiver
from tests.mailbridge.ews_server import PASSWORD, SENDER, SERVICE, Asked, EwsServer
from tests.plugin.steady_clock import SteadyClock

SENDING = Sending(SENDER, "Divan 公司", "http://127.0.0.1:8000")
ANNA, BO = "anna@example.com", "bo@example.com"
NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
START = NOW + timedelta(minutes=30)


def settings(server: EwsServer) -> ExchangeSettings:
    return ExchangeSettings(server.url, SERVICE, PASSWORD, SENDER, sign_in="basic", timeout=10)


def letter(
    number: int = 1, address: str = ANNA, event: Event | None = None, at: datetime = NOW
) -> Letter:
    docid = f"outgoing:test:{number}:anna"
    receiver = Receiver("anna", "安娜 Anna", address, "zh_Hans", "UTC")
    content = Content(
        kind="test", subject="主题 S", lead="Hello", sender="divan-server", event=event,
        database="tracking", document="activity:1",
    )  # fmt: skip
    return Letter(docid, message_id(docid, SENDER), at, receiver, content)


def visit(start: datetime = START, place: str = "Beijing") -> Event:
    return Event("Visit", start, start + timedelta(hours=1), place)


@pytest.fixture
def server() -> Iterator[EwsServer]:
    running = EwsServer(ANNA, BO)
    yield running
    running.stop()


@pytest.fixture
def way(server: EwsServer) -> Iterator[ExchangeWay]:
    used = ExchangeWay(settings(server), SENDING, SteadyClock())
    yield used
    used.close()


def never() -> None:
    raise AssertionError("Exchange can be asked what it has; nothing is handed over in the dark")


def test_a_mail_arrives_as_it_was_made(server: EwsServer, way: ExchangeWay) -> None:
    assert way.deliver(letter(), never) == "The mail is sent."
    [mail] = server.mailboxes.inbox(ANNA)
    assert mail["Message-ID"] == letter().message_id
    assert mail["Subject"] == "主题 S"
    assert mail["From"].addresses[0].display_name == "Divan 公司"
    assert mail["To"].addresses[0].addr_spec == ANNA
    [copy] = server.mailboxes.by_address[SENDER].folder("sentitems")
    assert copy.extended["DivanOutboxId"] == letter().id
    assert SENDER in copy.fields["From"]
    assert server.mailboxes.by_address[SENDER].folder("drafts") == []
    assert {asked.impersonated for asked in server.asked} == {""}, "its own mailbox"


def test_a_mail_that_was_sent_is_found_and_not_sent_again(
    server: EwsServer, way: ExchangeWay
) -> None:
    way.deliver(letter(), never)
    assert way.deliver(letter(), never) == "The mail had been sent."
    assert server.mailboxes.counts() == {letter().message_id: 1}


@pytest.mark.parametrize("operation", ["FindItem", "CreateItem", "SendItem"])
def test_cut_off_after_the_server_did_it_the_mail_comes_once(
    server: EwsServer, way: ExchangeWay, operation: str
) -> None:
    server.cut[operation] = 1
    with pytest.raises(WayDown, match="ErrorTimeoutExpired"):
        way.deliver(letter(), never)
    way.deliver(letter(), never)
    assert server.mailboxes.counts() == {letter().message_id: 1}
    assert server.mailboxes.by_address[SENDER].folder("drafts") == []


def test_a_mail_that_is_on_its_way_is_left_alone(server: EwsServer, way: ExchangeWay) -> None:
    server.cut["CreateItem"] = 1
    with pytest.raises(WayDown):
        way.deliver(letter(), never)
    [draft] = server.mailboxes.by_address[SENDER].folder("drafts")
    draft.submitted = True
    assert way.deliver(letter(), never) == "The mail is on its way."


def test_an_unknown_receiver_fails_that_message_and_leaves_no_draft(
    server: EwsServer, way: ExchangeWay
) -> None:
    with pytest.raises(Permanent, match="ErrorInvalidRecipients"):
        way.deliver(letter(1, "nobody@example.com"), never)
    way.deliver(letter(2), never)
    assert list(server.mailboxes.counts()) == [letter(2).message_id]
    assert server.mailboxes.by_address[SENDER].folder("drafts") == []


@pytest.mark.parametrize("address", ["no address", "a@b\r\nBcc: c@d"])
def test_what_is_no_address_is_permanent(server: EwsServer, way: ExchangeWay, address: str) -> None:
    with pytest.raises(Permanent, match="No mail can go to"):
        way.deliver(letter(1, address), never)


def test_a_wrong_password_is_told_from_a_busy_server(server: EwsServer, way: ExchangeWay) -> None:
    wrong = ExchangeWay(replace(settings(server), password="wrong"), SENDING, SteadyClock())
    with pytest.raises(SignInRefused, match="refuses the user name or the password") as caught:
        wrong.deliver(letter(), never)
    assert server.refused == 1, "one try: more would lock the account"
    assert "wrong" not in str(caught.value)
    wrong.close()
    way.deliver(letter(), never)


def test_an_appointment_goes_into_the_persons_calendar(server: EwsServer, way: ExchangeWay) -> None:
    answer = way.deliver(letter(event=visit()), never)
    assert answer == "The mail is sent. The appointment is in the calendar."
    [item] = server.mailboxes.calendar(ANNA)
    assert item.fields["Subject"] == "Visit"
    assert item.fields["Start"] == "2026-11-22T06:30:00Z"
    assert item.fields["End"] == "2026-11-22T07:30:00Z"
    assert item.fields["Location"] == "Beijing"
    assert item.fields["ReminderIsSet"] == "1"
    assert item.fields["ReminderMinutesBeforeStart"] == "30"
    assert {asked.impersonated for asked in server.asked if asked.mailbox == ANNA} == {ANNA}
    [mail] = server.mailboxes.inbox(ANNA)
    assert "text/calendar" not in [part.get_content_type() for part in mail.walk()]


def test_a_changed_appointment_changes_the_calendar(server: EwsServer, way: ExchangeWay) -> None:
    way.deliver(letter(1, event=visit()), never)
    later = visit(START + timedelta(days=1), place="")
    changed = letter(2, event=later, at=NOW + timedelta(minutes=5))
    assert way.deliver(changed, never).endswith("The appointment in the calendar is changed.")
    [item] = server.mailboxes.calendar(ANNA)
    assert item.fields["Start"] == "2026-11-23T06:30:00Z"
    assert "Location" not in item.fields
    assert way.deliver(letter(1, event=visit()), never).endswith(
        "later notice of this appointment."
    )
    assert item.fields["Start"] == "2026-11-23T06:30:00Z"


@pytest.mark.parametrize("operation", ["FindItem", "CreateItem", "UpdateItem"])
def test_cut_off_at_the_calendar_the_appointment_is_there_once(
    server: EwsServer, way: ExchangeWay, operation: str
) -> None:
    way.deliver(letter(1, event=visit()), never)
    if operation == "CreateItem":
        server.mailboxes.by_address[ANNA].items.clear()

    def cut_in_calendar(asked: Asked) -> None:
        if (asked.operation, asked.mailbox) == (operation, ANNA):
            server.cut[operation] += 1
            server.after = lambda asked: None

    server.after = cut_in_calendar
    again = letter(2, event=visit(place="Shanghai"), at=NOW + timedelta(minutes=1))
    with pytest.raises(WayDown):
        way.deliver(again, never)
    way.deliver(again, never)
    [item] = server.mailboxes.calendar(ANNA)
    assert item.fields["Location"] == "Shanghai"
    assert server.mailboxes.counts()[again.message_id] == 1


def test_a_busy_mailbox_waits_as_long_as_it_says_and_others_go_on(
    server: EwsServer, way: ExchangeWay
) -> None:
    server.busy[ANNA] = 42_000
    with pytest.raises(Passing, match="asks for a pause") as caught:
        way.deliver(letter(1, event=visit()), never)
    assert not isinstance(caught.value, WayDown)
    assert caught.value.wait == timedelta(seconds=42)
    before = len(server.operations(ANNA))
    with pytest.raises(Passing) as caught:
        way.deliver(letter(2, event=visit()), never)
    assert caught.value.wait and timedelta(seconds=30) < caught.value.wait
    assert len(server.operations(ANNA)) == before, "it is left alone meanwhile"
    assert way.deliver(letter(3, BO, event=visit()), never).endswith("is in the calendar.")


def test_a_busy_sending_mailbox_holds_up_the_way(server: EwsServer, way: ExchangeWay) -> None:
    server.busy[SENDER] = 5_000
    with pytest.raises(WayDown) as caught:
        way.deliver(letter(), never)
    assert caught.value.wait == timedelta(seconds=5)


@pytest.mark.parametrize("status", [429, 503])
def test_a_server_that_is_busy_as_a_whole_says_when(
    server: EwsServer, way: ExchangeWay, status: int
) -> None:
    server.status, server.headers = status, {"Retry-After": "7"}
    with pytest.raises(WayDown) as caught:
        way.deliver(letter(), never)
    assert caught.value.wait == timedelta(seconds=7)


def test_who_may_not_be_impersonated_gets_the_mail_and_waits_for_the_rest(
    server: EwsServer, way: ExchangeWay
) -> None:
    server.denied.add(ANNA)
    with pytest.raises(Passing, match="ApplicationImpersonation") as caught:
        way.deliver(letter(1, event=visit()), never)
    assert not isinstance(caught.value, WayDown)
    way.deliver(letter(2, BO, event=visit()), never)
    assert len(server.mailboxes.inbox(ANNA)) == 1
    server.denied.clear()
    way.deliver(letter(1, event=visit()), never)
    assert len(server.mailboxes.inbox(ANNA)) == len(server.mailboxes.calendar(ANNA)) == 1


def test_by_delegation_nobody_is_impersonated(server: EwsServer) -> None:
    way = ExchangeWay(replace(settings(server), access="delegation"), SENDING, SteadyClock())
    with pytest.raises(Passing, match="ErrorAccessDenied"):
        way.deliver(letter(event=visit()), never)
    server.delegated.add(ANNA)
    way.deliver(letter(event=visit()), never)
    assert {asked.impersonated for asked in server.asked} == {""}
    assert len(server.mailboxes.calendar(ANNA)) == 1
    way.close()


def test_no_server_means_that_the_way_is_down(server: EwsServer) -> None:
    gone = EwsServer()
    gone.stop()
    way = ExchangeWay(settings(gone), SENDING, SteadyClock())
    with pytest.raises(WayDown, match=r"sending, divan@example\.com"):
        way.deliver(letter(), never)
    way.close()


def test_check_says_what_can_be_opened(server: EwsServer, way: ExchangeWay) -> None:
    assert "lets us in: divan@example.com, calendar of anna@example.com" in way.check(ANNA)
    server.denied.add(ANNA)
    with pytest.raises(Passing, match="ApplicationImpersonation"):
        way.check(ANNA)
    assert way.check().endswith("lets us in: divan@example.com")
    with pytest.raises(Permanent, match="no mailbox with this address"):
        way.check("nobody@example.com")
