"""Where a backend is known to answer otherwise, and why. The tests named here must fail there:
one that passes is an error too, so that the list cannot grow old."""

from tests.conformance.difference import Difference
from tests.conformance.pouchdb_differences import POUCHDB

DIFFERENCES: dict[str, tuple[Difference, ...]] = {
    "couchdb": (
        Difference(
            "without a search server it takes $text for true, whatever it says",
            ("test_find.py::test_text_search_is_not_there",),
        ),
        Difference(
            "it takes a divisor of 0 and fails with 500 once it meets a number",
            ("test_find.py::test_a_divisor_of_zero_is_refused",),
        ),
        Difference(
            "its engine gives up in silence, as if the pattern were not found",
            ("test_find.py::test_a_hostile_pattern_ends",),
        ),
    ),
    "pouchdb-server": POUCHDB,
}
