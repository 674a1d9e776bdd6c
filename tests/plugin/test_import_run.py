"""Importing into an office: counts that add up, a second run that changes nothing, real data."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from acl import readers_of
from plugin import BadInput, Office, Session
from plugin.runtime.cli import run as divan
from plugin.runtime.importing import import_sources, read_plan, read_sources
from plugin.runtime.importing.report import Report
from store.types import ViewOptions

ROOT = Path(__file__).resolve().parents[2]
_WITH_DOCS = ViewOptions(include_docs=True)
EXAMPLE = ROOT / "docs" / "examples" / "sales_pipeline.toml"
REAL = ROOT.parent / "shared" / "data" / "sales_pipeline"

FILES = {
    "sales_teams.csv": "sales_agent,manager,regional_office\n"
    "Anna Snelling,Dustin Brinkmann,Central\nZane Levy,Summer Sewald,West\n",
    "accounts.csv": "account,sector,year_established,revenue,employees,office_location,"
    "subsidiary_of\nBeta,technolgy,1996,12.5,20,Philipines,Acme\nAcme,retail,1990,100.5,7,Kenya,\n"
    "Nobody,retail,1991,1,1,Kenya,\n",
    "products.csv": "product,series,sales_price\nGTX Pro,GTX,4821\n",
    "sales_pipeline.csv": "opportunity_id,sales_agent,product,account,deal_stage,engage_date,"
    "close_date,close_value\n"
    "A1,Anna Snelling,GTXPro,Acme,Won,20-10-16,01-03-17,1054\n"
    "A2,Anna Snelling,GTX Pro,Beta,Lost,20-10-16,01-03-17,0\n"
    "A3,Zane Levy,GTX Pro,,Prospecting,,,\n"
    "A4,Zane Levy,GTX Pro,Acme,Engaging,31-02-17,,\n"
    "A5,Zane Levy,GTX Pro,Acme\n"
    "A6,Zane Levy,Unknown Product,Acme,Engaging,20-10-16,,\n"
    "A1,Zane Levy,GTX Pro,Acme,Won,20-10-16,01-03-17,1054\n"
    "A7,Nobody Known,GTX Pro,,Engaging,20-10-16,,\n"
    "A8,Zane Levy,GTX Pro,Acme,Stalled,20-10-16,,\n",
}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with Office.create(tmp_path / "office") as office:
        yield office


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "csv"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def run(office: Office, folder: Path) -> Report:
    plan = read_plan(EXAMPLE)
    report = import_sources(office.system(), plan, read_sources(plan, folder))
    for file, count in report.rows.items():  # every row is accounted for, once
        kept = report.imported[file] + report.unchanged[file]
        assert count == kept + report.reported_in(file)
    return report


def test_every_row_is_imported_or_reported_with_its_line(office: Office, folder: Path) -> None:
    report = run(office, folder)
    reported = {(row.file, row.line): row.reason for row in report.reported}
    assert set(reported) == {("accounts.csv", 4)} | {
        ("sales_pipeline.csv", line) for line in (5, 6, 7, 8, 9, 10)
    }
    assert "owner: is empty" in reported["accounts.csv", 4]
    assert "31-02-17" in reported["sales_pipeline.csv", 5]
    assert "has 4 fields" in reported["sales_pipeline.csv", 6]
    assert "no such knowledge/product" in reported["sales_pipeline.csv", 7]
    assert "line 2 has the same key with another owner" in reported["sales_pipeline.csv", 8]
    assert "owner" in reported["sales_pipeline.csv", 9]
    assert "stage" in reported["sales_pipeline.csv", 10]
    assert report.imported["sales_pipeline.csv"] == 3
    assert report.corrected["sales_pipeline.csv", "product", "GTXPro", "GTX Pro"] == 1


def test_documents_have_owner_state_links_and_readers(office: Office, folder: Path) -> None:
    run(office, folder)
    deals = {doc["number"]: doc for doc in documents(office.system(), "tracking", "deal")}
    won = deals["A1"]
    assert (won["stage"], won["owner"], won["customer_name"]) == ("won", "anna.snelling", "Acme")
    assert (won["opened_on"], won["won_on"]) == ("2016-10-20", "2017-03-01")
    assert won["amount"] == {"amount": "1054", "currency": "USD"}
    assert "leaders-of:anna.snelling" in readers_of(won)
    assert deals["A3"]["stage"] == "tracking"
    assert "customer" not in deals["A3"]
    anna = office.session(office.directory.identity("anna.snelling"))
    assert anna.listing("tracking", "deals_by_stage").count() == 2
    manager = office.session(office.directory.identity("dustin.brinkmann"))
    assert manager.listing("tracking", "deals_by_stage").count() == 2


def test_a_second_run_changes_nothing(office: Office, folder: Path) -> None:
    run(office, folder)
    before = sequences(office)
    report = run(office, folder)
    assert sequences(office) == before
    assert {what for _, what in report.documents} == {"unchanged"}


def test_a_changed_source_updates_its_items_and_keeps_those_of_people(
    office: Office, folder: Path
) -> None:
    run(office, folder)
    session = office.system()
    acme = next(d for d in documents(session, "customers", "customer") if d["name"] == "Acme")
    session.database("customers").save(acme["_id"], acme["_rev"], {"phone": "123"})
    text = FILES["accounts.csv"].replace("100.5", "200.5")
    (folder / "accounts.csv").write_text(text, encoding="utf-8")
    report = run(office, folder)
    assert report.documents["customers/customer", "updated"] == 1
    acme = session.database("customers").open(acme["_id"]).raw
    assert (acme["turnover"]["amount"], acme["phone"]) == ("200.5", "123")


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        ("accounts.csv", "account\nAcme\n", "has no column"),
        ("products.csv", 'product,series,sales_price\n"GTX', "no sound CSV"),
        ("sales_teams.csv", "", "is empty"),
    ],
)
def test_a_bad_file_stops_before_anything_is_written(
    office: Office, folder: Path, file: str, text: str, words: str
) -> None:
    before = sequences(office)
    (folder / file).write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=words):
        run(office, folder)
    assert sequences(office) == before


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            ('form = "tracking/deal"', 'form = "tracking/deel"'),
            "deel in a database tracking; correct the mapping",
        ),
        (('form = "tracking/deal"', 'form = "trekking/deal"'), "trekking"),
        (("\nlost_reason =", "\nlost_raison ="), "lost_raison"),
        (('knowledge/product" }', 'knoledge/product" }'), "knoledge"),
        (('knowledge/product" }', 'knowledge/produkt" }'), "produkt"),
    ],
)
def test_a_mapping_to_nowhere_stops_before_anything_is_written(
    office: Office,
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    change: tuple[str, str],
    words: str,
) -> None:
    before = sequences(office)
    mapping = tmp_path / "wrong.toml"
    text = EXAMPLE.read_text(encoding="utf-8")
    assert change[0] in text
    mapping.write_text(text.replace(*change), encoding="utf-8")
    office.close()
    arguments = ["--data", str(office.data), "import", str(mapping), "--from", str(folder)]
    assert divan(arguments) != 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert words in printed.err
    assert printed.err.startswith("divan: ")
    assert printed.err.count("\n") == 1
    with Office.open(office.data) as again:
        assert sequences(again) == before


def test_the_command_prints_a_summary_and_writes_the_report(
    office: Office, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    office.close()
    arguments = ["--data", str(office.data), "import", str(EXAMPLE), "--from", str(folder)]
    report = tmp_path / "report.csv"
    assert divan([*arguments, "--report", str(report), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert {entry["file"]: entry["reported"] for entry in facts["files"]} == {
        "sales_teams.csv": 0,
        "accounts.csv": 1,
        "products.csv": 0,
        "sales_pipeline.csv": 6,
    }
    assert len(report.read_text(encoding="utf-8").splitlines()) == 8
    assert divan(arguments) == 0
    assert "unchanged" in capsys.readouterr().out


@pytest.mark.skipif(not REAL.is_dir(), reason=f"the real data is not there: {REAL}")
def test_the_real_pipeline_arrives_whole(office: Office) -> None:
    report = run(office, REAL)
    assert dict(report.rows) == {
        "sales_teams.csv": 35,
        "accounts.csv": 85,
        "products.csv": 7,
        "sales_pipeline.csv": 8800,
    }
    assert report.reported == []
    assert report.empty["sales_pipeline.csv", "account"] == 1425
    assert report.empty["sales_pipeline.csv", "close_date"] == 2089
    states = Counter(doc["stage"] for doc in documents(office.system(), "tracking", "deal"))
    assert states == {"won": 4238, "lost": 2473, "tracking": 2089}
    before = sequences(office)
    run(office, REAL)
    assert sequences(office) == before
    managers = {"dustin.brinkmann", "melvin.marxen", "cara.losch"}
    people = documents(office.system(), "settings", "person")
    assert managers < {person["login"] for person in people}


def documents(session: Session, database: str, form: str) -> list[dict[str, object]]:
    """All documents of a form, straight from the store."""
    rows = session.office.server.database(database).all_docs(_WITH_DOCS)["rows"]
    return [row["doc"] for row in rows if row["doc"].get("form") == form]


def sequences(office: Office) -> dict[str, object]:
    """Update sequence of every database: equal means that nothing was written."""
    server = office.server
    return {name: server.database(name).info()["update_seq"] for name in server.all_dbs()}


def test_a_new_directory_becomes_an_office_unless_the_mapping_leads_nowhere(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = tmp_path / "wrong.toml"
    text = EXAMPLE.read_text(encoding="utf-8")
    wrong.write_text(text.replace("tracking/deal", "tracking/deel"), encoding="utf-8")
    data = tmp_path / "new"
    assert divan(["--data", str(data), "import", str(wrong), "--from", str(folder)]) != 0
    assert not data.exists() or not any(data.iterdir())
    assert divan(["--data", str(data), "import", str(EXAMPLE), "--from", str(folder)]) == 0
    assert "sales_pipeline.csv" in capsys.readouterr().out
