"""Jobs of `_replicate` and of `_replicator` documents: run, shown, stopped, taken up again."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from store.errors import BadRequest, NotFound, NotOpened, Unauthorized
from store.lite.server import LiteServer
from store.replication import job as job_module
from store.replication.documents import Documents
from store.replication.endpoint import Endpoint
from store.replication.request import Request
from store.replication.scheduler import Scheduler
from store.replication.values import Options
from store.types import ADMIN, BasicAuth, UserContext
from tests.store.edits import state
from tests.store.nodes import served_node
from tests.store.waiting import until

ANNA = UserContext("anna")
DOCUMENTS = "jobs/_replicator"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiteServer]:
    with closing(LiteServer(tmp_path)) as store:
        for name in ("source", "target", DOCUMENTS):
            store.create(name)
        store.database("source").bulk_docs([{"_id": f"doc-{at}"} for at in range(5)])
        yield store


@pytest.fixture
def scheduler(server: LiteServer) -> Iterator[Scheduler]:
    with closing(Scheduler(server, "test")) as running:
        yield running


@pytest.fixture
def documents(server: LiteServer, scheduler: Scheduler) -> Iterator[Documents]:
    with closing(Documents(server, scheduler, DOCUMENTS)) as following:
        yield following
        scheduler.close()


def body(**more: Any) -> dict[str, Any]:
    return {"source": "source", "target": "target", **more}


def test_a_replication_that_is_asked_for_once(server: LiteServer, scheduler: Scheduler) -> None:
    status, answer = scheduler.replicate(body(), ADMIN)
    assert (status, answer["ok"], answer["source_last_seq"]) == (200, True, 5)
    (entry,) = answer["history"]
    assert (entry["docs_read"], entry["docs_written"], entry["missing_checked"]) == (5, 5, 5)
    assert (entry["start_last_seq"], entry["end_last_seq"], entry["recorded_seq"]) == (0, 5, 5)
    assert entry["start_time"].endswith("GMT")
    assert state(server.database("target")) == state(server.database("source"))
    assert scheduler.jobs() == []
    again = scheduler.replicate(body(), ADMIN)[1]
    assert again["no_changes"] is True
    assert again["history"] == answer["history"]


def test_the_history_sums_up_over_runs(server: LiteServer, scheduler: Scheduler) -> None:
    """As in CouchDB, whose own suite asks for it."""
    told = ("missing_checked", "missing_found", "docs_read", "docs_written", "doc_write_failures")
    scheduler.replicate(body(), ADMIN)
    server.database("source").put({"_id": "late"})
    history = scheduler.replicate(body(), ADMIN)[1]["history"]
    assert [[entry[name] for name in told] for entry in history] == [
        [6, 6, 6, 6, 0],
        [5, 5, 5, 5, 0],
    ]


def test_documents_that_were_named_are_counted_in_the_answer(scheduler: Scheduler) -> None:
    answer = scheduler.replicate(body(doc_ids=["doc-1", "doc-2", "none"]), ADMIN)[1]
    assert (answer["docs_read"], answer["docs_written"], answer["doc_write_failures"]) == (2, 2, 0)
    entry = answer["history"][0]
    times = ("start_time", "end_time")
    assert [answer[name] for name in times] == [entry[name] for name in times]
    nothing = scheduler.replicate(body(doc_ids=["none"]), ADMIN)[1]
    assert nothing["no_changes"] is True
    assert "start_time" not in scheduler.replicate(body(), ADMIN)[1]


def test_documents_that_ask_for_nothing_leave_the_database_alone(
    server: LiteServer, documents: Documents
) -> None:
    """A lease is written for what is to be done alone."""
    jobs = server.database(DOCUMENTS)
    assert not jobs.wait_for_change(0, 1.0)
    jobs.put({"_id": "once", **body()})
    until(lambda: jobs.get("once").get("_replication_state") == "completed")
    until(lambda: jobs.get("_design/lease").get("holder") is None, 30)
    rested = jobs.info()["update_seq"]
    assert not jobs.wait_for_change(rested, 1.0)


def test_a_continuous_one_goes_on_until_it_is_cancelled(
    server: LiteServer, scheduler: Scheduler
) -> None:
    status, answer = scheduler.replicate(body(continuous=True), ADMIN)
    assert status == 202
    name = answer["_local_id"]
    assert name.endswith("+continuous")
    target = server.database("target")
    until(lambda: target.info()["doc_count"] == 5)
    server.database("source").put({"_id": "later"})
    until(lambda: target.info()["doc_count"] == 6)
    (task,) = scheduler.active_tasks()
    assert (task["type"], task["replication_id"], task["continuous"]) == ("replication", name, True)
    assert (task["source"], task["target"]) == ("source", "target")
    until(lambda: scheduler.job(name).info()["docs_written"] == 6)  # type: ignore[index]
    shown = scheduler.job(name).to_json("node")
    assert [event["type"] for event in shown["history"]] == ["started", "added"]
    assert (shown["database"], shown["doc_id"], shown["user"]) == (None, None, None)
    assert scheduler.replicate({"cancel": True, "replication_id": name}, ADMIN) == (
        200,
        {"ok": True, "_local_id": name},
    )
    assert scheduler.jobs() == []
    server.database("source").put({"_id": "too-late"})
    with pytest.raises(NotFound):
        scheduler.replicate(body(continuous=True, cancel=True), ADMIN)
    assert target.info()["doc_count"] == 6


def test_the_same_is_not_run_twice(scheduler: Scheduler) -> None:
    first = scheduler.replicate(body(continuous=True), ADMIN)
    assert scheduler.replicate(body(continuous=True), ADMIN) == first
    assert len(scheduler.jobs()) == 1
    scheduler.replicate(body(continuous=True, doc_ids=["doc-1"]), ADMIN)
    assert len(scheduler.jobs()) == 2


def test_the_job_of_somebody_else_is_left_alone(scheduler: Scheduler) -> None:
    scheduler.replicate(body(continuous=True), ADMIN)
    with pytest.raises(Unauthorized):
        scheduler.replicate(body(continuous=True, cancel=True), ANNA)


def test_writes_happen_under_the_name_of_who_asks(server: LiteServer, scheduler: Scheduler) -> None:
    check = "function (doc, old, user) { if (user.name !== 'anna') throw({forbidden: 'no'}); }"
    server.database("target").put({"_id": "_design/check", "validate_doc_update": check})
    (entry,) = scheduler.replicate(body(), UserContext("bo"))[1]["history"]
    assert (entry["docs_written"], entry["doc_write_failures"]) == (0, 5)
    (entry,) = scheduler.replicate(body(since_seq=0, use_checkpoints=False), ANNA)[1]["history"][:1]
    assert entry["docs_written"] == 0  # the same replication: what was refused is passed over
    (entry,) = scheduler.replicate(body(doc_ids=["doc-1"]), ANNA)[1]["history"]
    assert entry["docs_written"] == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"source": 7},
        {"source": "http://"},
        {"source": "ftp://host/db"},
        {"source": {"url": "source", "headers": {"X-Own": "1"}}},
        {"target": {"url": "target", "auth": {"basic": {"username": "only"}}}},
        {"continuous": "yes"},
        {"doc_ids": "doc-1"},
        {"selector": []},
        {"selector": {}, "doc_ids": []},
        {"worker_batch_size": 0},
    ],
)
def test_what_cannot_be_read_is_refused(scheduler: Scheduler, wrong: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        scheduler.replicate(body(**wrong), ADMIN)
    assert scheduler.jobs() == []


def test_a_missing_source_is_an_error_and_no_job(scheduler: Scheduler) -> None:
    with pytest.raises(NotOpened, match="could not open nowhere"):
        scheduler.replicate(body(source="nowhere"), ADMIN)
    assert scheduler.jobs() == []


def test_the_target_is_made_where_that_is_asked(server: LiteServer, scheduler: Scheduler) -> None:
    scheduler.replicate(body(target="fresh", create_target=True), ADMIN)
    assert server.database("fresh").info()["doc_count"] == 5


def test_passwords_are_shown_to_nobody(
    server: LiteServer, scheduler: Scheduler, tmp_path: Path
) -> None:
    with served_node(tmp_path, BasicAuth("admin", "pa:ss@word")) as url:
        address = url.replace("//", "//admin:pa%3Ass%40word@") + "/source"
        scheduler.replicate(body(source=address, continuous=True), ADMIN)
        until(lambda: server.database("target").info()["doc_count"] == 5)
        assert "pa" + "ss" not in repr(scheduler.jobs())
        assert scheduler.active_tasks()[0]["source"] == url + "/source"
        scheduler.close()


def test_a_document_asks_for_a_replication(server: LiteServer, documents: Documents) -> None:
    jobs = server.database(DOCUMENTS)
    jobs.put({"_id": "once", **body(), "user_ctx": {"roles": ["_admin"]}})
    until(lambda: jobs.get("once").get("_replication_state") == "completed")
    doc = jobs.get("once")
    assert doc["_replication_stats"]["docs_written"] == 5
    assert doc["_replication_state_time"].endswith("Z")
    shown = documents.shown_one("once")
    assert (shown["state"], shown["id"], shown["error_count"]) == ("completed", None, 0)
    assert (shown["database"], shown["doc_id"]) == (DOCUMENTS, "once")
    assert shown["info"]["docs_read"] == 5
    assert documents.shown() == [shown]


def test_a_document_that_makes_no_sense_fails(server: LiteServer, documents: Documents) -> None:
    jobs = server.database(DOCUMENTS)
    jobs.put({"_id": "bad", **body(doc_ids=7)})
    until(lambda: jobs.get("bad").get("_replication_state") == "failed")
    assert documents.shown_one("bad")["info"] == {
        "error": "parameter `doc_ids` must be an array of strings"
    }


def test_a_continuous_document_runs_until_it_is_deleted(
    server: LiteServer, scheduler: Scheduler, documents: Documents
) -> None:
    jobs, target = server.database(DOCUMENTS), server.database("target")
    rev = jobs.put({"_id": "always", **body(continuous=True)})
    until(lambda: target.info()["doc_count"] == 5)
    assert documents.shown_one("always")["state"] == "running"
    other = jobs.put({"_id": "other", **body(continuous=True)})
    until(lambda: jobs.get("other").get("_replication_state") == "failed")
    assert "always" in jobs.get("other")["_replication_state_reason"]
    assert other
    jobs.delete("always", rev)
    until(lambda: scheduler.jobs() == [])


def test_a_changed_document_asks_for_something_else(
    server: LiteServer, scheduler: Scheduler, documents: Documents
) -> None:
    server.create("elsewhere")
    jobs = server.database(DOCUMENTS)
    rev = jobs.put({"_id": "doc", **body(continuous=True)})
    until(lambda: server.database("target").info()["doc_count"] == 5)
    jobs.put({"_id": "doc", "_rev": rev, **body(target="elsewhere", continuous=True)})
    until(lambda: server.database("elsewhere").info()["doc_count"] == 5)
    assert [job.request.target.url for job in scheduler.jobs()] == ["elsewhere"]


def test_a_crashed_job_is_tried_again_later_and_later(
    server: LiteServer,
    scheduler: Scheduler,
    documents: Documents,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(job_module, "FIRST_BACK_OFF", 0.05)
    server.database(DOCUMENTS).put({"_id": "doc", **body(target="missing", continuous=True)})
    until(lambda: documents.shown_one("doc")["error_count"] == 3)
    (job,) = scheduler.jobs()
    assert {event["type"] for event in job.history} == {"added", "started", "crashed"}
    assert "could not open missing" in str(job.history)
    server.create("missing")
    until(lambda: server.database("missing").info()["doc_count"] == 5)
    assert documents.shown_one("doc")["state"] == "running"


def test_back_off_doubles_up_to_a_limit() -> None:
    asked = Request(Endpoint("a"), Endpoint("b"), Options(), False, ADMIN)
    job = job_module.Job("id", asked)
    waits = []
    for _ in range(14):
        job.started = 1000.0
        job.crashed("why", 1001.0)
        waits.append(job.due - 1001.0)
    assert waits[:4] == [30, 60, 120, 240]
    assert waits[-1] == waits[-2] == 30 * 2**10
    job.started = 1000.0
    job.crashed("why", 1000.0 + job_module.HEALTHY + 1)
    assert job.errors == 1


def test_more_jobs_than_may_run_wait_for_their_turn(server: LiteServer) -> None:
    with closing(Scheduler(server, "test", max_jobs=1)) as scheduler:
        for name in ("one", "two"):
            scheduler.replicate(body(target=name, create_target=True, continuous=True), ADMIN)
        until(lambda: sorted(job.state for job in scheduler.jobs()) == ["pending", "running"])
        (running,) = [job for job in scheduler.jobs() if job.state == "running"]
        scheduler.remove(running)
        until(lambda: [job.state for job in scheduler.jobs()] == ["running"])


def test_jobs_of_documents_go_on_after_a_restart(server: LiteServer) -> None:
    server.database(DOCUMENTS).put({"_id": "doc", **body(continuous=True)})
    target = server.database("target")
    for number in (5, 6):
        with ExitStack() as stack:
            scheduler = stack.enter_context(closing(Scheduler(server, "test")))
            stack.enter_context(closing(Documents(server, scheduler, DOCUMENTS)))
            until(lambda number=number: target.info()["doc_count"] == number)  # type: ignore[misc]
            scheduler.close()
        server.database("source").put({"_id": f"later-{number}"})


PROCESS = """
import sys
from contextlib import closing
from store.lite.server import LiteServer
from store.replication.documents import Documents
from store.replication.scheduler import Scheduler

