"""Data directories, deployment, mailboxes and the people of an office."""

import json
from pathlib import Path

import pytest

from plugin import (
    Acl,
    BadInput,
    Entry,
    EntryType,
    Level,
    NotFound,
    Office,
    OfficeError,
)
from plugin.runtime.access import personal_acls
from tests.plugin.kit import Kit, design_folder, modules


def test_what_was_made_is_there_when_opened_again(kit: Kit) -> None:
    made = kit.work("anna").create("job", {"name": "Roof"})
    kit.office.close()
    kit.office = Office.open(kit.path, clock=lambda: kit.now, modules=kit.modules)
    assert kit.work("anna").open(made.id).items["name"] == "Roof"
    assert not [one for one in kit.office.deploy() if one.changed]
    assert kit.office.databases() == ["settings", "work"]


def test_wrong_directories_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(OfficeError, match="There is no Divan data in"):
        Office.open(tmp_path / "nothing", modules=[])
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").write_text("mine")
    with pytest.raises(OfficeError, match="is not empty"):
        Office.create(tmp_path / "other", modules=[])
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OfficeError, match="is a file"):
        Office.create(tmp_path / "file", modules=[])
    with pytest.raises(OfficeError, match="no kind of data directory"):
        Office.create(tmp_path / "new", kind="tower", modules=[])
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"format": 99, "kind": "office", "id": "x"}', "format 99; this one uses 1"),
        ("{", "is damaged"),
        ("[]", "is damaged"),
        ('{"format": "x"}', "is damaged"),
    ],
)
def test_other_formats_are_not_touched(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "divan.json").write_text(text)
    with pytest.raises(OfficeError, match=words):
        Office.open(tmp_path, modules=[])
    assert [path.name for path in tmp_path.iterdir()] == ["divan.json"]


def test_wrong_store_address(tmp_path: Path) -> None:
    (tmp_path / "divan.toml").write_text('store_url = "ftp://x"')
    (tmp_path / "divan.json").write_text('{"format": 1, "kind": "office", "id": "x"}')
    with pytest.raises(BadInput, match="store_url"):
        Office.open(tmp_path, modules=[])


def test_a_laptop_starts_empty(tmp_path: Path) -> None:
    with Office.create(tmp_path / "laptop", kind="laptop", modules=modules(tmp_path)) as laptop:
        assert laptop.kind == "laptop" and laptop.databases() == []
        with pytest.raises(NotFound):
            laptop.directory.identity("anna")
        with pytest.raises(NotFound):
            laptop.system().database("work")


def test_deploy_takes_a_changed_form_and_keeps_a_changed_acl(kit: Kit, tmp_path: Path) -> None:
    admin = kit.work("admin")
    admin.save_acl(admin.acl())
    firm = {"title": "Firm", "items": {"name": {"kind": "text"}, "town": {"kind": "text"}}}
    path = tmp_path / "design" / "work" / "forms" / "firm.json"
    path.write_text(json.dumps(firm))
    rev = admin.acl_document()["_rev"]
    assert [one.name for one in kit.office.deploy() if one.changed] == ["work"]
    made = kit.work("eve").create("firm", {"name": "Acme", "town": "Rome"})
    assert made.items["town"] == "Rome"
    assert kit.work("admin").acl_document()["_rev"] == rev


def test_a_form_that_makes_no_sense_stops_deployment_with_its_place(tmp_path: Path) -> None:
    folder = design_folder(tmp_path / "bad", {"x": {"title": "X", "items": {"a": {"kind": "tex"}}}})
    from_modules = modules(tmp_path / "design")
    module = from_modules[0]
    spec = module.databases[0]
    broken = type(module)("bad", "Bad", 9, "bug", (type(spec)("bad", "Bad", folder, spec.acl),))
    with pytest.raises(OfficeError, match="Form x › a: unknown kind 'tex'"):
        Office.create(tmp_path / "data", modules=[*from_modules, broken])


def test_a_mailbox_is_made_on_demand_and_private(kit: Kit) -> None:
    assert kit.office.mail_database("anna") == "mail_anna"
    assert kit.office.mail_database("anna") == "mail_anna"
    anna, ben = (kit.session(name).database("mail_anna") for name in ("anna", "ben"))
    memo = anna.create("memo", {"text": "hello"})
    assert anna.access.level == Level.MANAGER
    with pytest.raises(NotFound):
        ben.open(memo.id)
    assert "mail_anna" in [info.name for info in kit.session("anna").databases()]
    assert "mail_anna" not in [info.name for info in kit.session("ben").databases()]
    with pytest.raises(NotFound):
        kit.office.mail_database("nobody")
    with pytest.raises(NotFound):
        kit.session("anna").database("mail_ben")


