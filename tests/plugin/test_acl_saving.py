"""The ACL of a database, changed through the door: by Managers only, in force at once."""

from dataclasses import replace

import pytest

from acl import security_object
from plugin import Acl, Entry, Invalid, Level, NotFound, Refused, SaveConflict, translate
from tests.plugin.kit import Kit


def with_level(acl: Acl, name: str, level: Level) -> Acl:
    """The list with another level for one entry, and no privileges."""
    entries = tuple(
        replace(entry, level=level, privileges=frozenset()) if entry.name == name else entry
        for entry in acl.entries
    )
    return replace(acl, entries=entries)


def test_a_change_is_in_force_at_once_and_logged(kit: Kit) -> None:
    firm = kit.work("eve").create("firm", {"name": "Acme"})
    work = kit.work("admin")
    work.save_acl(with_level(work.acl(), "rita", Level.NO_ACCESS))
    with pytest.raises(NotFound):
        kit.work("rita").open(firm.id)
    (line,) = work.acl_document()["log"]
    assert line["by"] == "admin"
    assert line["text"] == '"rita" has No Access instead of Reader.'
    (logged,) = work.acl_log()
    assert translate(logged.texts[0], "zh_Hans") == "“rita”的级别由 读者 改为 不能存取者。"
    security = kit.office.server.database("work").security()
    assert security == security_object(work.acl())


@pytest.mark.parametrize("name", ["eve", "rita", "anna", "guest"])
def test_only_managers_change_it(kit: Kit, name: str) -> None:
    work = kit.work(name)
    with pytest.raises(Refused, match="Only a Manager"):
        work.save_acl(with_level(work.acl(), "rita", Level.MANAGER))
    assert kit.work("rita").access.level == Level.READER


def test_the_store_refuses_it_too(kit: Kit) -> None:
    context = kit.work("eve").context
    doc = kit.work("eve").acl_document()
    with pytest.raises(Exception, match="Only a Manager"):
        context.writing.put({**doc, "entries": doc["entries"][:2]})


def test_a_list_that_makes_no_sense_is_refused_as_a_whole(kit: Kit) -> None:
    work = kit.work("admin")
    with pytest.raises(Invalid) as caught:
        work.save_acl(Acl((Entry("rita", level=Level.READER),), ()))
    assert len(caught.value.problems) == 2


def test_an_old_copy_does_not_overwrite(kit: Kit) -> None:
    work = kit.work("admin")
    rev = work.acl_document()["_rev"]
    work.save_acl(with_level(work.acl(), "rita", Level.EDITOR), rev)
    with pytest.raises(SaveConflict):
        work.save_acl(with_level(work.acl(), "rita", Level.NO_ACCESS), rev)
    work.save_acl(work.acl())
    assert len(work.acl_document()["log"]) == 1


def test_a_replicated_list_is_copied_into_the_stores_security(kit: Kit) -> None:
    db = kit.office.server.database("work")
    doc = db.get("acl")
    entries = [one for one in doc["entries"] if one["name"] != "eve"]
    db.put({**doc, "entries": entries})
    assert kit.office.apply_acl("work") is True
    assert db.security()["acl"]["entries"] == entries
    assert kit.office.apply_acl("work") is False
