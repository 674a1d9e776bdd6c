"""Search through the door: what a person may read, and nothing else, however it changes."""

from typing import Any

import pytest

from plugin import BadInput, Document, Found
from plugin.runtime.search.following import BATCH, follow_all
from tests.plugin.kit import Kit


def job(kit: Kit, name: str, owner: str = "anna", **items: Any) -> Document:
    return (
        kit.office.system().database("work").create("job", {"name": name, "owner": owner, **items})
    )


def ask(kit: Kit, person: str, text: str, **options: Any) -> Found:
    return kit.session(person).search(text, **options)


def names(kit: Kit, person: str, text: str, **options: Any) -> list[str]:
    return [str(row.document.get("name")) for row in ask(kit, person, text, **options).rows]


def test_who_may_read_finds(kit: Kit) -> None:
    job(kit, "Turbine for Isdom")
    for person in ("anna", "ben", "carl"):
        assert names(kit, person, "isdom") == ["Turbine for Isdom"], person
    for person in ("dan", "eve", "rita", "dora", "guest", "admin"):
        assert ask(kit, person, "isdom").rows == (), person
        assert not ask(kit, person, "isdon").similar, person


def test_public_documents_are_found_by_those_who_read_public(kit: Kit) -> None:
    kit.office.system().database("work").create("flyer", {"name": "Summer sale"})
    for person in ("guest", "anna", "rita"):
        assert names(kit, person, "summer") == ["Summer sale"], person
    assert names(kit, "dora", "summer") == []


def test_rights_that_change_are_followed(kit: Kit) -> None:
    doc = job(kit, "Turbine")
    assert names(kit, "dan", "turbine") == []
    system = kit.office.system().database("work")
    moved = system.save(doc.id, doc.rev, {"owner": "dan"})
    assert names(kit, "dan", "turbine") == ["Turbine"]
    assert names(kit, "anna", "turbine") == []
    renamed = system.save(moved.id, moved.rev, {"name": "Compressor"})
    assert names(kit, "dan", "turbine") == []
    assert names(kit, "dan", "compressor") == ["Compressor"]
    system.delete(renamed.id, renamed.rev)
    assert names(kit, "dan", "compressor") == []


def test_a_document_in_conflict_is_found_by_those_whom_all_branches_let_read(kit: Kit) -> None:
    doc = job(kit, "Turbine", team=["dan"])
    db = kit.office.server.database("work")
    other = dict(doc.raw)
    other["readers"] = other["authors"] = {"people": ["dan"]}
    other["_rev"], other["_revisions"] = "2-ff", {"start": 2, "ids": ["ff", doc.rev[2:]]}
    mine = {**doc.raw, "_rev": "2-00", "_revisions": {"start": 2, "ids": ["00", doc.rev[2:]]}}
    db.bulk_docs([other, mine], new_edits=False)
    assert ask(kit, "dan", "turbine").rows[0].document.conflict
    assert ask(kit, "anna", "turbine").rows == ()


def test_the_index_is_no_door(kit: Kit) -> None:
    """An index that is behind shows nothing of what was taken away meanwhile."""
    doc = job(kit, "Turbine")
    follow_all(kit.office, kit.office.texts, lambda: False)
    known = kit.office.texts.followed("work")
    assert known is not None
    kit.office.system().database("work").save(doc.id, doc.rev, {"owner": "dan"})
    kit.office.texts.follow("work", known, type(known)(10**6, known.mark), [])
    assert ask(kit, "anna", "turbine").rows == ()


