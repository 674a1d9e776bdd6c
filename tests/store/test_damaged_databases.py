"""A file that is no database any more takes nothing with it, is named, and can be removed."""

import json
import random
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from werkzeug.test import Client

from store.command import store as group
from store.errors import UnsupportedFormat
from store.lite.server import LiteServer
from store.node import Node, node_app
from tests.store.nodes import opened_node
from tests.store.sides import LOGIN

CONTENTS = {"random": random.Random(7).randbytes(8192), "empty": b""}


@pytest.fixture(params=CONTENTS)
def data(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    made = tmp_path / "company"
    with closing(LiteServer(made / "store")) as server:
        for name in ("aa", "zz", "zzz"):
            server.create(name)
            server.database(name).put({"_id": "x"})
    (made / "store" / "zz.sqlite").write_bytes(CONTENTS[request.param])
    return made


@pytest.fixture
def node(data: Path) -> Iterator[Node]:
    with closing(opened_node(data / "store", LOGIN)) as opened:
        yield opened


def run(data: Path, *words: object) -> Result:
    return CliRunner().invoke(group, [str(word) for word in words], obj=data)


def client(node: Node) -> Client:
    return Client(node_app(node))


def test_info_tells_of_the_others(data: Path) -> None:
    result = run(data, "info")
    assert result.exit_code == 1
    names = [line.split()[0] for line in result.stdout.splitlines()[1:]]
    assert names == ["aa", "zz", "zzz"]
    assert result.stderr.startswith("divan: Damaged: zz.")
    facts = json.loads(run(data, "info", "--json").stdout)
    assert [each.get("doc_count") for each in facts] == [1, None, 1]
    assert facts[1]["error"] == "unsupported_format"


def test_compact_goes_on_with_the_others(data: Path) -> None:
    result = run(data, "compact", "--json")
    assert result.exit_code == 1
    assert [each["database"] for each in json.loads(result.stdout)] == ["aa", "zzz"]
    assert result.stderr.startswith("divan: Damaged: zz.")


def test_a_copy_brings_the_others(data: Path, tmp_path: Path) -> None:
    result = run(data, "copy", data, tmp_path / "again")
    assert result.exit_code == 1
    assert "zz" in result.stderr
    with closing(LiteServer(tmp_path / "again" / "store")) as server:
        assert server.database("zzz").info()["doc_count"] == 1


def test_a_backup_does_not_say_that_all_is_sound(data: Path, tmp_path: Path) -> None:
    result = run(data, "backup", tmp_path / "elsewhere", "aa", "zz")
    assert result.exit_code == 1
    assert "2 databases, 1 of them damaged" in result.stdout
    assert "Damaged: zz." in result.stderr


def test_standings_and_waiting_leave_it_out(data: Path) -> None:
    with closing(LiteServer(data / "store")) as server:
        assert set(server.standings(["aa", "zz", "zzz"])) == {"aa", "zzz"}
        assert server.wait_for_changes({"aa": 0, "zz": 0}, 30) == {"aa"}


def test_infos_over_http(node: Node, data: Path) -> None:
    asked = {"keys": ["aa", "zz", "zzz", "none"]}
    answer = client(node).post("/_dbs_info", json=asked, auth=(LOGIN.user, LOGIN.password))
    told = answer.get_json()
    assert [each.get("error") for each in told] == [
        None, "unsupported_format", None, "not_found",
    ]  # fmt: skip
    assert str(data) not in answer.get_data(as_text=True)


def test_no_answer_tells_where_it_lies(node: Node, data: Path) -> None:
    answer = client(node).get("/zz/_all_docs", auth=(LOGIN.user, LOGIN.password))
    assert answer.status_code == 500
    assert answer.get_json()["reason"] == "zz.sqlite is no database of Divan."
    assert str(data.parent) not in answer.get_data(as_text=True)


def test_it_can_be_deleted_and_made_anew(node: Node, data: Path) -> None:
    http, auth = client(node), (LOGIN.user, LOGIN.password)
    assert http.delete("/zz", auth=auth).status_code == 200
    assert not (data / "store" / "zz.sqlite").exists()
    assert http.get("/zz", auth=auth).status_code == 404
    assert http.put("/zz", auth=auth).status_code == 201
    assert http.get("/zz", auth=auth).get_json()["doc_count"] == 0


def test_it_is_not_deleted_where_it_must_be_as_it_was(data: Path) -> None:
    with closing(LiteServer(data / "store")) as server:
        with pytest.raises(UnsupportedFormat):
            server.delete("zz", at=1)
        assert server.exists("zz")


def test_one_that_was_in_use_can_be_deleted(tmp_path: Path) -> None:
    with closing(LiteServer(tmp_path)) as server:
        server.create("zz")
        server.database("zz").put({"_id": "x"})
        (tmp_path / "zz.sqlite").write_bytes(CONTENTS["random"])
        server.delete("zz")
        assert not list(tmp_path.glob("zz*"))