with closing(LiteServer(sys.argv[1])) as server:
    with closing(Scheduler(server, "test")) as scheduler:
        documents = Documents(server, scheduler, "jobs/_replicator")
        print("started", flush=True)
        sys.stdin.readline()
        print(len(scheduler.jobs()), flush=True)
        sys.stdin.readline()
        scheduler.close()
        documents.close()
"""


def test_of_several_processes_one_runs_a_job(server: LiteServer, tmp_path: Path) -> None:
    server.database(DOCUMENTS).put({"_id": "doc", **body(continuous=True)})
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROCESS, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    try:
        for process in processes:
            assert _line(process) == "started"
        until(lambda: server.database("target").info()["doc_count"] == 5)
        for process in processes:
            _say(process)
        counts = [_line(process) for process in processes]
        assert sorted(counts) == ["0", "1"]
        _kill(processes[counts.index("1")])
        server.database("source").put({"_id": "after"})
        until(lambda: server.database("target").info()["doc_count"] == 6, seconds=30)
    finally:
        for process in processes:
            _kill(process)


def _line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def _say(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def _kill(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.communicate()


def test_following_costs_no_more_than_renewing_the_lease(
    server: LiteServer, documents: Documents
) -> None:
    """The lease is a document of the database that is followed: renewing it must not wake."""
    jobs = server.database(DOCUMENTS)
    jobs.put({"_id": "always", **body(continuous=True)})
    until(lambda: documents.shown_one("always")["state"] == "running")
    before = int(str(jobs.info()["update_seq"]))
    assert not jobs.wait_for_change(before + 1, 1.0)
