"""What a form wants of conflicts, as in Notes: read with the form, honoured where branches meet."""

from collections.abc import Mapping
from typing import Any

import pytest

from plugin import AgentRunner, Document, Invalid, OfficeError
from plugin.runtime.forms.form_reading import read_form
from plugin.runtime.replica.merging import forms_of, settle_all
from tests.plugin.kit import Kit

AT = "2026-11-22T06:00:00Z"


def wish(kit: Kit, conflicts: str) -> None:
    """A Designer's change of the form `job`."""
    db = kit.office.server.database("work")
    design = db.get("_design/divan")
    design["forms"]["job"]["conflicts"] = conflicts
    db.put(design)


def apart(kit: Kit, base: Document, *edits: Mapping[str, Any]) -> list[str]:
    """A branch for each of the edits, the later ones with one more save behind them."""
    db = kit.office.server.database("work")
    revs = []
    generation, digest = base.rev.split("-")
    for place, edit in enumerate(edits):
        ids = [f"{place + 1}{step}".ljust(32, "0") for step in range(place + 1)][::-1]
        last = int(generation) + len(ids)
        doc = {
            **base.raw,
            **edit,
            "changed": {name: [last, AT, "anna"] for name in edit},
            "updated": {"at": AT, "by": "anna"},
            "_rev": f"{last}-{ids[0]}",
            "_revisions": {"start": last, "ids": [*ids, digest]},
        }
        assert db.bulk_docs([doc], new_edits=False) == []
        revs.append(doc["_rev"])
    return revs


def job(kit: Kit) -> Document:
    return kit.work("anna").create("job", {"name": "Roof"})


SAME = ({"name": "Wall", "why": "rain"}, {"name": "Floor"})
OTHER = ({"why": "rain"}, {"name": "Floor"})


@pytest.mark.parametrize(
    ("conflicts", "edits", "outcome"),
    [
        ("merge", OTHER, ("Floor", "rain")),
        ("merge", SAME, None),
        ("create", OTHER, None),
        ("create", SAME, None),
        ("merge-only", OTHER, ("Floor", "rain")),
        ("merge-only", SAME, ("Floor", "rain")),
        ("none", OTHER, ("Floor", None)),
        ("none", SAME, ("Floor", None)),
    ],
)
@pytest.mark.parametrize("side", ["office", "laptop"])
def test_each_wish_is_honoured(
    kit: Kit, conflicts: str, edits: Any, outcome: tuple[str, str | None] | None, side: str
) -> None:
    wish(kit, conflicts)
    made = job(kit)
    apart(kit, made, *edits)
    if side == "office":
        AgentRunner(kit.office).run_once()
    else:  # the step of a laptop's synchronisation that merges
        settle_all(kit.office.server.database("work"), forms_of(kit.office, "work"))
    found = kit.work("anna").open(made.id)
    assert found.conflict == (outcome is None)
    if outcome is not None:
        assert (found.items["name"], found.get("why")) == outcome


def test_where_every_conflict_waits_a_person_chooses_all_that_differs(kit: Kit) -> None:
    wish(kit, "create")
    made = job(kit)
    first, second = apart(kit, made, *OTHER)
    work = kit.work("anna")
    assert work.clashes(made.id) == ("name", "why")
    with pytest.raises(Invalid) as caught:
        work.settle(made.id, {"name": first})
    assert set(caught.value.problems) == {"why"}
    settled = work.settle(made.id, {"name": first, "why": second})
    assert (settled.items["name"], settled.get("why")) == ("Roof", None)
    assert not work.open(made.id).conflict


def test_an_unknown_wish_is_told_when_the_form_is_read() -> None:
    form = {"title": "Job", "items": {"name": {"kind": "text"}}, "conflicts": "newest"}
    with pytest.raises(OfficeError, match="job › conflicts: unknown choice 'newest'; known: merge"):
        read_form("job", form)