def test_chinese_pinyin_keywords_and_misspellings(kit: Kit) -> None:
    job(kit, "北京华联集团", text="准备报价，客户要三台设备", region="North")
    job(kit, "Turbine", owner="anna", text="three turbines and a compressor")
    for text in ("华联", "北京华联", "bjhl", "hljt", "huali", "beijinghua", "客户", "户"):
        assert names(kit, "anna", text) == ["北京华联集团"], text
    assert names(kit, "anna", "客户 north") == ["北京华联集团"]
    assert names(kit, "anna", "户客") == []
    found = ask(kit, "anna", "compresor")
    assert (found.similar, [row.document.get("name") for row in found.rows]) == (True, ["Turbine"])
    assert names(kit, "anna", "compresor elephant") == []


def test_an_excerpt_shows_the_words(kit: Kit) -> None:
    job(kit, "Turbine", text="Before. " * 20 + "The Compressor of\nthe customer hums.")
    (row,) = ask(kit, "anna", "compressor").rows
    assert "".join(text for text, _ in row.excerpt).count("Compressor of the customer") == 1
    assert [text for text, asked in row.excerpt if asked] == ["Compressor"]
    kit.office.system().database("work").create("firm", {"name": "Xylophone Ltd"})
    assert ask(kit, "anna", "xylophone").rows[0].excerpt == ()


def test_pages_there_and_titles_first(kit: Kit) -> None:
    for n in range(12):
        job(kit, f"Job {n}", text="word")
    for n in range(3):
        job(kit, f"Word {n}")
    seen, after = [], ""
    while True:
        page = ask(kit, "anna", "word", limit=4, after=after)
        seen += [row.document.get("name") for row in page.rows]
        if page.next is None:
            break
        after = page.next
    assert seen == [*(f"Word {n}" for n in (2, 1, 0)), *(f"Job {n}" for n in range(11, -1, -1))]
    for token in ("nonsense", "title-", "title-x", "elsewhere-9999999999999999999"):
        with pytest.raises(BadInput):
            ask(kit, "anna", "word", after=token)


@pytest.mark.parametrize(
    "text", ["", "   ", '"', "* OR", "title : x", "(", "NEAR(a b)", "\x00", "💥"]
)
def test_whatever_is_typed_is_words_at_most(kit: Kit, text: str) -> None:
    job(kit, "Turbine")
    assert ask(kit, "anna", text).rows == ()


def test_what_is_purged_and_dropped_is_forgotten(kit: Kit) -> None:
    doc = job(kit, "Xylophone")
    stays = job(kit, "Turbine")
    kit.office.mail_database("anna")
    kit.session("anna").database("mail_anna").create("memo", {"text": "harpsichord"})
    assert len(ask(kit, "anna", "harpsichord").rows) == 1
    assert names(kit, "anna", "xylophone") == ["Xylophone"]
    kit.office.server.database("work").purge({doc.id: [doc.rev]})
    assert names(kit, "anna", "xylophone") == []
    kit.office.server.delete("mail_anna")
    follow_all(kit.office, kit.office.texts, lambda: False)
    assert kit.office.texts.ids("work") == [stays.id]
    assert kit.office.texts.count("mail_anna") == 0
    held = b"".join(file.read_bytes() for file in (kit.path / "search").iterdir())
    assert b"turbine" in held
    assert b"xylophone" not in held and b"harpsichord" not in held


def test_a_long_way_behind_is_made_up_by_the_service(kit: Kit) -> None:
    system = kit.office.system().database("work")
    system.create_many([("firm", {"name": f"Firm {n}"}, None) for n in range(BATCH + 100)])
    follow_all(kit.office, kit.office.texts, lambda: False)
    assert kit.office.texts.count("work") == BATCH + 100
    assert names(kit, "anna", f"{BATCH + 99}") == [f"Firm {BATCH + 99}"]


def test_in_one_database_alone(kit: Kit) -> None:
    job(kit, "Ben Nevis")
    everywhere = {row.document.database for row in ask(kit, "anna", "ben").rows}
    assert everywhere == {"work", "settings"}
    assert names(kit, "anna", "ben", database="work") == ["Ben Nevis"]
    assert ask(kit, "anna", "ben", database="mail_anna").rows == ()
