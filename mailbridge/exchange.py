"""Delivery to Exchange Server by its web services (EWS), through exchangelib.

A notice is put into Drafts of the sending mailbox and sent from there. Every item carries the
outbox document's id as a property, so a try that was cut off is found: in Drafts it is sent, in
Sent Items it was. SendItem takes one item out of Drafts and does so once. So a message is sent
exactly once, wherever the bridge is killed or the connection breaks.

An appointment goes into the person's own calendar too. It is found there by the document it is
about, and changed when a later notice says otherwise.

This is the only file that knows exchangelib, which is kept in its fast-failing mode: pauses are the
outbox's business.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from email.errors import HeaderParseError
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import requests
from exchangelib import (
    BASIC,
    DELEGATE,
    IMPERSONATION,
    NTLM,
    OAUTH2,
    UTC,
    Account,
    CalendarItem,
    Configuration,
    Credentials,
    ExtendedProperty,
    FailFast,
    HTMLBody,
    Mailbox,
    Message,
    OAuth2Credentials,
)
from exchangelib.autodiscover import cache as discovery_cache
from exchangelib.autodiscover.discovery import Autodiscovery
from exchangelib.errors import ErrorServerBusy, EWSError, UnauthorizedError
from exchangelib.folders import (
    Calendar,
    DistinguishedFolderId,
    Drafts,
    Folder,
    FolderCollection,
    Root,
    SentItems,
)
from exchangelib.items import SEND_TO_NONE
from exchangelib.protocol import BaseProtocol, close_connections
from exchangelib.version import EXCHANGE_2016, Version
from oauthlib.oauth2 import OAuth2Error

from mailbridge.errors import DeliveryError, Passing, Permanent
from mailbridge.exchange_errors import Phase, from_code
from mailbridge.exchange_settings import ExchangeSettings
from mailbridge.mapping import Sending, one_line, to_message
from mailbridge.ports import Letter, Receiver
from mailbridge.rendering import to_html
from plugin import stamp

OUR_PROPERTIES = "5c7b1f0e-3a44-4f5b-9a70-6b1d2c9e8d21"
"""The set (a GUID of our own) that Divan's properties of items are in."""
_BUSY = re.compile(rb"ResponseCode[^>]*>\s*ErrorServerBusy")
_BACK_OFF = re.compile(rb'Name="BackOffMilliseconds"[^>]*>\s*(\d+)')


class OutboxId(ExtendedProperty):  # type: ignore[misc]
    """On a message: the outbox document it was made of."""

    property_set_id = OUR_PROPERTIES
    property_name = "DivanOutboxId"
    property_type = "String"


class About(ExtendedProperty):  # type: ignore[misc]
    """On an appointment: the document it is about."""

    property_set_id = OUR_PROPERTIES
    property_name = "DivanAbout"
    property_type = "String"


class AsOf(ExtendedProperty):  # type: ignore[misc]
    """On an appointment: when the notice was made that it was last written by."""

    property_set_id = OUR_PROPERTIES
    property_name = "DivanAsOf"
    property_type = "String"


Message.register("divan_outbox_id", OutboxId)
CalendarItem.register("divan_about", About)
CalendarItem.register("divan_as_of", AsOf)


class _Policy(FailFast):  # type: ignore[misc]
    """Tells a wrong password from a busy server, which the library mixes up where the answer
    closes the connection, and finds the pause that the server asks for in all its places."""

    def raise_response_errors(self, response: requests.Response) -> None:
        if response.status_code == 401:
            raise UnauthorizedError(f"Not let in by {response.url}")
        if response.status_code in (429, 503):
            after = response.headers.get("Retry-After", "")
            pause = float(after) if after.isdigit() else None
            raise ErrorServerBusy(f"HTTP {response.status_code}", back_off=pause)
        if _BUSY.search(response.content):
            found = _BACK_OFF.search(response.content)
            pause = int(found[1]) / 1000 if found else None
            raise ErrorServerBusy("Told by a response code", back_off=pause)
        super().raise_response_errors(response)


class _Application(OAuth2Credentials):  # type: ignore[misc]
    """An application's id and secret, with tokens from where the settings say."""

    def __init__(self, settings: ExchangeSettings) -> None:
        super().__init__(client_id=settings.user, client_secret=settings.password)
        self._token_url, self._scope = settings.token_url, settings.token_scope

    @property
    def token_url(self) -> str:
        return self._token_url

    @property
    def scope(self) -> list[str]:
        return self._scope.split()


