"""One way in which a backend is known to answer otherwise."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Difference:
    """Tests as `file::function` or, for one case, `file::function[case]`, without the backend.

    A whole `file` is not run there: what it is about is not there at all, or hangs the server.
    """

    reason: str
    tests: tuple[str, ...]

    def leaves_out(self, nodeid: str) -> bool:
        """Whether the whole file of pytest's `nodeid` is named."""
        return nodeid.rpartition("/")[2].partition("::")[0] in self.tests

    def covers(self, nodeid: str, backend: str) -> bool:
        """Whether one of the tests is that of pytest's `nodeid`, run on `backend`."""
        function, _, case = nodeid.rpartition("/")[2].removesuffix("]").partition("[")
        case = case.removeprefix(backend).removeprefix("-")
        return not {function, f"{function}[{case}]"}.isdisjoint(self.tests)
