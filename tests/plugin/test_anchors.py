"""What documents hang on: Python and the index say the same of any document."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plugin import Office
from plugin.runtime.designs.design import ANCHORS_VIEW, INDEX
from plugin.runtime.listings.anchors import EVERY, anchors_of, day_of
from store.types import ViewOptions

NAMES = st.sampled_from(["anna.snelling", "customer:1", "", "é", "p:x"])
VALUES = st.one_of(NAMES, st.lists(st.one_of(NAMES, st.none(), st.integers()), max_size=3),
                   st.none(), st.integers(), st.just({}))  # fmt: skip
FORMS = st.sampled_from(["deal", "activity", "chase", "unknown", "toString"])
ITEMS = st.dictionaries(st.sampled_from(["owner", "team", "customer", "from", "to"]), VALUES)
STAMPS = st.sampled_from([None, {}, {"at": "2026-11-22T06:00:00Z"}, {"at": 5}, "x"])


@settings(max_examples=25, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(st.lists(st.tuples(FORMS, ITEMS, STAMPS), min_size=1, max_size=20))
def test_both_twins_say_the_same(
    office: Office, docs: list[tuple[str, dict[str, Any], Any]]
) -> None:
    server, real = office.server, office.server.database("tracking")
    server.create("anchors")
    db = server.database("anchors")
    db.put({name: value for name, value in real.get("_design/index").items() if name != "_rev"})
    stored = [{"_id": f"d{n}", "form": form, **items, "updated": at}
              for n, (form, items, at) in enumerate(docs)]  # fmt: skip
    db.bulk_docs(stored)
    rows = db.view(INDEX, ANCHORS_VIEW, ViewOptions(reduce=False))["rows"]
    table = office.state("tracking").design.anchors
    told = {(row["id"], row["key"][0], row["key"][2]) for row in rows}
    wanted = {
        (doc["_id"], anchor, day_of(doc))
        for doc in stored
        for anchor in (EVERY, *anchors_of(table, doc))
    }
    assert told == wanted
    assert len(rows) == len(wanted)
    server.delete("anchors")
