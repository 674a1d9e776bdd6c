"""Replication between two stores: what arrives, what is refused, and where it goes on."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from store.api import Database
from store.couch.opening import open_couch
from store.errors import Conflict, NotFound, StoreError, Unavailable
from store.lite.server import LiteServer
from store.replication import Cancel, Options, Progress, Refused, replicate
from store.types import ChangesOptions
from store.wire import protocol_app
from tests.store.edits import state
from tests.store.peers import served
from tests.store.sides import Instead

PATIENCE = 60.0

VALIDATE = """function (doc, old, user) {
  if (doc.secret) { throw({forbidden: 'No secrets here.'}); }
  if (doc.unknown) { throw({unauthorized: 'Who are you?'}); }
}"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiteServer]:
    store = LiteServer(tmp_path)
    store.create("source")
    store.create("target")
    yield store
    store.close()


@pytest.fixture
def source(server: LiteServer) -> Database:
    return server.database("source")


@pytest.fixture
def target(server: LiteServer) -> Database:
    return server.database("target")


def by(batch: int) -> Options:
    """Small steps, a checkpoint after each, and no second try."""
    return Options(batch=batch, checkpoint_interval=0, retries=0)


def fill(database: Database, number: int) -> None:
    database.bulk_docs([{"_id": f"doc-{at:03}", "n": at} for at in range(number)])


def test_everything_arrives_once(source: Database, target: Database) -> None:
    fill(source, 5)
    rev = source.put({"_id": "gone"})
    source.delete("gone", rev)
    source.put_local({"_id": "_local/own", "n": 1})
    summary = replicate(source, target, replication_id="r")
    assert (summary.counts.read, summary.counts.written, summary.refused, summary.complete) == (
        6,
        6,
        (),
        True,
    )
    assert state(target) == state(source)
    with pytest.raises(NotFound):
        target.get_local("_local/own")


def test_second_run_reads_nothing_and_writes_nothing(source: Database, target: Database) -> None:
    fill(source, 5)
    first = replicate(source, target, replication_id="r")
    checkpoint = source.get_local("_local/r")
    second = replicate(source, target, replication_id="r")
    assert (second.counts.read, second.last_seq) == (0, first.last_seq)
    assert source.get_local("_local/r") == checkpoint
    source.put({"_id": "new"})
    assert replicate(source, target, replication_id="r").counts.read == 1


def test_conflicts_are_kept(source: Database, target: Database) -> None:
    for database, text in ((source, "ours"), (target, "theirs")):
        database.put({"_id": "doc", "text": text})
    replicate(source, target, replication_id="there")
    replicate(target, source, replication_id="back")
    assert state(source) == state(target)
    assert len(source.get("doc", conflicts=True)["_conflicts"]) == 1


def test_attachments_arrive_whole(source: Database, target: Database) -> None:
    data = bytes(range(256)) * 400
    rev = source.put_attachment("doc", "a/b.bin", data, "application/x-own", rev=None)
    source.put({**source.get("doc"), "n": 2, "_rev": rev})
    replicate(source, target, replication_id="r")
    got = target.get_attachment("doc", "a/b.bin")
    assert (got.data, got.content_type, got.revpos) == (data, "application/x-own", 1)


def test_refused_documents_are_reported_and_stop_nothing(
    source: Database, target: Database
) -> None:
    target.put({"_id": "_design/rules", "validate_doc_update": VALIDATE})
    fill(source, 3)
    rev = source.put({"_id": "doc-001a", "secret": True})
    other = source.put({"_id": "doc-001b", "unknown": True})
    summary = replicate(
        source,
        target,
        replication_id="r",
        options=by(2),
    )
    assert set(summary.refused) == {
        Refused("doc-001a", rev, "forbidden", "No secrets here."),
        Refused("doc-001b", other, "unauthorized", "Who are you?"),
    }
    assert (summary.counts.read, summary.counts.written, summary.complete) == (5, 3, True)
    assert target.info()["doc_count"] == 4
    assert replicate(source, target, replication_id="r").counts.read == 0


