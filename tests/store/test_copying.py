"""A company brought from one store to another by `divan store copy`, and the check at its end."""

import json
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from store.api import Server
from store.cancel import Cancel
from store.command import store as group
from store.copying import copy_database, own_databases, translated
from store.errors import Conflict, DatabaseExists, NotFound
from store.lite.server import LiteServer
from store.replication import Progress
from store.side_by_side import compare
from store.types import ChangesOptions
from tests.conformance.over_http import COUCHDB_URL
from tests.store.nodes import served_node
from tests.store.sides import LOGIN, SIDES, couchdb_login, facts, fill

STRICT = """function (doc, old, user) {
  if (!doc._deleted && doc.n !== 4711) { throw({forbidden: 'once it was allowed'}); }
}"""
SECURITY = {"admins": {"names": ["anna"], "roles": []}, "members": {"names": [], "roles": ["a"]}}


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Path]:
    """A data directory with two databases that have all that a copy must bring."""
    data = tmp_path / "company"
    with closing(LiteServer(data / "store")) as server:
        for name in ("customers", "mail/anna"):
            server.create(name)
        database = server.database("customers")
        fill(database)
        database.put({"_id": "_design/check", "validate_doc_update": STRICT})
        database.set_security(SECURITY)
        database.set_revs_limit(50)
        for doc in (
            {"_id": "_local/numbering-deal", "period": "2026", "last": 41},
            {"_id": "_local/agent-mail", "seq": database.info()["update_seq"], "retry": {}},
            {"_id": "_local/agent-late", "seq": 30},
            {"_id": "_local/lease-agents", "holder": "here:1:x", "until": "2026-11-26"},
            {"_id": "_local/0123456789abcdef", "session_id": "s", "history": []},
        ):
            database.put_local(doc)
    (data / "divan.json").write_text('{"id": "one"}')
    (data / "secrets").mkdir(mode=0o700)
    (data / "secrets" / "key").write_text("hidden")
    (data / "secrets" / "key").chmod(0o600)
    yield data


def run(*words: object) -> Result:
    return CliRunner().invoke(group, ["copy", *map(str, words)])


def told(result: Result) -> list[dict[str, Any]]:
    return list(json.loads(result.stdout))


def same(one: Server, other: Server) -> None:
    for name in one.all_dbs():
        first, second = one.database(name), other.database(name)
        assert facts(first) == facts(second)
        assert (first.security(), first.revs_limit()) == (second.security(), second.revs_limit())


