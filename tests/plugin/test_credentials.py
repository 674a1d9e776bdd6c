"""Passwords, links and tokens in a real store."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from plugin.runtime.errors import BadInput, NotFound
from plugin.runtime.people.credentials import Credentials, password_problem
from plugin.runtime.people.tries import FREE, LONGEST, TooManyTries
from store.errors import Forbidden, Unauthorized
from store.errors import NotFound as Missing
from store.lite.server import LiteServer
from store.types import UserContext

PASSWORD = "correct horse"
WEAK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class Clock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiteServer]:
    server = LiteServer(tmp_path)
    yield server
    server.close()


@pytest.fixture
def credentials(server: LiteServer, clock: Clock) -> Credentials:
    return Credentials(server, clock, WEAK)


def test_a_password_is_checked_and_never_stored(
    credentials: Credentials, server: LiteServer, tmp_path: Path
) -> None:
    credentials.set_password("anna", PASSWORD)
    assert credentials.check("anna", PASSWORD)
    assert not credentials.check("anna", PASSWORD + "!")
    assert not credentials.check("nobody", PASSWORD)
    assert credentials.has_password("anna")
    assert not credentials.has_password("nobody")
    server.close()
    stored = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"argon2id" in stored
    assert PASSWORD.encode() not in stored


def test_the_same_characters_in_another_unicode_form_are_the_same_password(
    credentials: Credentials,
) -> None:
    credentials.set_password("anna", "café à la carte")
    assert credentials.check("anna", "cafe\u0301 a\u0300 la carte")


@pytest.mark.parametrize("bad", ["", "short", "x" * 1001])
def test_a_bad_password_is_refused_and_the_old_one_stays(
    credentials: Credentials, bad: str
) -> None:
    credentials.set_password("anna", PASSWORD)
    assert password_problem(bad) is not None
    with pytest.raises(BadInput, match="The password"):
        credentials.set_password("anna", bad)
    assert credentials.check("anna", PASSWORD)
    assert not credentials.check("anna", bad)


def test_a_new_password_ends_open_sessions_and_the_old_hash_is_gone(
    credentials: Credentials, server: LiteServer
) -> None:
    credentials.set_password("anna", PASSWORD)
    before = credentials.stamp("anna")
    rev = server.database("credentials").get("password:anna")["_rev"]
    credentials.check("anna", PASSWORD)
    assert credentials.stamp("anna") == before
    credentials.set_password("anna", "another horse")
    assert credentials.stamp("anna") not in ("", before)
    assert not credentials.check("anna", PASSWORD)
    with pytest.raises(Missing):
        server.database("credentials").get("password:anna", rev=rev)


def test_a_weak_hash_is_made_anew_at_the_next_sign_in(
    credentials: Credentials, server: LiteServer, clock: Clock
) -> None:
    credentials.set_password("anna", PASSWORD)
    weak = server.database("credentials").get("password:anna")["hash"]
    stronger = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    assert Credentials(server, clock, stronger).check("anna", PASSWORD)
    doc = server.database("credentials").get("password:anna")
    assert doc["hash"] != weak
    assert not stronger.check_needs_rehash(doc["hash"])
    assert credentials.check("anna", PASSWORD)


def test_repeated_failures_make_wait_longer_and_longer(
    credentials: Credentials, server: LiteServer, clock: Clock
) -> None:
    credentials.set_password("anna", PASSWORD)
    credentials.set_password("jane", PASSWORD)
    for _ in range(FREE):
        assert not credentials.check("anna", "wrong")
    with pytest.raises(TooManyTries) as first:
        credentials.check("anna", PASSWORD)
    assert first.value.seconds == 2
    assert credentials.check("jane", PASSWORD)
    restarted = Credentials(server, clock, WEAK)
    clock.pass_(seconds=2)
    assert not restarted.check("anna", "wrong")
    with pytest.raises(TooManyTries) as second:
        restarted.check("anna", PASSWORD)
    assert second.value.seconds == 4
    clock.pass_(seconds=4)
    assert restarted.check("anna", PASSWORD)
    assert not restarted.check("anna", "wrong")
    assert restarted.check("anna", PASSWORD)


def test_failures_are_forgotten_after_the_longest_wait(
    credentials: Credentials, clock: Clock
) -> None:
    credentials.set_password("anna", PASSWORD)
    for _ in range(FREE):
        credentials.check("anna", "wrong")
    clock.pass_(seconds=LONGEST)
    for _ in range(FREE):
        assert not credentials.check("anna", "wrong")


def test_a_link_works_once_and_for_one_purpose(credentials: Credentials) -> None:
    link = credentials.invite("anna")
    assert credentials.invited(link) == "anna"
    assert credentials.invited(link, purpose="setup") is None
    assert credentials.invited("made up") is None
    with pytest.raises(BadInput):
        credentials.accept(link, "short")
    assert credentials.accept(link, PASSWORD) == "anna"
    assert credentials.check("anna", PASSWORD)
    assert credentials.invited(link) is None
    with pytest.raises(NotFound, match="used already"):
        credentials.accept(link, "another horse")
    assert credentials.check("anna", PASSWORD)


def test_a_link_expires_and_a_new_one_replaces_it(credentials: Credentials, clock: Clock) -> None:
    old = credentials.invite("anna", lifetime=timedelta(hours=1))
    other = credentials.invite("jane")
    clock.pass_(minutes=59)
    assert credentials.invited(old) == "anna"
    clock.pass_(minutes=1)
    assert credentials.invited(old) is None
    second = credentials.invite("anna")
    third = credentials.invite("anna")
    assert credentials.invited(second) is None
    assert credentials.invited(third) == "anna"
    assert credentials.invited(other) == "jane"


def test_of_two_who_use_a_link_at_once_one_wins(credentials: Credentials) -> None:
    link = credentials.invite("anna")
    outcomes: list[str] = []
    start = threading.Barrier(4)

    def use() -> None:
        start.wait()
        try:
            outcomes.append(credentials.consume(link))
        except NotFound:
            outcomes.append("too late")

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["anna", "too late", "too late", "too late"]


def test_failures_at_the_same_moment_are_all_counted(
    credentials: Credentials, server: LiteServer
) -> None:
    credentials.set_password("anna", PASSWORD)
    threads = [
        threading.Thread(target=credentials.check, args=("anna", "wrong")) for _ in range(FREE)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert server.database("credentials").get("tries:anna")["count"] == FREE


def test_a_token_stands_for_its_person_until_it_is_revoked(
    credentials: Credentials, clock: Clock, server: LiteServer
) -> None:
    secret = credentials.issue_token("anna", label="Anna's ThinkPad")
    clock.pass_(days=1)
    credentials.issue_token("anna", label="second")
    token = credentials.check_token(secret)
    assert token is not None
    assert (token.name, token.kind, token.label) == ("anna", "laptop", "Anna's ThinkPad")
    assert [one.label for one in credentials.tokens("anna")] == ["Anna's ThinkPad", "second"]
    assert credentials.tokens("jane") == []
    assert credentials.check_token("made up") is None
    credentials.revoke(token.id)
    credentials.revoke(token.id)
    assert credentials.check_token(secret) is None
    found = credentials.find_token(secret)
    assert found is not None
    assert found.revoked_at == "2026-11-23T06:00:00Z"
    with pytest.raises(NotFound, match="no token"):
        credentials.revoke("made up")
    assert secret not in str(server.database("credentials").get(f"token:{token.id}"))


def test_who_leaves_has_nothing_left(credentials: Credentials) -> None:
    credentials.set_password("anna", PASSWORD)
    secret = credentials.issue_token("anna")
    link = credentials.invite("anna")
    credentials.forget("anna")
    assert not credentials.check("anna", PASSWORD)
    assert credentials.check_token(secret) is None
    assert credentials.invited(link) is None
    assert credentials.stamp("anna") == ""


def test_nobody_but_the_server_reaches_the_database(
    credentials: Credentials, server: LiteServer
) -> None:
    credentials.set_password("anna", PASSWORD)
    anna = UserContext("anna", ("divan",))
    with pytest.raises((Forbidden, Unauthorized)):
        server.database("credentials", anna).get("password:anna")


def test_a_database_that_was_replicated_here_is_shut_and_loses_its_history(
    server: LiteServer,
) -> None:
    server.create("credentials")
    server.database("credentials").set_security({})
    Credentials(server, hasher=WEAK).set_password("anna", PASSWORD)
    db = server.database("credentials")
    assert db.revs_limit() == 1
    with pytest.raises((Forbidden, Unauthorized)):
        server.database("credentials", UserContext("anna", ("divan",))).all_docs()