def test_refusals_are_told_before_they_are_passed_over(source: Database, target: Database) -> None:
    """An error later in the run leaves no summary, and the refused are not offered again."""
    target.put({"_id": "_design/rules", "validate_doc_update": VALIDATE})
    source.put({"_id": "bad", "secret": True})
    fill(source, 3)
    told: list[Refused] = []

    def fails(doc: Any) -> str:
        assert told
        raise Unavailable("cut")

    with pytest.raises(Unavailable):
        replicate(
            Instead(source, put_local=fails),
            target,
            replication_id="r",
            options=by(1),
            progress=lambda now: told.extend(now.newly_refused),
        )
    assert [refused.id for refused in told] == ["bad"]


def test_a_selector_lets_no_others_through(source: Database, target: Database) -> None:
    source.bulk_docs([{"_id": "deal", "form": "deal"}, {"_id": "other", "form": "chase"}])
    replicate(source, target, replication_id="r", options=Options(selector={"form": "deal"}))
    assert list(state(target)) == ["deal"]


def test_cancel_and_resume(source: Database, target: Database) -> None:
    fill(source, 10)
    cancel = Cancel()
    told: list[Progress] = []

    def progress(now: Progress) -> None:
        told.append(now)
        cancel.set()

    cut = replicate(
        source,
        target,
        replication_id="r",
        options=by(4),
        progress=progress,
        cancel=cancel,
    )
    assert (cut.counts.read, cut.complete) == (4, False)
    assert [(now.counts.read, now.counts.written, now.last_seq, now.pending) for now in told] == [
        (4, 4, cut.last_seq, 6)
    ]
    rest = replicate(
        source,
        target,
        replication_id="r",
        options=by(4),
    )
    assert (rest.counts.read, rest.complete) == (6, True)
    assert state(target) == state(source)


def test_designs_that_come_last_judge_nothing_also_after_cuts(
    source: Database, target: Database
) -> None:
    source.put({"_id": "old", "secret": True})
    source.put({"_id": "_design/rules", "validate_doc_update": VALIDATE})
    fill(source, 5)
    options = replace(by(2), designs_last=True)
    cancel = Cancel()

    def stop(now: Progress) -> None:
        if now.counts.written:
            cancel.set()

    for read in (1, 2, 2, 1):
        cancel = Cancel()
        cut = replicate(
            source, target, replication_id="r", options=options, progress=stop, cancel=cancel
        )
        assert (cut.counts.read, cut.complete) == (read, False)
        assert "_design/rules" not in state(target)
    rest = replicate(source, target, replication_id="r", options=options)
    assert (rest.counts.read, rest.refused, rest.complete) == (1, (), True)
    assert state(target) == state(source)
    assert replicate(source, target, replication_id="r").no_changes


def test_only_the_chosen_documents(source: Database, target: Database) -> None:
    fill(source, 10)
    some = ("doc-003", "doc-007", "none")
    chosen = Options(doc_ids=some)
    assert replicate(source, target, replication_id="r", options=chosen).counts.written == 2
    assert tuple(sorted(state(target))) == some[:2]
    assert replicate(source, target, replication_id="r", options=chosen).counts.read == 0
    assert replicate(source, target, replication_id="r").counts.written == 8


def test_target_that_was_made_anew_gets_everything(
    server: LiteServer, source: Database, target: Database
) -> None:
    fill(source, 3)
    replicate(source, target, replication_id="r")
    server.delete("target")
    server.create("target")
    assert replicate(source, server.database("target"), replication_id="r").counts.written == 3


def test_cut_between_the_two_checkpoints(source: Database, target: Database) -> None:
    fill(source, 3)
    replicate(source, target, replication_id="r")
    fill_more = [{"_id": f"more-{at}"} for at in range(3)]
    source.bulk_docs(fill_more)

    def fails(doc: Any) -> str:
        raise Unavailable("cut")

    with pytest.raises(Unavailable):
        replicate(source, Instead(target, put_local=fails), replication_id="r", options=by(9))
    source.put({"_id": "last"})
    summary = replicate(source, target, replication_id="r")
    assert summary.counts.read == 1  # the documents were there already: only looked at again
    assert state(target) == state(source)


def test_passing_failure_of_the_target_leaves_nothing_out(
    source: Database, target: Database
) -> None:
    fill(source, 3)

    def full(docs: Any, *, new_edits: bool) -> Any:
        return [{"id": "doc-001", "error": "internal_server_error", "reason": "disk full"}]

    with pytest.raises(StoreError, match="disk full"):
        replicate(source, Instead(target, bulk_docs=full), replication_id="r", options=by(9))
    with pytest.raises(NotFound):
        target.get_local("_local/r")
    assert replicate(source, target, replication_id="r").counts.written == 3


