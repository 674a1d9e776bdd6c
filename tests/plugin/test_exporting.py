"""Listings as files: whose rows, which values, and that nothing typed becomes a formula."""

import csv
import io
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from openpyxl import load_workbook

from plugin import Acl, Document, Privilege, Refused, export, write_csv, write_xlsx
from plugin.runtime.cli import divan
from tests.plugin.kit import WORK_ACL, Kit, entry


@pytest.fixture
def open_kit(kit: Kit) -> Kit:
    """With the privilege for everybody of the staff."""
    entries = [
        entry(one.name, one.level, *one.privileges, Privilege.REPLICATE, roles=tuple(one.roles),
              kind=one.type.value)
        if one.name in ("all-staff", "bosses") else one
        for one in WORK_ACL.entries
    ]  # fmt: skip
    kit.work("admin").save_acl(Acl(tuple(entries), WORK_ACL.roles), None)
    return kit


def job(kit: Kit, name: str, owner: str = "anna", **items: Any) -> Document:
    made = {"name": name, "owner": owner, **items}
    return kit.office.system().database("work").create("job", made)


def rows_of(
    kit: Kit, person: str, listing: str = "jobs_by_stage", **options: Any
) -> list[list[str]]:
    table = export(kit.session(person).listing("work", listing), **options)
    text = "".join(write_csv(table))
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


def sheet_of(kit: Kit, person: str, **options: Any) -> list[tuple[Any, ...]]:
    file = io.BytesIO()
    write_xlsx(export(kit.session(person).listing("work", "jobs_by_stage"), **options), file)
    return list(load_workbook(file).active.iter_rows())


def test_each_takes_what_he_may_read(open_kit: Kit) -> None:
    job(open_kit, "Mine", price={"amount": "12.50", "currency": "EUR"})
    job(open_kit, "Dan's", owner="dan")
    head = ["stage", "Name", "Price", "Currency of Price"]
    assert rows_of(open_kit, "anna") == [head, ["open", "Mine", "12.50", "EUR"]]
    assert {row[1] for row in rows_of(open_kit, "carl")[1:]} == {"Mine", "Dan's"}


def test_who_may_not_copy_is_told_so(open_kit: Kit) -> None:
    job(open_kit, "Mine")
    for person in ("eve", "rita", "admin"):
        with pytest.raises(Refused):
            export(open_kit.session(person).listing("work", "jobs_by_stage"))


def test_all_items_with_values_to_calculate_with(open_kit: Kit) -> None:
    firm = open_kit.office.system().database("work").create("firm", {"name": "Isdom"})
    doc = job(open_kit, "Mine", firm=firm.id, team=["ben", "dan"], done_on="2026-11-30",
              price={"amount": "12.50", "currency": "EUR"}, region="North")  # fmt: skip
    head, row = sheet_of(open_kit, "anna", whole=True)
    found = {one.value: other for one, other in zip(head, row, strict=True)}
    assert found["Id of the document"].value == doc.id
    assert found["Price"].value == 12.5 and found["Currency of Price"].value == "EUR"
    assert found["firm"].value == found["firm_name"].value == "Isdom"
    assert found["team"].value == "Ben, Dan"
    assert found["done_on"].value == datetime(2026, 11, 30) and found["done_on"].is_date
    assert found["opened_on"].value.date() == date(2026, 11, 22)
    assert head[0].font.bold


def test_what_is_typed_is_never_a_formula(open_kit: Kit) -> None:
    for name in ("=1+1", "+1", "-1", "@x", "\t=1", "bell\x07", "'quoted"):
        job(open_kit, name)
    texts = [row[1] for row in rows_of(open_kit, "anna")[1:]]
    assert not [text for text in texts if text[:1] in tuple("=+-@\t\r")]
    assert {"'=1+1", "'+1", "'-1", "'@x", "'quoted"} <= set(texts)
    cells = [row[1] for row in sheet_of(open_kit, "anna")[1:]]
    assert {cell.data_type for cell in cells} == {"s"}
    assert {"=1+1", "bell"} <= {cell.value for cell in cells}


def test_a_category_or_a_filter_alone(open_kit: Kit) -> None:
    for stage in ("open", "done"):
        for n in range(3):
            job(open_kit, f"{stage} {n}", stage=stage)
    assert [row[1] for row in rows_of(open_kit, "anna", prefix=["done"])[1:]] == [
        "done 0", "done 1", "done 2"
    ]  # fmt: skip
    assert {row[1] for row in rows_of(open_kit, "anna", contains="1")[1:]} == {"open 1", "done 1"}


def test_more_rows_than_a_page(open_kit: Kit) -> None:
    system = open_kit.office.system().database("work")
    wanted = [("job", {"name": f"{n:04}", "owner": "anna"}, None) for n in range(1200)]
    assert all(isinstance(one, Document) for one in system.create_many(wanted))
    names = [row[1] for row in rows_of(open_kit, "anna")[1:]]
    assert names == [f"{n:04}" for n in range(1200)]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["work", "jobs", "x.txt"], 1, ".csv or .xlsx"),
        (["customers", "none", "x.csv"], 1, "no listing"),
        (["nowhere", "none", "x.csv"], 1, "no database"),
        (["customers", "customers_by_name", "x.csv", "--as", "nobody"], 1, "no person"),
    ],
)
def test_wrong_commands_say_what_is_wrong(
    made_company: Path, tmp_path: Path, arguments: list[str], code: int, words: str
) -> None:
    arguments = [str(tmp_path / one) if one.startswith("x.") else one for one in arguments]
    answer = CliRunner().invoke(divan, ["--data", str(made_company), "export", *arguments])
    assert answer.exit_code == code
    assert words in str(answer.exception or answer.output)
    assert list(tmp_path.glob("x.*")) == []


def test_the_command_writes_the_file_whole(made_company: Path, tmp_path: Path) -> None:
    file = tmp_path / "people.xlsx"
    file.write_text("an old one")
    command = ["--data", str(made_company), "export", "settings", "people_by_name", str(file)]
    answer = CliRunner().invoke(divan, command)
    assert answer.exit_code == 0, answer.output
    names = {row[0] for row in load_workbook(file).active.iter_rows(values_only=True)}
    assert len(names) > 5
    assert [one.name for one in tmp_path.iterdir()] == ["people.xlsx"]
