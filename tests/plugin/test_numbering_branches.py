"""Counters: where they were kept before, and after a cluster was cut in two."""

from plugin.runtime.forms.numbering import number
from tests.plugin.kit import Kit


def test_a_counter_goes_on_from_where_it_was_kept_before(kit: Kit) -> None:
    old = {"_id": "_local/numbering-job", "period": "", "last": 41}
    kit.office.server.database("settings").put_local(old)
    assert [number(kit.office.system(), "job") for _ in range(2)] == ["00042", "00043"]


def test_when_a_cut_cluster_is_whole_again_it_goes_on_from_the_higher_count(kit: Kit) -> None:
    assert number(kit.office.system(), "job") == "00001"
    db = kit.office.coordination
    doc = db.get("number:job")
    for last, revid in ((9, "0" * 32), (5, "f" * 32)):
        branch = {**doc, "_rev": f"2-{revid}", "last": last}
        branch["_revisions"] = {"start": 2, "ids": [revid, doc["_rev"][2:]]}
        db.bulk_docs([branch], new_edits=False)
    assert db.get("number:job")["last"] == 5, "the winner counted less"
    assert number(kit.office.system(), "job") == "00010"
    assert "_conflicts" not in db.get("number:job", conflicts=True)
