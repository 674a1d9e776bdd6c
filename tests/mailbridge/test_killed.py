"""The bridge as a process of its own, killed with SIGKILL and started again."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mailbridge.mapping import message_id
from plugin import Office, notify
from tests.mailbridge.bridge_process import (
    PATIENCE,
    BridgeProcess,
    kill_at,
    put_notices,
    wait_until_closed,
    wait_until_sent,
)
from tests.mailbridge.smtp_server import SmtpServer


def by_smtp(smtp: SmtpServer) -> dict[str, str]:
    return {
        "DIVAN_SMTP_URL": f"smtp://127.0.0.1:{smtp.port}",
        "DIVAN_SMTP_FROM": "divan@example.com",
    }


@pytest.fixture
def process(data: Path, smtp: SmtpServer) -> Iterator[BridgeProcess]:
    running = BridgeProcess(data, by_smtp(smtp))
    yield running
    running.kill()


@pytest.fixture
def here(open_office: Callable[..., Office]) -> Office:
    """The office as this process sees it, by the real clock."""
    return open_office()


def memo_counts(office: Office) -> Counter[str]:
    mailbox = office.server.database(office.mail_database("bo.chen"))
    ids = [row["id"] for row in mailbox.all_docs()["rows"]]
    return Counter(docid for docid in ids if docid.startswith("memo:"))


def test_it_delivers_at_once_and_ends_in_order(
    here: Office, process: BridgeProcess, smtp: SmtpServer
) -> None:
    process.start()
    ids = put_notices(here, 1)
    wait_until_sent(here, ids)
    smtp.arrived.clear()
    began = time.monotonic()
    notify(here, kind="late", key="1", to="bo.chen", values={"subject": "Late"})
    assert smtp.arrived.wait(PATIENCE)
    assert time.monotonic() - began < 10, "a running bridge reacts within seconds"
    assert process.stop() == 0


def test_stopped_in_the_middle_it_finishes_the_message_and_goes_on_later(
    here: Office, process: BridgeProcess, smtp: SmtpServer
) -> None:
    smtp.delay = 0.3
    ids = put_notices(here, 8)
    process.start()
    assert smtp.arrived.wait(PATIENCE)
    assert process.stop() == 0
    assert len(smtp.taken) < len(ids), "it was stopped in the middle"
    process.start()
    wait_until_sent(here, ids)
    assert smtp.counts() == {message_id(docid, "divan@example.com"): 1 for docid in ids}


def test_a_mail_server_that_does_not_answer_holds_up_no_mailbox(
    here: Office, process: BridgeProcess, smtp: SmtpServer
) -> None:
    smtp.delay = 3600
    ids = put_notices(here, 10)
    process.start()
    outbox = here.server.database("outbox")
    deadline = time.monotonic() + PATIENCE
    while any("sent" not in str(outbox.get(docid)["ways"].get("local")) for docid in ids):
        assert time.monotonic() < deadline
        outbox.wait_for_change(outbox.info()["update_seq"], 1)
    assert len(smtp.taken) <= 1


def test_killed_before_the_message_it_arrives_once(
    here: Office, process: BridgeProcess, smtp: SmtpServer
) -> None:
    smtp.before_data, killed = kill_at(process)
    ids = put_notices(here, 3)
    process.start()
    assert killed.wait(PATIENCE)
    process.start()
    wait_until_sent(here, ids)
    assert smtp.counts() == {message_id(docid, "divan@example.com"): 1 for docid in ids}
    assert memo_counts(here) == {f"memo:{docid}": 1 for docid in ids}


def test_killed_when_the_server_has_the_message_but_has_not_said_so(
    here: Office, process: BridgeProcess, smtp: SmtpServer
) -> None:
    smtp.after_taking, killed = kill_at(process)
    ids = put_notices(here, 3)
    process.start()
    assert killed.wait(PATIENCE)
    process.start()
    wait_until_sent(here, ids)
    # The one instant that SMTP leaves open: the same message twice, known by its Message-ID.
    assert sorted(smtp.counts().values()) == [1, 1, 2]
    assert set(smtp.counts()) == {message_id(docid, "divan@example.com") for docid in ids}
    twice = smtp.counts().most_common(1)[0][0]
    dates = {str(m["Date"]) for m in smtp.taken if str(m["Message-ID"]) == twice}
    assert len(dates) == 1
    assert memo_counts(here) == {f"memo:{docid}": 1 for docid in ids}


def test_killed_after_the_answer_nothing_comes_again(
    here: Office, process: BridgeProcess, smtp: SmtpServer
) -> None:
    smtp.at_quit, killed = kill_at(process)
    ids = put_notices(here, 3)
    process.start()
    assert killed.wait(PATIENCE)
    process.start()
    late = put_notices(here, 4)[3:]
    wait_until_sent(here, [*ids, *late])
    assert set(smtp.counts().values()) == {1}
    assert len(smtp.taken) == 4


@pytest.mark.timeout(300)
def test_killed_again_and_again_at_any_time(
    here: Office, process: BridgeProcess, smtp: SmtpServer
) -> None:
    seed = 20261122
    print(f"seed {seed}")
    chance = random.Random(seed)
    smtp.delay = 0.02
    ids = put_notices(here, 40)
    kills = 2  # each costs the length of a lease
    for _ in range(kills):
        smtp.arrived.clear()
        process.start()
        assert smtp.arrived.wait(PATIENCE), "a restarted bridge goes on when the lease is over"
        threading.Event().wait(chance.uniform(0, 0.15))
        process.kill()
    process.start()
    found = wait_until_closed(here, ids)
    counts = smtp.counts()
    # Where both kills hit the same notice in the gap, it is there twice, and says so.
    unsure = {doc["_id"] for doc in found if doc["state"] == "failed"}
    assert {counts[message_id(docid, "divan@example.com")] for docid in unsure} <= {2}
    assert set(counts) == {message_id(docid, "divan@example.com") for docid in ids}
    assert max(counts.values()) <= 2
    assert sum(counts.values()) - len(ids) <= kills, "at most one copy for each kill"
    assert memo_counts(here) == {f"memo:{docid}": 1 for docid in ids}


def test_two_bridges_side_by_side_send_once(
    here: Office, data: Path, process: BridgeProcess, smtp: SmtpServer
) -> None:
    second = BridgeProcess(data, by_smtp(smtp))
    process.start()
    second.start()
    try:
        ids = put_notices(here, 20)
        wait_until_sent(here, ids)
        process.kill()
        more = put_notices(here, 25)[20:]
        wait_until_sent(here, more)
    finally:
        second.kill()
    assert set(smtp.counts().values()) == {1}
    assert len(smtp.taken) == 25
