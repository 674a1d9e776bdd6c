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


DIFFERENCES: dict[str, tuple[Difference, ...]] = {}
