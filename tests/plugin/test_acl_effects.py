"""What a change of the list would do, told before it is done: held against what comes of it."""

import random
from dataclasses import replace
from typing import Any

import pytest

from acl import RULES, Rule
from plugin import Acl, Entry, EntryType, Invalid, Level, Privilege, Refused
from plugin.runtime.access.acl_effects import Effect
from store.api import Database
from tests.plugin.kit import Kit, entry
from tests.plugin.readable import ACTIVE, fill, with_entry

REPLICATE = Privilege.REPLICATE


def read_by(kit: Kit, made: list[str]) -> dict[str, set[str]]:
    """What each person can open, asked one by one."""
    return {name: {docid for docid in made if kit.work(name).exists(docid)} for name in ACTIVE}


def effects_of(kit: Kit, acl: Acl) -> dict[str | None, Effect]:
    return {one.name: one for one in kit.work("admin").acl_effects(acl).people}


def test_who_falls_to_no_access_loses_what_he_read(kit: Kit) -> None:
    fill(kit)
    acl = with_entry(kit.work("admin").acl(), entry("rita", Level.NO_ACCESS))
    found = kit.work("admin").acl_effects(acl)
    (effect,) = found.people
    assert (effect.name, effect.before.level, effect.after.level) == (
        "rita", Level.READER, Level.NO_ACCESS,
    )  # fmt: skip
    assert (effect.gains, effect.loses) == (0, 5)
    assert list(map(str, found.changes)) == ['"rita" has No Access instead of Reader.']
    assert kit.work("admin").acl().find("rita") != acl.find("rita")


def test_a_change_of_a_group_is_told_for_each_person_in_it(kit: Kit) -> None:
    fill(kit)
    work = kit.work("admin")
    bosses = entry("bosses", Level.READER, kind="group")
    found = effects_of(kit, with_entry(work.acl(), bosses))
    assert set(found) == {"carl"}
    assert found["carl"].after.level is Level.AUTHOR
    assert found["carl"].before.roles - found["carl"].after.roles == {"[Leaders]"}


def test_laptops_are_counted_by_what_they_lose(kit: Kit) -> None:
    made = fill(kit)
    work = kit.work("admin")
    work.save_acl(with_entry(work.acl(), entry("rita", Level.READER, REPLICATE)))
    credentials = kit.office.credentials
    for label in ("a", "b", "old"):
        credentials.issue_token("rita", label=label)
    credentials.issue_token("eve", label="eve's")
    credentials.revoke(next(t.id for t in credentials.tokens("rita") if t.label == "old"))
    read = len(read_by(kit, made)["rita"])
    for level in (Level.NO_ACCESS, Level.READER):
        found = work.acl_effects(with_entry(work.acl(), entry("rita", level)))
        assert (found.laptops, found.laptop_documents) == (2, 2 * read), level
    assert effects_of(kit, with_entry(work.acl(), entry("rita", Level.READER)))["rita"].loses == 0
    anna = with_entry(work.acl(), entry("anna", Level.READER))
    assert work.acl_effects(anna).laptops == 0


def test_a_role_that_goes_is_told_with_what_names_it(kit: Kit) -> None:
    fill(kit)
    acl = kit.work("admin").acl()
    entries = tuple(replace(one, roles=frozenset()) for one in acl.entries)
    found = kit.work("admin").acl_effects(Acl(entries, ("[Admin]", "[Editors]")))
    (use,) = found.roles
    assert (use.role, use.documents, use.forms) == ("[Leaders]", 5, ("Job",))


