"""Where a backend is known to answer otherwise, and why. The tests named here must fail there:
one that passes is an error too, so that the list cannot grow old."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Difference:
    """Tests as `file::function` or, for one case, `file::function[case]`, without the backend."""

    reason: str
    tests: tuple[str, ...]

    def covers(self, nodeid: str, backend: str) -> bool:
        """Whether one of the tests is that of pytest's `nodeid`, run on `backend`."""
        function, _, case = nodeid.rpartition("/")[2].removesuffix("]").partition("[")
        case = case.removeprefix(backend).removeprefix("-")
        return not {function, f"{function}[{case}]"}.isdisjoint(self.tests)


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
}