def test_the_source_works_on_two_requests_once_the_first_told_how_large_documents_are(
    source: Database, target: Database
) -> None:
    fill(source, 12)
    answered, written = list[str](), list[str]()
    last_came = threading.Event()

    def bulk_get(docs: Any, **how: Any) -> Any:
        first = docs[0]["id"]
        assert first == "doc-000" or "doc-000" in answered
        if first == "doc-004":
            assert last_came.wait(PATIENCE), "nothing else was asked for meanwhile"
        answer = source.bulk_get(docs, **how)
        answered.append(first)
        if first == "doc-008":
            last_came.set()
        return answer

    def bulk_docs(docs: Any, *, new_edits: bool) -> Any:
        written.extend(doc["_id"] for doc in docs)
        return target.bulk_docs(docs, new_edits=new_edits)

    ends = Instead(source, bulk_get=bulk_get), Instead(target, bulk_docs=bulk_docs)
    replicate(*ends, replication_id="r", options=by(4))
    assert answered == ["doc-000", "doc-008", "doc-004"]
    assert written == [f"doc-{at:03}" for at in range(12)]


def test_revision_replaced_while_it_was_on_the_way(source: Database, target: Database) -> None:
    fill(source, 2)
    stale = source.changes(ChangesOptions(style="all_docs"))
    doc = source.get("doc-000")
    source.put({**doc, "n": 99})
    source.compact()
    once = iter([stale])

    def changes(options: ChangesOptions) -> Any:
        return next(once, None) or source.changes(options)

    replicate(Instead(source, changes=changes), target, replication_id="r")
    replicate(source, target, replication_id="r")
    assert state(target) == state(source)


def test_revision_purged_while_it_was_on_the_way(source: Database, target: Database) -> None:
    fill(source, 2)
    stale = source.changes(ChangesOptions(style="all_docs"))
    source.purge({"doc-000": [source.get("doc-000")["_rev"]]})
    replicate(Instead(source, changes=lambda options: stale), target, replication_id="r")
    assert list(state(target)) == ["doc-001"]


def test_two_runs_at_once_under_one_id(source: Database, target: Database) -> None:
    fill(source, 2)

    def meanwhile(now: Progress) -> None:
        if now.counts.read == 1:
            replicate(source, target, replication_id="r")

    with pytest.raises(Conflict):
        replicate(
            source,
            target,
            replication_id="r",
            options=by(1),
            progress=meanwhile,
        )
    assert state(target) == state(source)


def test_batches_are_halved_until_the_document_that_is_too_large_is_alone(
    server: LiteServer, source: Database, target: Database
) -> None:
    fill(source, 6)
    rev = source.put({"_id": "doc-003x", "text": "x" * 5000})
    source.put_attachment("file", "f", b"x" * 5000, "text/plain", rev=None)
    app = protocol_app(lambda environ: server, max_body=2000)
    with served(app) as url, closing(open_couch(url)) as remote:
        far = remote.database("target")
        summary = replicate(source, far, replication_id="r")
    assert {(refused.id, refused.error) for refused in summary.refused} == {
        ("doc-003x", "too_large"),
        ("file", "too_large"),
    }
    assert rev in {refused.rev for refused in summary.refused}
    assert summary.counts.written == target.info()["doc_count"] == 6


def test_target_restored_from_a_backup_made_in_the_middle_of_a_run(tmp_path: Path) -> None:
    """Both sides remember that run, but the source further: what was lost is carried again."""
    place, backup = tmp_path / "target", tmp_path / "backup"
    with closing(LiteServer(tmp_path / "source")) as server:
        server.create("db")
        source = server.database("db")
        fill(source, 6)
        with closing(LiteServer(place)) as there:
            there.create("db")

            def after_two(now: Progress) -> None:
                if now.counts.read == 2:
                    shutil.copytree(place, backup)

            target = there.database("db")
            replicate(
                source,
                target,
                replication_id="r",
                options=by(2),
                progress=after_two,
            )
            assert target.info()["doc_count"] == 6
        with closing(LiteServer(backup)) as restored:
            target = restored.database("db")
            assert target.info()["doc_count"] == 2
            assert replicate(source, target, replication_id="r").counts.written == 4
            assert state(target) == state(source)
