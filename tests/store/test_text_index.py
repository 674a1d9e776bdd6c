"""The text index in its file: who finds what, several writers, damage, and what is forgotten."""

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from store.errors import StoreError
from store.text import Change, Followed, TextIndex, query_words, words

OPEN = (("db", "*"),)


def change(docid: str, title: str, body: str = "", *sets: str) -> Change:
    return Change(docid, " ".join(words(title)), " ".join(words(body)), sets or ("*",))


def at(seq: int) -> Followed:
    return Followed(seq, "mark")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "search" / "text.sqlite"


@pytest.fixture
def index(path: Path) -> Iterator[TextIndex]:
    with closing(TextIndex(path)) as index:
        yield index


def found(index: TextIndex, text: str, sets: tuple[tuple[str, str], ...] = OPEN) -> list[str]:
    """Ids: those with the words in the title, a bar, the others."""
    wanted = [[word] for word in query_words(text)]
    titles, others = (
        [hit.id for hit in index.find(wanted, sets, limit=100, in_title=where)]
        for where in (True, False)
    )
    return [*titles, "|", *others]


def test_titles_and_the_rest_latest_first(index: TextIndex) -> None:
    changes = [
        change("a", "Isdom Trading", "makes valves"),
        change("b", "Valves", "for Isdom"),
        change("c", "Other", "isdomain"),
    ]
    assert index.follow("db", None, at(3), changes)
    assert found(index, "isdom") == ["a", "|", "c", "b"]
    assert found(index, "valve isdom") == ["|", "b", "a"]
    assert found(index, "nothing") == ["|"]
    assert index.follow("db", at(3), at(4), [change("a", "Isdom", "moved up")])
    assert found(index, "isdom") == ["a", "|", "c", "b"]
    assert found(index, "valves") == ["b", "|"]


def test_only_documents_in_readable_sets_are_found(index: TextIndex) -> None:
    changes = [change(f"d{n}", f"secret {n}", "word", f"set{n % 5}") for n in range(50)]
    index.follow("db", None, at(1), [*changes, change("open", "secret", "word")])
    index.follow("other", None, at(1), [change("x", "secret", "word", "set1")])
    mine = tuple(("db", name) for name in ("set1", "set3", "nowhere"))
    ids = {docid for docid in found(index, "secret", mine) if docid != "|"}
    assert ids == {f"d{n}" for n in range(50) if n % 5 in (1, 3)}
    assert found(index, "secret", (("other", "set1"),)) == ["x", "|"]
    assert found(index, "secret", (("other", "*"), ("nowhere", "*"))) == ["|"]
    assert found(index, "secret", ()) == ["|"]


def test_more_sets_than_a_department_has(index: TextIndex) -> None:
    changes = [change(f"d{n}", "word", "", f"set{n}") for n in range(1000)]
    index.follow("db", None, at(1), changes)
    every = tuple(("db", f"set{n}") for n in range(1000))
    assert len(found(index, "word", every)) == 101


def test_pages_by_number(index: TextIndex) -> None:
    index.follow("db", None, at(1), [change(f"d{n:02}", "word") for n in range(25)])
    wanted, pages, before = [query_words("word")], [], None
    while hits := index.find(wanted, OPEN, limit=10, before=before, in_title=True):
        pages.append([hit.id for hit in hits])
        before = hits[-1].number
    assert [len(page) for page in pages] == [10, 10, 5]
    assert [docid for page in pages for docid in page] == [f"d{n:02}" for n in range(24, -1, -1)]


def test_who_comes_second_learns_it_and_changes_nothing(path: Path, index: TextIndex) -> None:
    with closing(TextIndex(path)) as other:
        assert index.follow("db", None, at(1), [change("a", "first")])
        assert not other.follow("db", None, at(1), [change("a", "second")])
        assert other.followed("db") == at(1)
        assert found(other, "first") == ["a", "|"]
        assert found(other, "second") == ["|"]


def test_many_writers_and_readers_agree(path: Path) -> None:
    with closing(TextIndex(path)) as index, closing(TextIndex(path)) as other:

        def write(one: TextIndex, source: str) -> None:
            before = None
            for seq in range(1, 21):
                assert one.follow(source, before, at(seq), [change(f"{source}{seq}", "word")])
                before = at(seq)
                found(one, "word")

        jobs = [(index, "p"), (other, "q"), (index, "r")]
        threads = [threading.Thread(target=write, args=job) for job in jobs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        sets = tuple((source, "*") for source in "pqr")
        assert len(found(index, "word", sets)) == len(found(other, "word", sets)) == 61


@pytest.mark.parametrize("harm", ["nothing", "text", "another format"])
def test_a_damaged_file_is_made_anew(path: Path, harm: str) -> None:
    with closing(TextIndex(path)) as index:
        index.follow("db", None, at(1), [change("a", "word")])
    if harm == "nothing":
        path.unlink()
    elif harm == "text":
        path.write_text("this is no database" * 500)
    else:
        data = bytearray(path.read_bytes())
        data[60:64] = (99).to_bytes(4, "big")  # user_version of the header
        path.write_bytes(data)
    with closing(TextIndex(path)) as index:
        assert index.followed("db") is None
        assert found(index, "word") == ["|"]
        assert index.follow("db", None, at(1), [change("a", "word")])
        assert found(index, "word") == ["a", "|"]


@pytest.mark.parametrize("touch", ["find", "follow", "clear"])
def test_damage_inside_is_mended_by_who_meets_it(path: Path, touch: str) -> None:
    with closing(TextIndex(path)) as index:
        index.follow("db", None, at(1), [change(f"d{n}", f"word{n}") for n in range(2000)])
    data = bytearray(path.read_bytes())
    for page in range(2, len(data) // 4096):
        data[page * 4096 : page * 4096 + 1000] = b"\x07" * 1000
    path.write_bytes(data)
    with closing(TextIndex(path)) as index, closing(TextIndex(path)) as other:
        if touch == "clear":
            index.clear()
        else:
            with pytest.raises(StoreError):
                if touch == "find":
                    found(index, "word1")
                index.follow("db", at(1), at(2), [change("d1", "word")])
        assert index.followed("db") is None
        assert index.follow("db", None, at(1), [change("a", "word")])
        assert found(index, "word") == found(other, "word") == ["a", "|"]


def test_no_words_find_nothing(index: TextIndex) -> None:
    index.follow("db", None, at(1), [change("a", "word")])
    assert index.find([[]], OPEN, limit=5, in_title=True) == []


def test_what_is_forgotten_stands_nowhere_in_the_file(path: Path) -> None:
    with closing(TextIndex(path)) as index:
        keep = [change(f"k{n}", f"kept number{n}", "wordthatstays") for n in range(300)]
        gone = [change(f"g{n}", "xylophonist", "wordthatleaves") for n in range(300)]
        index.follow("db", None, at(1), [*keep, *gone])
        index.follow("other", None, at(1), [change("z", "zzgonedatabase")])
        index.forget("db", [one.id for one in gone])
        index.forget("other")
        assert found(index, "wordthatleaves") == ["|"]
        assert len(found(index, "wordthatstays")) == 101
        assert index.similar("xylophonits") == []
        assert index.similar("wordthatstay") == ["wordthatstays"]
        assert index.sources() == ["db"]
    held = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert b"wordthatstays" in held
    for word in (b"wordthatleaves", b"xylophonist", b"zzgonedatabase"):
        assert word not in held
    with closing(TextIndex(path)) as index:
        index.clear()
        assert index.sources() == [] and index.count("db") == 0
