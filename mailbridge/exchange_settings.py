"""Which Exchange Server notices go to: read from the settings, checked before anything is sent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from mailbridge.smtp_settings import on_this_machine
from plugin import BadInput, Message

SignIn = Literal["basic", "ntlm", "oauth"]
Access = Literal["impersonation", "delegation"]

AUTODISCOVER = "autodiscover"


@dataclass(frozen=True)
class ExchangeSettings:
    """`url` is the address of the web services (EWS), empty where autodiscover finds it.

    `mailbox` is the address of the mailbox that notices are sent from. `access` says how the
    calendars of people are opened. For OAuth `user` is the application's id and `password` its
    secret, `token_url` the service that gives tokens for `token_scope`.
    """

    url: str
    user: str
    password: str = field(repr=False)
    mailbox: str
    sign_in: SignIn = "ntlm"
    access: Access = "impersonation"
    authority: str = ""
    token_url: str = ""
    token_scope: str = ""
    timeout: float = 120.0

    @property
    def place(self) -> str:
        return self.url or f"{AUTODISCOVER} for {self.mailbox}"


def parse_exchange(settings: Mapping[str, Any], password: str | None) -> ExchangeSettings:
    """What the settings `exchange_…` mean. Raises BadInput that says what to write instead."""
    url, sign_in = settings["exchange_url"], settings["exchange_sign_in"]
    _demand(settings, "exchange_user", "The service account, EXAMPLE\\divan or divan@example.com.")
    _demand(settings, "exchange_mailbox", "The address of the mailbox that notices are sent from.")
    if not password:
        raise BadInput(
            "exchange_url is set but there is no password. Put it into DIVAN_EXCHANGE_PASSWORD or "
            "into the file secrets/exchange_password of the data directory."
        )
    if url != AUTODISCOVER:
        _check_address("exchange_url", url)
    if sign_in == "oauth":
        _demand(settings, "exchange_token_url", "The address that gives tokens.")
        _demand(settings, "exchange_token_scope", "What the token is for, as the service names it.")
        _check_address("exchange_token_url", settings["exchange_token_url"])
    authority = settings["exchange_authority"]
    if authority and not Path(authority).is_file():
        raise BadInput("exchange_authority: there is no file {file}.", file=authority)
    return ExchangeSettings(
        url="" if url == AUTODISCOVER else url,
        user=settings["exchange_user"],
        password=password,
        mailbox=settings["exchange_mailbox"],
        sign_in=sign_in,
        access=settings["exchange_access"],
        authority=authority,
        token_url=settings["exchange_token_url"],
        token_scope=settings["exchange_token_scope"],
    )


def _demand(settings: Mapping[str, Any], name: str, what: str) -> None:
    if not settings[name]:
        raise BadInput(
            "exchange_url needs the setting {name}: {what}", name=name, what=Message(what)
        )


def _check_address(name: str, url: str) -> None:
    """A password crosses a network encrypted, or not at all."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not on_this_machine(parts.hostname or ""):
        raise BadInput(
            "{name} must begin with https://, because a password goes there. Write for example "
            "https://mail.example.com/EWS/Exchange.asmx",
            name=name,
        )
