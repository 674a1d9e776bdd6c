"""Two Managers at once: what each changed is kept, what both changed is asked."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from acl import Acl, Entry, Level, merge

NAMES = ("-Default-", "anna", "bea", "carl")
ROLES = ("[A]", "[B]", "[C]")


def lists() -> st.SearchStrategy[Acl]:
    def made(levels: dict[str, Level], roles: list[str], given: bool) -> Acl:
        held = frozenset(roles[:1]) if given else frozenset()
        return Acl(
            tuple(Entry(n, level=one, roles=held) for n, one in levels.items()), tuple(roles)
        )

    levels = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(Level))
    return st.builds(made, levels, st.lists(st.sampled_from(ROLES), unique=True), st.booleans())


@given(lists(), lists())
def test_who_changed_nothing_takes_over_what_the_other_saved(base: Acl, other: Acl) -> None:
    assert merge(base, base, other).acl == other
    assert not merge(base, base, other).clashes
    mine = merge(base, other, base)
    assert set(mine.acl.entries) == set(other.entries)
    assert set(mine.acl.roles) == set(other.roles)


@given(lists(), lists(), lists())
def test_an_entry_that_one_changed_is_as_that_one_wanted(base: Acl, mine: Acl, other: Acl) -> None:
    found = merge(base, mine, other)
    clashing = {clash.name for clash in found.clashes}
    roles = frozenset(found.acl.roles)
    for name in NAMES:
        old, own, theirs = (acl.find(name) for acl in (base, mine, other))
        assert (name in clashing) == (own != old and theirs not in (own, old))
        wanted = theirs if own == old or name in clashing else own
        kept = replace(wanted, roles=wanted.roles & roles) if wanted else None
        assert found.acl.find(name) == kept


@given(lists(), lists(), lists(), st.sampled_from(["mine", "theirs"]))
def test_a_choice_ends_each_clash(base: Acl, mine: Acl, other: Acl, choice: str) -> None:
    clashes = merge(base, mine, other).clashes
    found = merge(base, mine, other, dict.fromkeys((one.name for one in clashes), choice))
    assert not found.clashes
    roles = frozenset(found.acl.roles)
    for clash in clashes:
        wanted = clash.mine if choice == "mine" else clash.theirs
        kept = replace(wanted, roles=wanted.roles & roles) if wanted else None
        assert found.acl.find(clash.name) == kept


@given(lists(), lists(), lists())
def test_roles_that_one_removed_are_gone_from_the_entries_too(
    base: Acl, mine: Acl, other: Acl
) -> None:
    found = merge(base, mine, other).acl
    gone = (set(base.roles) - set(mine.roles)) | (set(base.roles) - set(other.roles))
    assert not gone & set(found.roles)
    assert all(entry.roles <= set(found.roles) for entry in found.entries)
