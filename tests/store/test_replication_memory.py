"""What a replication holds at a time, however much larger documents are than those before them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from store.api import Database
from store.couch import beginning, database
from store.couch.opening import open_couch
from store.errors import Unavailable
from store.lite.server import LiteServer
from store.replication import Options, reading, replicate
from store.types import Json
from store.wire import protocol_app
from tests.store.edits import state
from tests.store.peers import served

LARGE = "x" * 3000
PORTION = 20_000


class Measured:
    """A source that notes what each answer with documents holds."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.sizes: list[int] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    def bulk_get(self, docs: Sequence[Mapping[str, Json]], **options: Any) -> dict[str, Json]:
        answer = self._database.bulk_get(docs, **options)
        self.sizes.append(len(json.dumps(answer)))
        return answer


@pytest.fixture(params=["embedded", "http"])
def source(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Database]:
    monkeypatch.setattr(database, "PIECE", 500)
    with closing(LiteServer(tmp_path / "source")) as server:
        server.create("db")
        if request.param == "embedded":
            yield server.database("db")
            return
        with served(protocol_app(lambda environ: server)) as url, closing(open_couch(url)) as far:
            yield far.database("db")


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Database]:
    with closing(LiteServer(tmp_path / "target")) as server:
        server.create("db")
        yield server.database("db")


@pytest.mark.parametrize("batch", [1000, 64])
def test_large_documents_after_many_small_ones_come_a_few_at_a_time(
    source: Database, target: Database, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(reading, "PORTION_BYTES", PORTION)
    monkeypatch.setattr(reading, "MOST_BYTES", 2 * PORTION)
    source.bulk_docs([{"_id": f"small-{n:03}"} for n in range(300)])
    source.bulk_docs([{"_id": f"large-{n:03}", "text": LARGE} for n in range(100)])
    for n, letter in enumerate("abc"):  # conflicts, of which each comes for itself
        rev = {"_id": "large-000", "_rev": f"1-{letter * 32}", "text": LARGE * (n + 1)}
        source.bulk_docs([rev], new_edits=False)
    source.bulk_docs([{"_id": "huge", "text": LARGE * 50}, {"_id": "last"}])
    measured = Measured(source)
    options = Options(batch=batch)
    summary = replicate(measured, target, replication_id="r", options=options)  # type: ignore[arg-type]
    assert (summary.complete, summary.refused, summary.counts.read) == (True, (), 405)
    assert (summary.counts.checked, summary.counts.found) == (405, 405)
    assert state(target) == state(source)
    *others, huge = sorted(measured.sizes)
    assert huge > 50 * len(LARGE)
    assert max(others) < 3 * PORTION + 4 * len(LARGE)


@pytest.mark.parametrize("entries", [1, 2, 7, 10])
def test_an_answer_that_may_not_be_long_is_of_the_first_entries(
    source: Database, entries: int
) -> None:
    ids = [f"d{n}" for n in range(9)]
    source.bulk_docs([{"_id": docid, "text": LARGE} for docid in ids])
    wanted = [{"id": docid} for docid in [*ids, "never"]]
    whole = source.bulk_get(wanted, revs=True)["results"]
    size = len(json.dumps(whole[0]))
    most = size * (entries - 1) + size // 2
    found = source.bulk_get(wanted, revs=True, most=most)["results"]
    assert found == whole[: len(found)]
    assert abs(len(found) - entries) <= 1
    assert source.bulk_get(wanted, revs=True, most=len(json.dumps(whole)))["results"] == whole


class Sent:
    """An answer that comes in pieces; `read` is how much of it was asked for."""

    def __init__(self, text: str, piece: int) -> None:
        self.body = text.encode()
        self.read = 0
        self._piece = piece

    def pieces(self) -> Iterator[bytes]:
        while self.read < len(self.body):
            at, self.read = self.read, self.read + self._piece
            yield self.body[at : self.read]


@pytest.mark.parametrize("piece", [1, 7, 4096])
def test_the_beginning_of_an_answer_is_whole_results(piece: int) -> None:
    told = [{"id": "a]}", "docs": ["é客\U0001f600", {}]}, {"id": "b", "n": 1.5}, {"id": "c" * 90}]
    one_a_line = ",\n".join(json.dumps(each) for each in told)
    for text in (
        json.dumps({"results": told}, ensure_ascii=False),
        json.dumps({"results": told}, indent=2),
        f'{{"results":[\n{one_a_line}\n]}}\n',
    ):
        for most in range(len(text.encode()) + 1):
            sent = Sent(text, piece)
            found = beginning.results(sent.pieces(), most)
            assert found == told[: len(found)] != []
            first = sent.body.index(b'"id": "b"')
            assert sent.read <= max(most, 2 * first) + 2 * piece
        assert beginning.results(Sent(text, piece).pieces(), 10**6) == told


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b'{"results": [{"id": "a"',
        b'{"results": ["\xff\xff", 1]}',
        b'{"rows": []}',
    ],
)
def test_what_is_no_such_answer_is_told(body: bytes) -> None:
    for most in (0, 5, 10**6):
        with pytest.raises(Unavailable):
            beginning.results(iter([body]), most)