@pytest.mark.parametrize(
    ("new", "warning"),
    [
        (entry("amdin", Level.EDITOR), "no active person, group or unit is called so"),
        (entry("gone", Level.EDITOR), "no active person, group or unit is called so"),
        (entry("*/Nowhere", Level.EDITOR), "no active person, group or unit is called so"),
        (entry("hollow", Level.EDITOR, kind="group"), "it has no members"),
        (entry("eve", Level.READER, kind="group"), "it is not of the type Person group"),
        (entry("chiefs", Level.READER, kind="person"), "it is not of the type Person"),
        (entry("admin", Level.READER), "You would no longer be Manager"),
        (entry("*/Sales/Central", Level.READER), ""),
        (entry("elsewhere", Level.READER, kind="server"), ""),
    ],
    ids=str,
)
def test_what_somebody_should_think_about_is_said(kit: Kit, new: Entry, warning: str) -> None:
    kit.office.system().database("settings").create("group", {"members": []}, id="group:hollow")
    acl = with_entry(kit.work("admin").acl(), entry("carl", Level.MANAGER))
    texts = [str(text) for text in kit.work("admin").acl_effects(with_entry(acl, new)).warnings]
    assert len(texts) == bool(warning), texts
    assert not warning or warning in texts[0]


def test_only_managers_ask_and_what_cannot_be_saved_is_refused(kit: Kit) -> None:
    acl = kit.work("admin").acl()
    with pytest.raises(Refused, match="Only a Manager"):
        kit.work("eve").acl_effects(acl)
    for wrong in (Acl((), ()), with_entry(acl, entry("admin", Level.READER))):
        with pytest.raises(Invalid):
            kit.work("admin").acl_effects(wrong)
    assert kit.work("admin").acl_effects(acl).people == ()


class Counted:
    """A database that counts what is asked of it, and the rows that it gives."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.asked: list[tuple[str, int]] = []

    def __getattr__(self, name: str) -> Any:
        inner = getattr(self._db, name)
        if not callable(inner):
            return inner

        def counted(*args: Any, **options: Any) -> Any:
            answer = inner(*args, **options)
            rows = answer.get("rows", ()) if isinstance(answer, dict) else ()
            self.asked.append((name, len(rows)))
            return answer

        return counted


def test_the_cost_does_not_grow_with_documents(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    acl = with_entry(kit.work("admin").acl(), entry("all-staff", Level.NO_ACCESS, kind="group"))
    asked = []
    for count in (1, 30):
        kit.work("eve").create_many([("job", {"name": "job", "owner": "dan"}, None)] * count)
        kit.office.reader_sets("work").sets()
        admin = kit.work("admin")
        db = Counted(admin.context.reading)
        monkeypatch.setitem(admin.context.__dict__, "reading", db)
        assert admin.acl_effects(acl).people
        asked.append(db.asked)
    assert asked == [[("get", 0), ("view", 1)]] * 2  # the list, and one row for one reader set


@pytest.mark.parametrize("seed", range(3))
def test_the_numbers_are_what_comes_of_it(kit: Kit, seed: int) -> None:
    chance = random.Random(seed)
    made = fill(kit)
    names = [*ACTIVE[1:], "bosses", "chiefs", "all-staff", "*/Sales", "-Default-"]
    told = 0
    for turn in range(12):
        level = chance.choice(list(Level))
        ticks = [p for p in Privilege if RULES[level][p] is Rule.OPTIONAL and chance.random() < 0.5]
        roles = frozenset(chance.sample(["[Leaders]", "[Editors]"], chance.randint(0, 2)))
        new = Entry(chance.choice(names), EntryType.UNSPECIFIED, level, frozenset(ticks), roles)
        acl = with_entry(kit.work("admin").acl(), new)
        before, found = read_by(kit, made), effects_of(kit, acl)
        kit.work("admin").save_acl(acl)
        after = read_by(kit, made)
        for name in ACTIVE:
            effect = found.get(name)
            counted = (effect.gains, effect.loses) if effect else (0, 0)
            real = (len(after[name] - before[name]), len(before[name] - after[name]))
            assert counted == real, f"seed {seed}, turn {turn}, {name}: {new}"
            told += sum(real)
    assert told > 10, f"seed {seed}"
