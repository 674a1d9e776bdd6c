"""A real SMTP server for tests, which can be told to misbehave."""

import asyncio
import email
import ssl
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

Hook = Callable[[], None]


class SmtpServer:
    """Keeps what it took. `refuse` maps addresses to the reply that RCPT gets.

    `before_data` is called before DATA is answered, `after_taking` when a message was taken but not
    yet answered, `at_quit` when the client says good-bye; `reply` is what the end of a message is
    answered with, `delay` the seconds that pass before that.
    """

    def __init__(
        self, *, tls: ssl.SSLContext | None = None, password: str = "", port: int = 0
    ) -> None:
        self.taken: list[EmailMessage] = []
        self.connections = 0
        self.refuse: dict[str, str] = {}
        self.reply = "250 OK: queued"
        self.delay = 0.0
        self.drop_before_answer = False
        self.before_data: Hook | None = None
        self.after_taking: Hook | None = None
        self.at_quit: Hook | None = None
        self.arrived = threading.Event()
        self._tls = tls
        self._password = password
        self._port = port
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.up()

    @property
    def port(self) -> int:
        return self._port

    def counts(self) -> Counter[str]:
        """How often each Message-ID was taken."""
        return Counter(str(message["Message-ID"]) for message in self.taken)

    def up(self) -> None:
        """Listen, on the same port as before."""
        self._server = self._do(self._loop.create_server(self._protocol, "127.0.0.1", self._port))
        assert self._server is not None
        self._port = self._server.sockets[0].getsockname()[1]

    def down(self) -> None:
        """Stop listening, and cut the connections there are."""
        assert self._server is not None
        self._do(self._close(self._server))
        self._server = None

    def stop(self) -> None:
        if self._server is not None:
            self.down()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, coroutine: Any) -> Any:
        future: Future[Any] = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        return future.result(10)

    async def _close(self, server: asyncio.Server) -> None:
        server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await server.wait_closed()

    def _protocol(self) -> SMTP:
        self.connections += 1
        return _Talk(
            self,
            tls_context=self._tls,
            hostname="mail.test",
            auth_required=bool(self._password),
            authenticator=self._authenticate if self._password else None,
            loop=self._loop,
        )

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        return AuthResult(success=data.password == self._password.encode(), handled=False)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.reply.startswith("250"):
            assert isinstance(envelope.content, bytes)
            message = email.message_from_bytes(envelope.content, policy=default)
            assert isinstance(message, EmailMessage)
            self.taken.append(message)
        if self.after_taking:
            self.after_taking()
        self.arrived.set()
        await asyncio.sleep(self.delay)
        if self.drop_before_answer:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return self.reply

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.at_quit:
            self.at_quit()
        return "221 Bye"


class _Talk(SMTP):
    """One conversation. DATA is announced to the test before it is answered."""

    def __init__(self, owner: SmtpServer, **options: Any) -> None:
        super().__init__(owner, **options)
        self._owner = owner

    async def push(self, status: Any) -> None:
        text = status if isinstance(status, str) else bytes(status).decode()
        if text.startswith("354") and self._owner.before_data:
            self._owner.before_data()
        await super().push(status)
