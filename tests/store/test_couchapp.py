"""Folders as design documents."""

from pathlib import Path

import pytest

from store.couchapp import read_folder
from store.errors import BadRequest


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def test_files_and_folders_become_members(tmp_path: Path) -> None:
    files = {
        "views/by_name/map.js": "function (doc) { emit('客户'); }\n",
        "views/by_name/reduce.js": "_count",
        "forms/deal.json": '{"title": "Deal"}',
        "lib/words.js": "exports.a = 1;",
        "README.md": "not a member",
        ".hidden.js": "nor this",
        ".git/config.json": "{}",
    }
    write(tmp_path, files)
    assert read_folder(tmp_path) == {
        "forms": {"deal": {"title": "Deal"}},
        "lib": {"words": "exports.a = 1;"},
        "views": {
            "by_name": {"map": "function (doc) { emit('客户'); }\n", "reduce": "_count"},
        },
    }


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"forms/deal.json": "{broken"}, "deal.json is not JSON"),
        ({"lib.js": "", "lib/a.js": ""}, "another entry named 'lib'"),
        ({"a.js": "", "a.json": "1"}, "another entry named 'a'"),
    ],
)
def test_what_cannot_be_read(tmp_path: Path, files: dict[str, str], reason: str) -> None:
    write(tmp_path, files)
    with pytest.raises(BadRequest, match=reason):
        read_folder(tmp_path)


def test_text_that_is_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_bytes("// \u5ba2".encode("gbk"))
    with pytest.raises(BadRequest, match=r"a\.js is not UTF-8"):
        read_folder(tmp_path)


def test_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="not a folder"):
        read_folder(tmp_path / "nothing")
