"""SMTP against a real server: what each refusal means, and how far a message came."""

import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mailbridge.content import Content
from mailbridge.errors import Passing, Permanent, Phase, Unsure, WayDown, from_reply
from mailbridge.mapping import Sending, message_id
from mailbridge.ports import Letter, Receiver
from mailbridge.smtp import SmtpWay
from mailbridge.smtp_settings import SmtpSettings, parse_smtp_url
from plugin import BadInput
from tests.mailbridge.authority import Authority
from tests.mailbridge.smtp_server import SmtpServer

SENDING = Sending("divan@example.com", "Divan", "http://127.0.0.1:8000")


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    running = SmtpServer()
    yield running
    running.stop()


@pytest.fixture
def way(server: SmtpServer) -> Iterator[SmtpWay]:
    used = SmtpWay(SmtpSettings("127.0.0.1", server.port, "opportunistic"), SENDING)
    yield used
    used.close()


def letter(number: int = 1, address: str = "anna@example.com", lead: str = "Hello") -> Letter:
    docid = f"outgoing:test:{number}:anna"
    receiver = Receiver("anna", "安娜 Anna", address, "zh_Hans", "UTC")
    content = Content(kind="test", subject="主题 S", lead=lead, sender="divan-server")
    at = datetime(2026, 11, 22, 6, tzinfo=UTC)
    return Letter(docid, message_id(docid, SENDING.sender), at, receiver, content)


