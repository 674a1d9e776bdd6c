"""The importer's pure parts: mapping files, CSV files, values."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.runtime.errors import BadInput
from plugin.runtime.importing.mapping import read_plan
from plugin.runtime.importing.rows import read_table
from plugin.runtime.importing.values import (
    Fault,
    document_id,
    group_name,
    person_name,
    read_date,
    read_number,
)

PLAN = """
name = "try"
[[file]]
path = "a.csv"
[[file.document]]
form = "customers/customer"
key = "{account}"
[file.document.items]
name = "{account}"
"""


def write(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_plan_names_the_columns_it_needs(tmp_path: Path) -> None:
    plan = read_plan(write(tmp_path, "plan.toml", PLAN))
    assert plan.needed() == {"a.csv": {"account"}}
    assert plan.files[0].documents[0].items[0].template == "{account}"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("name =", "nam ="), "nam is unknown"),
        (('name = "try"', ""), "name is missing"),
        (("customers/customer", "customer"), 'form must read "database/form"'),
        (('"{account}"\n[', '""\n['), "key is missing"),
        (('name = "{account}"', 'name = { from = "{a}", as = "dat" }'), 'as = "dat" is unknown'),
        (('name = "{account}"', "name = { as = 'date' }"), "exactly one of from, value and lookup"),
        (('name = "{account}"', 'name = "{account"'), "the template"),
        (('name = "{account}"', "name = 1"), "must be a template or a table"),
        (("[[file.document]]", "[file.document]"), "[[document]] is missing"),
        (("[[file]]", "[[file"), "cannot be read"),
    ],
)
def test_wrong_mapping_is_one_clear_line(
    tmp_path: Path, change: tuple[str, str], words: str
) -> None:
    assert change[0] in PLAN
    path = write(tmp_path, "plan.toml", PLAN.replace(*change, 1))
    with pytest.raises(BadInput) as caught:
        read_plan(path)
    assert words in str(caught.value)
    assert "plan.toml" in str(caught.value)


def test_missing_mapping_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="There is no mapping file"):
        read_plan(tmp_path / "none.toml")


def test_rows_keep_their_line_numbers_over_quoted_line_breaks(tmp_path: Path) -> None:
    write(tmp_path, "a.csv", '\ufeffa,b\r\n1,"two\r\nlines"\r\n\r\n3\r\n4, 5 \r\n')
    table = read_table(tmp_path, "a.csv", {"a", "b"}, {}, {})
    assert [(row.line, dict(row.values)) for row in table.rows] == [
        (2, {"a": "1", "b": "two\r\nlines"}),
        (5, {}),
        (6, {"a": "4", "b": "5"}),
    ]
    assert table.rows[1].fault == "has 1 fields, 2 are expected"


def test_corrections_are_applied_and_counted(tmp_path: Path) -> None:
    write(tmp_path, "a.csv", "a\nx\ny\nx\n")
    corrected: dict[tuple[str, str, str, str], int] = {}
    table = read_table(tmp_path, "a.csv", {"a"}, {"a": {"x": "z"}}, corrected)
    assert [row.values["a"] for row in table.rows] == ["z", "y", "z"]
    assert corrected == {("a.csv", "a", "x", "z"): 2}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"b,c\n1,2\n", "has no column a. It has: b, c."),
        (b"a,a\n1,2\n", "has the column a twice"),
        (b'a\n"open\n', "no sound CSV"),
        (b"a\n\xff\xfe\n", "not a text in UTF-8"),
    ],
)
def test_broken_file_is_one_clear_line(tmp_path: Path, content: bytes, words: str) -> None:
    write(tmp_path, "a.csv", content)
    with pytest.raises(BadInput) as caught:
        read_table(tmp_path, "a.csv", {"a"}, {}, {})
    assert words in str(caught.value)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"There is no file .*a\.csv"):
        read_table(tmp_path, "a.csv", set(), {}, {})


@pytest.mark.parametrize(
    ("text", "pattern", "value"),
    [
        ("20-10-16", "dd-mm-yy", "2016-10-20"),
        ("01-03-69", "dd-mm-yy", "2069-03-01"),
        ("01-03-70", "dd-mm-yy", "1970-03-01"),
        ("19970131", "yyyymmdd", "1997-01-31"),
        ("1/2/2020", "dd/mm/yyyy", "2020-02-01"),
    ],
)
def test_dates(text: str, pattern: str, value: str) -> None:
    assert read_date(text, pattern) == value


@pytest.mark.parametrize(
    ("text", "pattern"), [("31-02-16", "dd-mm-yy"), ("2016-10-20", "dd-mm-yy")]
)
def test_impossible_dates_are_faults(text: str, pattern: str) -> None:
    with pytest.raises(Fault, match=text):
        read_date(text, pattern)


@pytest.mark.parametrize("text", ["", "abc", "NaN", "Infinity", "1-2"])
def test_no_numbers(text: str) -> None:
    with pytest.raises(Fault):
        read_number(text)


def test_names() -> None:
    assert person_name("Mei-Mei Johns") == "mei-mei.johns"
    assert person_name("José Ñandú") == "jose.nandu"
    assert group_name("Sales East") == "sales-east"
    with pytest.raises(Fault):
        person_name("张伟")


@given(st.text(), st.text())
def test_ids_differ_when_keys_differ(one: str, other: str) -> None:
    same = document_id("plan", "deal", one) == document_id("plan", "deal", other)
    assert same == (one == other)