def with_entry(office: Office, owner: str, *more: Entry) -> None:
    """Let the owner of a mailbox add entries to its access control list, or take them away."""
    mailbox = office.session(office.directory.identity(owner)).database(f"mail_{owner}")
    mine = [entry for entry in mailbox.acl().entries if entry.name in (owner, "-Default-")]
    mailbox.save_acl(Acl((*mine, *more)))


def test_who_is_let_into_a_mailbox_finds_it_at_once(
    kit: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    kit.office.mail_database("anna")

    def entered() -> bool:
        return "mail_anna" in [info.name for info in kit.session("ben").databases()]

    assert not entered()
    let_in = Entry("ben", EntryType.PERSON, Level.READER)
    with_entry(kit.office, "anna", let_in)
    assert entered()
    with_entry(kit.office, "anna")
    assert not entered()
    with Office.open(kit.office.data, modules=kit.office.modules) as other:  # as another process
        with_entry(other, "anna", let_in)
    assert not entered()  # it is told a minute later
    monkeypatch.setattr(personal_acls, "FRESH", 0.0)
    assert entered()


def test_a_page_does_not_open_the_mailboxes_of_all_others() -> None:
    opened: list[str] = []
    acl = Acl((Entry("-Default-", EntryType.UNSPECIFIED, Level.NO_ACCESS),))

    def read(name: str) -> Acl | None:
        opened.append(name)
        return None if name == "mail_new" else acl

    acls = personal_acls.PersonalAcls(read)
    names = [*(f"mail_{n}" for n in range(300)), "mail_new"]
    assert set(acls.of(names)) == set(names[:-1])
    opened.clear()
    assert len(acls.of(names)) == 300 and opened == ["mail_new"]
    acls.forget("mail_7")
    opened.clear()
    acls.of(names)
    assert opened == ["mail_7", "mail_new"]


def test_the_navigator_shows_what_may_be_entered(kit: Kit) -> None:
    found = [(info.name, info.access.level) for info in kit.session("anna").databases()]
    assert found == [("settings", Level.READER), ("work", Level.AUTHOR)]


def test_groups_units_and_managers(kit: Kit) -> None:
    directory = kit.office.directory
    anna = directory.identity("anna")
    assert anna.units == ("Sales", "Central")
    assert anna.groups == {"all-staff"}
    carl = directory.identity("carl")
    assert carl.groups == {
        "all-staff", "bosses", "chiefs", "leaders-of:anna", "leaders-of:ben", "leaders-of:dan"
    }  # fmt: skip
    assert directory.managers("anna") == ("ben", "carl")
    assert directory.identity("guest").groups == frozenset()
    for name in ("gone", "nobody"):
        with pytest.raises(NotFound):
            directory.identity(name)


def test_people_change_at_once(kit: Kit) -> None:
    settings = kit.session("admin").database("settings")
    person = settings.open("person:anna")
    settings.save(person.id, person.rev, {"manager": "dan", "name_zh": "安"})
    assert kit.office.directory.managers("anna") == ("dan", "carl")
    assert kit.office.directory.name_of("anna", "zh_Hans") == "安"
    assert "leaders-of:anna" in kit.office.directory.identity("dan").groups
    kit.office.server.database("settings").put({**settings.open("person:ben").raw, "active": False})
    with pytest.raises(NotFound):
        kit.office.directory.identity("ben")


def test_circles_of_managers_and_groups_end(kit: Kit) -> None:
    settings = kit.session("admin").database("settings")
    carl = settings.open("person:carl")
    settings.save(carl.id, carl.rev, {"manager": "anna"})
    chiefs = settings.open("group:chiefs")
    settings.save(chiefs.id, chiefs.rev, {"members": ["bosses"]})
    assert kit.office.directory.managers("anna") == ("ben", "carl")
    assert "leaders-of:ben" in kit.office.directory.identity("anna").groups
    assert kit.office.directory.people(fresh=True).groups_of("bosses") == {"chiefs", "bosses"}


def test_names_for_people(kit: Kit) -> None:
    directory = kit.office.directory
    assert directory.name_of("anna") == "Anna"
    assert directory.name_of("leaders-of:anna") == "managers of Anna"
    assert directory.name_of("chiefs") == "Chiefs"
    assert directory.name_of("nobody") == "nobody"
    assert [directory.kind(name) for name in ("anna", "chiefs", "[Admin]", "all-staff")] == [
        "person", "group", "role", "group"
    ]  # fmt: skip
    assert directory.exists("leaders-of:anna") and not directory.exists("leaders-of:nobody")
    login = directory.by_login("ANNA")
    assert login is not None and login.name == "anna"
    assert directory.by_login("gone") is None and directory.by_login("") is None