def test_from_one_directory_to_another(company: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    result = run(company, copy, "--json")
    assert result.exit_code == 0, result.output
    customers, mail = told(result)
    assert (customers["database"], mail["database"]) == ("customers", "mail/anna")
    assert customers["refused"] == customers["differences"] == []
    assert customers["written"] == customers["revisions"] > 70
    assert customers["attachments"] >= 5
    assert (copy / "divan.json").read_text() == '{"id": "one"}'
    assert (copy / "secrets" / "key").stat().st_mode & 0o777 == 0o600
    with (
        closing(LiteServer(company / "store")) as one,
        closing(LiteServer(copy / "store")) as other,
    ):
        same(one, other)
        there = other.database("customers")
        assert there.get_local("_local/numbering-deal")["last"] == 41
        for left in ("lease-agents", "0123456789abcdef"):
            with pytest.raises(NotFound):
                there.get_local(f"_local/{left}")
        seen = there.get_local("_local/agent-mail")["seq"]
        changed = there.changes(ChangesOptions(since=seen))["results"]
        assert changed == [], "it had seen everything"
    again = told(run(company, copy, "--json"))
    assert [each["written"] for each in again] == [0, 0]


def test_agents_of_the_copy_miss_nothing(company: Path, tmp_path: Path) -> None:
    assert run(company, tmp_path / "copy", "--no-check").exit_code == 0
    with (
        closing(LiteServer(company / "store")) as one,
        closing(LiteServer(tmp_path / "copy" / "store")) as other,
    ):
        here, there = one.database("customers"), other.database("customers")
        end = int(str(here.info()["update_seq"]))
        assert translated(here, there, 0) == 0
        for seq in range(1, end + 1, 7):
            waiting = {row["id"] for row in here.changes(ChangesOptions(since=seq))["results"]}
            since = translated(here, there, seq)
            found = {row["id"] for row in there.changes(ChangesOptions(since=since))["results"]}
            assert waiting <= found


def test_over_http_and_back(company: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for side in ("SOURCE", "TARGET"):
        monkeypatch.setenv(f"DIVAN_{side}_AUTH", f"{LOGIN.user}:{LOGIN.password}")
    with served_node(tmp_path / "node", LOGIN) as url:
        assert run(company, url).exit_code == 0
        assert run(url, tmp_path / "back").exit_code == 0
    with (
        closing(LiteServer(company / "store")) as one,
        closing(LiteServer(tmp_path / "back" / "store")) as other,
    ):
        same(one, other)
        local = other.database("customers").get_local("_local/numbering-deal")
        assert (local["period"], local["last"]) == ("2026", 41)


@contextmanager
def deleted_at_the_end(server: Server, name: str) -> Iterator[None]:
    try:
        yield
    finally:
        server.delete(name)


@pytest.mark.skipif(not COUCHDB_URL, reason="DIVAN_TEST_COUCHDB_URL names no CouchDB")
def test_to_couchdb_and_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url, login = couchdb_login()
    if login is not None:
        for side in ("SOURCE", "TARGET"):
            monkeypatch.setenv(f"DIVAN_{side}_AUTH", f"{login.user}:{login.password}")
    name = f"divan_copy_{uuid.uuid4().hex}"
    with (
        closing(LiteServer(tmp_path / "one" / "store")) as one,
        SIDES["couchdb"](tmp_path) as server,
        deleted_at_the_end(server, name),
    ):
        one.create(name)
        fill(one.database(name))
        text = {"data": "aGVsbG8g" * 500, "content_type": "text/plain"}
        one.database(name).put({"_id": "zipped there", "_attachments": {"text": text}})
        one.database(name).put_local({"_id": "_local/agent-mail", "seq": 20})
        assert run(tmp_path / "one", url, "--database", name).exit_code == 0
        assert run(url, tmp_path / "two", "--database", name).exit_code == 0
        with closing(LiteServer(tmp_path / "two" / "store")) as two:
            compared = compare(one.database(name), two.database(name))
            assert compared.differences == ()
            assert int(two.database(name).get_local("_local/agent-mail")["seq"]) <= 20


def test_a_copy_that_was_cut_goes_on(company: Path, tmp_path: Path) -> None:
    with (
        closing(LiteServer(company / "store")) as one,
        closing(LiteServer(tmp_path / "two")) as two,
    ):
        cancel = Cancel()
        cut = copy_database(one, two, "customers", "pair", lambda now: cancel.set(), cancel)
        assert not cut.complete
        assert two.database("customers").info()["doc_count"] < 70 or cut.written > 0
        rest = copy_database(one, two, "customers", "pair", lambda now: None, Cancel())
        assert rest.complete
        assert rest.refused == ()
        assert compare(one.database("customers"), two.database("customers")).differences == ()


def test_what_is_no_copy_is_left_alone(company: Path, tmp_path: Path) -> None:
    with (
        closing(LiteServer(company / "store")) as one,
        closing(LiteServer(tmp_path / "two")) as two,
    ):
        two.create("customers")
        two.database("customers").put({"_id": "of somebody else"})
        with pytest.raises(DatabaseExists):
            copy_database(one, two, "customers", "pair", lambda now: None, Cancel())
        assert [row["id"] for row in two.database("customers").all_docs()["rows"]] == [
            "of somebody else"
        ]


def test_the_check_says_what_differs(company: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    assert run(company, copy).exit_code == 0
    with closing(LiteServer(copy / "store")) as other:
        there = other.database("customers")
        there.put({"_id": "more", "n": 4711})
        there.purge({"often": [there.get("often")["_rev"]]})
        there.set_security({})
        there.set_revs_limit(7)
    result = run(company, copy, "--database", "customers")
    assert result.exit_code == 1
    assert "more 1-" in result.stdout
    assert "is in the copy alone" in result.stdout
    assert result.stderr == "divan: Not the same on both sides: customers.\n"


def test_compare_sees_everything(company: Path, tmp_path: Path) -> None:
    with (
        closing(LiteServer(company / "store")) as one,
        closing(LiteServer(tmp_path / "two")) as two,
    ):
        copy_database(one, two, "customers", "pair", lambda now: None, Cancel())
        here, there = one.database("customers"), two.database("customers")
        assert compare(here, there).differences == ()
        there.purge({"often": [there.get("often")["_rev"]]})
        there.set_security({})
        there.set_revs_limit(7)
        here.put({"_id": "n", "n": 4711})
        differences = "\n".join(compare(here, there).differences)
        for said in (
            "documents, and",
            "The security objects differ.",
            "The revs limits differ.",
            "often 6-",
            "n 1-",
            "is missing in the copy",
        ):
            assert said in differences


def test_what_is_named_must_be_there(company: Path, tmp_path: Path) -> None:
    assert run(tmp_path / "nothing", tmp_path / "copy").exit_code == 3
    assert run(company, tmp_path / "copy", "--database", "nothing").exit_code == 3
    with closing(LiteServer(company / "store")) as server:
        assert own_databases(server) == ["customers", "mail/anna"]


def test_a_store_is_not_copied_to_itself(
    company: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other").symlink_to(company)
    (tmp_path / "below").mkdir()
    before = sorted(company.rglob("*"))
    for target in (company, "company", "below/../company/", "other", f"lite://{company}/store"):
        for pair in ((company, target), (target, company)):
            refused = run(*pair)
            assert refused.exit_code == 4, pair
            assert "is the same store" in refused.stderr
    for target in (company / "store", company / "new", f"lite://{company}/new"):
        refused = run(company, target)
        assert (refused.exit_code, refused.stderr.count("\n")) == (4, 1)
        assert "is inside" in refused.stderr
    for pair in ((company, ""), ("", company)):
        assert run(*pair).stderr == (
            "divan: Name the store to copy from and the store to copy to.\n"
        )
    assert sorted(company.rglob("*")) == before


def test_a_server_is_not_copied_to_itself(company: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for side in ("SOURCE", "TARGET"):
        monkeypatch.setenv(f"DIVAN_{side}_AUTH", f"{LOGIN.user}:{LOGIN.password}")
    with served_node(company / "store", LOGIN) as url:
        for pair in ((company, url), (url, company), (url, f"{url}/")):
            refused = run(*pair)
            assert refused.exit_code == 4
            assert "the same store" in refused.stderr


def test_settings_go_along_with_the_whole_alone(company: Path, tmp_path: Path) -> None:
    assert run(company, tmp_path / "part", "--database", "customers").exit_code == 0
    assert [path.name for path in (tmp_path / "part").iterdir()] == ["store"]


def test_an_address_of_a_database_is_told(
    company: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for side in ("SOURCE", "TARGET"):
        monkeypatch.setenv(f"DIVAN_{side}_AUTH", f"{LOGIN.user}:{LOGIN.password}")
    with closing(LiteServer(tmp_path / "node")) as server:
        server.create("customers")
    with served_node(tmp_path / "node", LOGIN) as url:
        for name in ("customers", "none"):
            place = f"{url}/{name}"
            for pair in ((company, place), (place, tmp_path / "new")):
                refused = run(*pair)
                assert (refused.exit_code, refused.stderr) == (
                    1,
                    f"divan: {place} is no address of a server: write it without a database.\n",
                )


def test_a_second_copy_at_once_is_told(company: Path, tmp_path: Path) -> None:
    with (
        closing(LiteServer(company / "store")) as one,
        closing(LiteServer(tmp_path / "two")) as two,
    ):

        def meanwhile(progress: Progress) -> None:
            if progress.last_seq:
                copy_database(one, two, "customers", "pair", lambda now: None, Cancel())

        with pytest.raises(Conflict, match="Another copy of customers seems to run"):
            copy_database(one, two, "customers", "pair", meanwhile, Cancel())
