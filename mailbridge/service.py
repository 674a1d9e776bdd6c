"""The bridge as a service: reacts at once to what comes into the outbox."""

from collections.abc import Callable
from email.errors import HeaderParseError
from email.headerregistry import Address
from importlib import import_module

from mailbridge.digests import Digests
from mailbridge.exchange_settings import parse_exchange
from mailbridge.letters import OfficeLetters
from mailbridge.local import LocalWay, Mailbox
from mailbridge.mapping import Sending
from mailbridge.outbound import Outbound
from mailbridge.ports import RemoteWay, Way
from mailbridge.smtp import SmtpWay
from mailbridge.smtp_settings import parse_smtp_url
from plugin import (
    LONGEST_WAIT,
    SERVER,
    BadInput,
    Lease,
    Office,
    Outbox,
    Service,
    Work,
    Workers,
    at_office,
    secret,
)
from store.cancel import Cancel

LEASE = "bridge"
OUTBOX = "outbox"
REMOTE = ("smtp", "exchange")
"""The names of the ways over a network."""
DIGEST_WAIT = 10.0
"""Seconds after which a digest that became due meanwhile is made."""


class Bridge:
    """Delivers an office's notices and makes its digests, one process at a time.

    Raises BadInput where the settings of a mail server make no sense.
    """

    def __init__(self, office: Office) -> None:
        self._office = office
        self._outbox = Outbox(office.server.database(OUTBOX, SERVER))
        ways: list[Way] = [LocalWay(_mailboxes(office)), *remote_ways(office)]
        names = tuple(way.name for way in ways)
        letters, clock = OfficeLetters(office), office.clock
        self.outbound = [
            Outbound(self._outbox, letters, way, configured=names, clock=clock) for way in ways
        ]
        self.digests = Digests(office, self._outbox)
        self.lease = Lease(office.coordination, LEASE)
        self._workers: Workers | None = None

    def run_once(self) -> int:
        """Make the digests that are due and deliver what waits; returns how many deliveries were
        tried. The caller holds the lease or knows that no other bridge runs."""
        self.digests.run_once(self._office.clock())
        return sum(outbound.run_once() for outbound in self.outbound)

    def start(self) -> None:
        steps = [self._deliver_step(outbound) for outbound in self.outbound]
        self._workers = Workers(self.lease, [*steps, self._digest_step])
        self._workers.start()

    def stop(self) -> None:
        if self._workers is not None:
            self._workers.stop()
            self._workers = None

    def _deliver_step(self, outbound: Outbound) -> Work:
        def step(stop: Cancel) -> None:
            before = self._outbox.sequence()
            outbound.run_once(stop.is_set)
            wait = min(LONGEST_WAIT, outbound.seconds_to_next(LONGEST_WAIT))
            self._outbox.wait(before, wait, stop)

        return step

    def _digest_step(self, stop: Cancel) -> None:
        self.digests.run_once(self._office.clock())
        self.digests.wait(DIGEST_WAIT, stop)


def remote_ways(office: Office) -> list[RemoteWay]:
    """The ways over a network that the settings name. Raises BadInput."""
    ways: list[RemoteWay] = []
    if office.settings.smtp_url:
        ways.append(_smtp(office))
    if office.settings.exchange_url:
        ways.append(_exchange(office))
    return ways


def _smtp(office: Office) -> SmtpWay:
    settings = office.settings
    smtp = parse_smtp_url(settings.smtp_url, secret(office.data, "smtp_password"))
    return SmtpWay(smtp, _sending(office, "smtp_from"))


def _exchange(office: Office) -> RemoteWay:
    exchange = parse_exchange(office.settings, secret(office.data, "exchange_password"))
    try:
        module = import_module("mailbridge.exchange")  # an extra; and slow to load
    except ModuleNotFoundError as error:
        raise BadInput(
            "exchange_url is set but {package} is missing. Run: pip install 'divan[exchange]'",
            package=str(error.name),
        ) from error
    way: RemoteWay = module.ExchangeWay(
        exchange, _sending(office, "exchange_mailbox"), office.clock
    )
    return way


def _sending(office: Office, name: str) -> Sending:
    """Who sends, by the address in the setting of this name. Raises BadInput."""
    settings = office.settings
    sender = settings[name]
    try:
        Address(addr_spec=sender).addr_spec.encode("ascii")
    except (ValueError, IndexError, HeaderParseError) as error:
        raise BadInput(
            "{name} must be a mail address such as divan@example.com, not {value}.",
            name=name,
            value=repr(sender),
        ) from error
    return Sending(sender, settings.company_name, settings.base_url)


def _mailboxes(office: Office) -> Callable[[str], Mailbox]:
    """A person's mailbox, made if need be."""
    system = office.system()
    return lambda person: system.database(office.mail_database(person))


def service(office: Office) -> Service:
    """The bridge as a service, for the entry-point group `divan.services`."""
    return at_office(office, Bridge)