class Handing:
    """Counts when the message was about to be handed over, and what had arrived by then."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server
        self.arrived: list[int] = []

    def __call__(self) -> None:
        self.arrived.append(len(self._server.taken))


def test_a_message_arrives_as_it_was_made(server: SmtpServer, way: SmtpWay) -> None:
    handing = Handing(server)
    lead = "Line one\n.\n..dots\n" + "长" * 3000
    answer = way.deliver(letter(lead=lead), handing)
    assert answer == "250 OK: queued"
    assert handing.arrived == [0], "told before the message could arrive"
    message = server.taken[0]
    assert message["Subject"] == "主题 S"
    assert message["To"].addresses[0].display_name == "安娜 Anna"
    body = message.get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n").startswith(lead)


def test_one_connection_serves_many_letters(server: SmtpServer, way: SmtpWay) -> None:
    for number in range(5):
        way.deliver(letter(number), lambda: None)
    assert server.connections == 1
    assert len(server.counts()) == 5


def test_a_connection_that_was_cut_meanwhile_is_opened_again(
    server: SmtpServer, way: SmtpWay
) -> None:
    way.deliver(letter(1), lambda: None)
    server.down()
    server.up()
    way.deliver(letter(2), lambda: None)
    assert set(server.counts().values()) == {1}
    assert len(server.taken) == 2


def test_a_refused_receiver_is_permanent_and_leaves_the_connection_in_order(
    server: SmtpServer, way: SmtpWay
) -> None:
    server.refuse["gone@example.com"] = "550 5.1.1 no such user"
    with pytest.raises(Permanent, match=r"receiver address: 550 5\.1\.1 no such user"):
        way.deliver(letter(1, "gone@example.com"), lambda: None)
    way.deliver(letter(2), lambda: None)
    assert server.connections == 1
    assert [str(m["To"].addresses[0].addr_spec) for m in server.taken] == ["anna@example.com"]


def test_a_receiver_who_is_not_ready_is_tried_again(server: SmtpServer, way: SmtpWay) -> None:
    server.refuse["anna@example.com"] = "450 4.2.0 greylisted"
    with pytest.raises(Passing, match="greylisted") as caught:
        way.deliver(letter(), lambda: None)
    assert not isinstance(caught.value, WayDown)


@pytest.mark.parametrize(
    ("reply", "error"), [("552 too big", Permanent), ("451 try later", Passing)]
)
def test_a_message_refused_at_its_end_did_not_arrive(
    server: SmtpServer, way: SmtpWay, reply: str, error: type[Exception]
) -> None:
    server.reply = reply
    with pytest.raises(error, match=reply):
        way.deliver(letter(), lambda: None)
    assert server.taken == []


def test_no_server_means_that_the_way_is_down(server: SmtpServer, way: SmtpWay) -> None:
    server.down()
    with pytest.raises(WayDown, match="connecting"):
        way.deliver(letter(), lambda: None)
    server.up()
    assert way.deliver(letter(), lambda: None).startswith("250")


def test_cut_before_the_last_dot_nothing_arrives(server: SmtpServer, way: SmtpWay) -> None:
    class Cut(Exception):
        pass

    def cut() -> None:
        raise Cut

    with pytest.raises(Cut):
        way.deliver(letter(1), cut)
    way.deliver(letter(2), lambda: None)
    assert list(server.counts()) == [letter(2).message_id]


def test_no_answer_to_the_last_dot_is_unsure(server: SmtpServer) -> None:
    server.drop_before_answer = True
    settings = SmtpSettings("127.0.0.1", server.port, "opportunistic")
    way = SmtpWay(settings, SENDING)
    with pytest.raises(Unsure, match="end of message"):
        way.deliver(letter(), lambda: None)
    server.drop_before_answer = False
    server.delay = 3
    slow = SmtpWay(replace(settings, end_timeout=0.2), SENDING)
    with pytest.raises(Unsure, match="timed out"):
        slow.deliver(letter(), lambda: None)


def test_a_slow_server_is_waited_for(server: SmtpServer, way: SmtpWay) -> None:
    server.delay = 1.0
    assert way.deliver(letter(), lambda: None).startswith("250")


@pytest.mark.parametrize("address", ["", "no address", "a@b\r\nRCPT TO:<c@d>", "王@example.com"])
def test_what_is_no_address_is_permanent(server: SmtpServer, way: SmtpWay, address: str) -> None:
    with pytest.raises(Permanent, match="No mail can go to"):
        way.deliver(letter(1, address), lambda: None)
    assert server.taken == []


@pytest.fixture
def secure(authority: Authority) -> Iterator[SmtpServer]:
    running = SmtpServer(tls=authority.server_side(), password="secret word")
    yield running
    running.stop()


def test_the_password_goes_over_tls_only(secure: SmtpServer, authority: Authority) -> None:
    trusting = ssl.create_default_context(cafile=authority.file)
    good = SmtpSettings(
        "127.0.0.1", secure.port, "starttls", "divan", "secret word", context=trusting
    )
    way = SmtpWay(good, SENDING)
    assert way.check().startswith("250")
    assert way.deliver(letter(), lambda: None).startswith("250")
    way.close()
    with pytest.raises(WayDown, match="signing in: 535"):
        SmtpWay(replace(good, password="wrong"), SENDING).check()
    with pytest.raises(WayDown, match="certificate is not trusted"):
        SmtpWay(replace(good, context=None), SENDING).check()
    assert "secret word" not in repr(good)


def test_a_server_without_tls_gets_no_password_from_afar(server: SmtpServer) -> None:
    insisting = SmtpSettings("127.0.0.1", server.port, "starttls")
    with pytest.raises(WayDown, match="STARTTLS"):
        SmtpWay(insisting, SENDING).check()


@pytest.mark.parametrize(
    ("phase", "code", "meaning"),
    [
        (Phase.CONNECT, 554, WayDown),
        (Phase.LOGIN, 535, WayDown),
        (Phase.SENDER, 550, WayDown),
        (Phase.RECEIVER, 550, Permanent),
        (Phase.RECEIVER, 530, WayDown),
        (Phase.RECEIVER, 552, Passing),
        (Phase.RECEIVER, 421, WayDown),
        (Phase.END, 554, Permanent),
        (Phase.END, 452, Passing),
        (Phase.END, 354, Unsure),
    ],
)
def test_the_meaning_of_replies(phase: Phase, code: int, meaning: type[Exception]) -> None:
    assert type(from_reply(phase, code, b"text")) is meaning


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mail.example.com", "begins with smtp://"),
        ("smtp://u:p@mail.example.com", "must not hold a password"),
        ("smtp://mail.example.com:port", "port"),
        ("smtp://", "names a server"),
        ("smtp://u@mail.example.com", "no password"),
        ("smtp://mail.example.com/path", "names a server"),
    ],
)
def test_a_wrong_address_says_what_to_write(url: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        parse_smtp_url(url, None)


def test_addresses_of_servers() -> None:
    read = parse_smtp_url("smtp+starttls://a%40b@mail.example.com", "pw")
    assert (read.host, read.port, read.security, read.user) == (
        "mail.example.com", 587, "starttls", "a@b"
    )  # fmt: skip
    assert parse_smtp_url("smtps://m.example.com", None).port == 465
    assert not read.loopback
    assert parse_smtp_url("smtp://[::1]:2525", None).loopback