class ExchangeWay:
    """One Exchange Server. Accounts and connections are kept until `close`."""

    name = "exchange"

    def __init__(
        self, settings: ExchangeSettings, sending: Sending, clock: Callable[[], datetime]
    ) -> None:
        self._settings = settings
        self._sending = sending
        self._clock = clock
        self._configuration: Configuration | None = None
        self._accounts: dict[str, Account] = {}
        self._busy: dict[str, datetime] = {}
        # The library takes these for the whole process; a process knows one Exchange.
        BaseProtocol.HTTP_ADAPTER_CLS = _adapter(settings.authority)
        BaseProtocol.TIMEOUT = settings.timeout
        BaseProtocol.USERAGENT = "Divan"

    @property
    def place(self) -> str:
        return self._settings.place

    def serves(self, receiver: Receiver) -> bool:
        return receiver.takes(self.name)

    def deliver(self, letter: Letter, handing_over: Callable[[], None]) -> str:
        answer = self._mail(letter)
        if letter.content.event is None:
            return answer
        return f"{answer} {self._appointment(letter)}"

    def check(self, address: str = "") -> str:
        """Sign in and look into the folders that are needed; with an address, the calendar too."""
        sender = self._settings.mailbox
        with self._asking(Phase.SENDING, sender):
            account = self._account(sender)
            for kind in (Drafts, SentItems):
                _found(account, kind, divan_outbox_id="")
            version = str(account.version.build)
        if address:
            with self._asking(Phase.CALENDAR, address):
                _found(self._account(address), Calendar, divan_about="")
        opened = ", ".join((sender, *([f"calendar of {address}"] if address else [])))
        return f"Exchange {version} lets us in: {opened}"

    def close(self) -> None:
        for account in self._accounts.values():
            account.protocol.close()
        self._accounts.clear()

    def _mail(self, letter: Letter) -> str:
        sender = self._settings.mailbox
        with self._asking(Phase.SENDING, sender):
            account = self._account(sender)
            # Drafts first: an item that moves to Sent Items meanwhile is seen in one of them.
            draft = _found(account, Drafts, divan_outbox_id=letter.id)
            if draft is None and _found(account, SentItems, divan_outbox_id=letter.id):
                return "The mail had been sent."
            if draft is not None and draft.is_submitted:
                return "The mail is on its way."
            self._send(draft or self._draft(account, letter))
        return "The mail is sent."

    def _draft(self, account: Account, letter: Letter) -> Message:
        receiver = letter.receiver
        try:
            mime = to_message(letter, self._sending, calendar=False).as_bytes()
        except (ValueError, IndexError, HeaderParseError) as error:
            raise Permanent(f"No mail can go to {receiver.address!r}: {error}") from error
        sender = Mailbox(name=one_line(self._sending.title), email_address=self._sending.sender)
        draft = Message(
            account=account,
            folder=_folder(account, Drafts),
            mime_content=mime,
            subject=one_line(letter.content.subject),
            author=sender,
            to_recipients=[Mailbox(name=one_line(receiver.title), email_address=receiver.address)],
            divan_outbox_id=letter.id,
        )
        return draft.save()

    def _send(self, draft: Message) -> None:
        """Send it; a draft that the server refuses for good is not left lying about."""
        try:
            draft.send(copy_to_folder=_folder(draft.account, SentItems))
        except EWSError as error:
            if isinstance(_meaning(Phase.SENDING, self._settings.mailbox, error), Permanent):
                draft.delete()
            raise

    def _appointment(self, letter: Letter) -> str:
        mailbox = letter.receiver.address
        with self._asking(Phase.CALENDAR, mailbox):
            account = self._account(mailbox)
            item = _to_item(account, letter, self._sending.base_url)
            there = _found(account, Calendar, divan_about=item.divan_about)
            if there is None:
                item.save(send_meeting_invitations=SEND_TO_NONE)
                return "The appointment is in the calendar."
            if _written_at(there) > item.divan_as_of:
                return "The calendar has a later notice of this appointment."
            item.id, item.changekey = there.id, there.changekey
            item.save(update_fields=_CHANGED, send_meeting_invitations=SEND_TO_NONE)
            return "The appointment in the calendar is changed."

    def _account(self, address: str) -> Account:
        """The mailbox with this address; nothing is asked of the server here."""
        if address not in self._accounts:
            own = address == self._settings.mailbox and self._settings.sign_in != "oauth"
            delegated = own or self._settings.access == "delegation"
            self._accounts[address] = Account(
                primary_smtp_address=address,
                config=self._configured(),
                access_type=DELEGATE if delegated else IMPERSONATION,
                default_timezone=UTC,
                locale="en_US",
            )
        return self._accounts[address]

    def _configured(self) -> Configuration:
        if self._configuration is None:
            s = self._settings
            credentials: Credentials | _Application
            if s.sign_in == "oauth":
                credentials = _Application(s)
            else:
                credentials = Credentials(s.user, s.password)
            address = s.url or _discovered(s.mailbox, credentials)
            close_connections()  # the library would go on with what it knows of this address
            self._configuration = Configuration(
                service_endpoint=address,
                credentials=credentials,
                auth_type={"basic": BASIC, "ntlm": NTLM, "oauth": OAUTH2}[s.sign_in],
                version=Version(build=EXCHANGE_2016, api_version="Exchange2016"),
                retry_policy=_Policy(),
            )
        return self._configuration

    @contextmanager
    def _asking(self, phase: Phase, mailbox: str) -> Iterator[None]:
        """Exchange's errors become ours. A mailbox that is busy is left alone until it is not."""
        now = self._clock()
        left = (self._busy.get(mailbox, now) - now).total_seconds()
        if left > 0:
            raise from_code(phase, mailbox, "ErrorServerBusy", "Not asked again so soon", left)
        try:
            yield
        except (EWSError, OAuth2Error, requests.RequestException) as error:
            meant = _meaning(phase, mailbox, error)
            if isinstance(meant, Passing) and meant.wait:
                self._busy[mailbox] = now + meant.wait
            raise meant from error


