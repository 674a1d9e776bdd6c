"""How Divan signs in at Exchange: NTLM, OAuth, a private authority, autodiscover, the settings."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from exchangelib.autodiscover import discovery

from mailbridge.errors import SignInRefused, WayDown
from mailbridge.exchange import ExchangeWay
from mailbridge.exchange_settings import ExchangeSettings, parse_exchange
from plugin import BadInput
from plugin.runtime.settings import read_settings
from tests.mailbridge.authority import Authority
from tests.mailbridge.ews_server import PASSWORD, SENDER, SERVICE, EwsServer
from tests.mailbridge.test_exchange import ANNA, SENDING, letter, never, visit
from tests.plugin.steady_clock import SteadyClock

Start = Callable[..., EwsServer]


@pytest.fixture
def start(authority: Authority) -> Iterator[Start]:
    """Starts servers that the private authority vouches for."""
    running: list[EwsServer] = []

    def starts(scheme: str) -> EwsServer:
        running.append(EwsServer(ANNA, scheme=scheme, tls=authority.server_side()))
        return running[-1]

    yield starts
    for server in running:
        server.stop()


def settings(server: EwsServer, authority: Authority, sign_in: str) -> ExchangeSettings:
    read = parse_exchange(
        {
            "exchange_url": server.url, "exchange_user": SERVICE, "exchange_mailbox": SENDER,
            "exchange_sign_in": sign_in, "exchange_access": "impersonation",
            "exchange_authority": str(authority.file),
            "exchange_token_url": f"{server.place}/token",
            "exchange_token_scope": "https://mail.example.com/.default",
        },
        PASSWORD,
    )  # fmt: skip
    return replace(read, timeout=10)


def arrives(server: EwsServer, used: ExchangeSettings) -> None:
    way = ExchangeWay(used, SENDING, SteadyClock())
    way.deliver(letter(1, event=visit()), never)
    way.close()
    way.deliver(letter(2), never)
    way.close()
    assert len(server.mailboxes.inbox(ANNA)) == 2
    assert len(server.mailboxes.calendar(ANNA)) == 1


def refused(used: ExchangeSettings) -> None:
    way = ExchangeWay(used, SENDING, SteadyClock())
    with pytest.raises(SignInRefused, match="refuses the user name or the password"):
        way.check()
    way.close()


def test_basic_over_a_private_authority(start: Start, authority: Authority) -> None:
    server = start("basic")
    used = settings(server, authority, "basic")
    arrives(server, used)
    refused(replace(used, password="wrong"))


def test_who_does_not_trust_the_authority_sends_no_password(
    start: Start, authority: Authority
) -> None:
    server = start("basic")
    way = ExchangeWay(
        replace(settings(server, authority, "basic"), authority=""), SENDING, SteadyClock()
    )
    with pytest.raises(WayDown, match="certificate is not trusted; exchange_authority"):
        way.check()
    assert server.asked == []


def test_ntlm(
    start: Start, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts = tmp_path / "accounts"
    accounts.write_text(f"{SERVICE.replace(chr(92), ':')}:{PASSWORD}\n")
    monkeypatch.setenv("NTLM_USER_FILE", str(accounts))  # the accounts that the server knows
    server = start("ntlm")
    used = settings(server, authority, "ntlm")
    arrives(server, used)
    refused(replace(used, password="wrong"))


def test_oauth_as_an_application_impersonates_the_sending_mailbox_too(
    start: Start, authority: Authority
) -> None:
    server = start("oauth")
    used = settings(server, authority, "oauth")
    arrives(server, used)
    assert {asked.impersonated for asked in server.asked} == {SENDER, ANNA}
    refused(replace(used, password="wrong"))


def test_autodiscover_finds_the_address(
    start: Start, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start("basic")
    # What DNS does elsewhere: the domain of the mailbox leads to this machine.
    domain = server.place.removeprefix("https://")
    monkeypatch.setattr(discovery, "get_domain", lambda address: domain)
    monkeypatch.setattr(discovery.Autodiscovery, "_ensure_valid_hostname", lambda self, url: None)
    used = replace(settings(server, authority, "basic"), url="")
    arrives(server, used)
    refused(replace(used, password="wrong"))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"exchange_user": ""}, "exchange_user: The service account"),
        ({"exchange_mailbox": ""}, "exchange_mailbox: The address"),
        ({"exchange_url": "http://mail.example.com/EWS/Exchange.asmx"}, "begin with https://"),
        ({"exchange_authority": "/nowhere/ca.pem"}, "there is no file /nowhere/ca.pem"),
        ({"exchange_sign_in": "oauth"}, "exchange_token_url: The address that gives tokens"),
    ],
)
def test_wrong_settings_say_what_to_write(
    tmp_path: Path, changed: dict[str, str], said: str
) -> None:
    good = {
        "exchange_url": "https://mail.example.com/EWS/Exchange.asmx",
        "exchange_user": SERVICE,
        "exchange_mailbox": SENDER,
    }
    names = {f"DIVAN_{name.upper()}": value for name, value in {**good, **changed}.items()}
    with pytest.raises(BadInput, match=said):
        parse_exchange(read_settings(tmp_path, names), PASSWORD)


def test_the_password_is_no_setting_and_is_not_shown(tmp_path: Path) -> None:
    names = {
        "DIVAN_EXCHANGE_URL": "autodiscover",
        "DIVAN_EXCHANGE_USER": SERVICE,
        "DIVAN_EXCHANGE_MAILBOX": SENDER,
    }
    with pytest.raises(BadInput, match="secrets/exchange_password"):
        parse_exchange(read_settings(tmp_path, names), None)
    read = parse_exchange(read_settings(tmp_path, names), PASSWORD)
    assert (read.url, read.sign_in, read.access) == ("", "ntlm", "impersonation")
    assert PASSWORD not in repr(read)