# What a later notice may change in an appointment: not what the person has made of it.
_CHANGED = [
    "subject", "body", "start", "end", "location", "reminder_minutes_before_start", "divan_as_of"
]  # fmt: skip


def _to_item(account: Account, letter: Letter, base_url: str) -> CalendarItem:
    """The appointment of a letter that has one, with a reminder as early as the letter came."""
    content, event = letter.content, letter.content.event
    assert event is not None
    early = (event.start - letter.at).total_seconds() // 60
    about = f"{content.database}/{content.document}" if content.document else letter.id
    return CalendarItem(
        account=account,
        folder=_folder(account, Calendar),
        subject=one_line(event.summary),
        body=HTMLBody(to_html(content, base_url, letter.receiver.language)),
        start=event.start.astimezone(UTC),
        end=max(event.start, event.end or event.start).astimezone(UTC),
        location=one_line(event.place) or None,
        reminder_is_set=True,
        reminder_minutes_before_start=max(0, int(early)),
        is_response_requested=False,
        divan_about=about,
        divan_as_of=stamp(letter.at),
    )


def _folder(account: Account, kind: type[Folder]) -> Folder:
    """A mailbox's folder by its well-known name. The library would ask for the root first, which
    who may open one calendar may not open."""
    mailbox = Mailbox(email_address=account.primary_smtp_address)

    def named(name: str) -> DistinguishedFolderId:
        return DistinguishedFolderId(id=name, mailbox=mailbox)

    root = Root(account=account, _distinguished_id=named(Root.DISTINGUISHED_FOLDER_ID))
    return kind(root=root, _distinguished_id=named(kind.DISTINGUISHED_FOLDER_ID))


def _found(account: Account, kind: type[Folder], **having: str) -> Any:
    """The item of a folder that has this property, None where there is none."""
    folders = FolderCollection(account=account, folders=[_folder(account, kind)])
    items = folders.filter(**having).only("id", "changekey", "is_submitted")
    return next(iter(items), None)


def _written_at(there: CalendarItem) -> str:
    """The stamp of the notice that an appointment in a calendar was last written by."""
    folder = _folder(there.account, Calendar)
    [item] = there.account.fetch([there], folder=folder, only_fields=["divan_as_of"])
    if isinstance(item, Exception):  # it went away between finding and reading it
        raise item
    return item.divan_as_of or ""


def _meaning(phase: Phase, mailbox: str, error: Exception) -> DeliveryError:
    if isinstance(error, OAuth2Error):
        text = f"The service for tokens refuses the application: {error}"
        return from_code(phase, mailbox, "UnauthorizedError", text)
    if isinstance(error, EWSError):
        wait = getattr(error, "back_off", None)
        return from_code(phase, mailbox, type(error).__name__, str(error), wait)
    return from_code(phase, mailbox, "TransportError", str(error))


def _adapter(authority: str) -> type[requests.adapters.HTTPAdapter]:
    """How connections are made: trusting the private authority, where there is one."""

    class Adapter(requests.adapters.HTTPAdapter):
        def send(self, request: Any, **options: Any) -> requests.Response:  # type: ignore[override]
            if authority:
                options["verify"] = authority
            return super().send(request, **options)

    return Adapter


def _discovered(mailbox: str, credentials: Any) -> str:
    """The address of the web services, from the domain of the mailbox. The library's cache is a
    pickle in the common directory for temporary files: it gets a place of its own instead."""
    with TemporaryDirectory() as place:
        discovery_cache.AUTODISCOVER_PERSISTENT_STORAGE = Path(place, "cache")
        Autodiscovery.INITIAL_RETRY_POLICY = _Policy()
        answer, _ = Autodiscovery(email=mailbox, credentials=credentials).discover()
        discovery_cache.autodiscover_cache.close()
    return str(answer.ews_url)
