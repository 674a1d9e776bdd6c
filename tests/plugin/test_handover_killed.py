"""A handover whose process was killed goes on where it was, and does nothing twice (T8)."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from plugin import begin_handover, work_of
from tests.plugin.company import Company
from tests.plugin.killed_handover import POINTS
from tests.views.serving import PATIENCE, ROOT

pytestmark = pytest.mark.skipif(os.name != "posix", reason="kills processes by SIGKILL")

DEALS = 7


def killed(data: Path, point: str, number: int) -> bool:
    """Whether the run was killed; False where it was over before."""
    done = subprocess.run(
        (sys.executable, "-m", "tests.plugin.killed_handover", str(data), point, str(number)),
        cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode != 0


@pytest.mark.parametrize("point", sorted(POINTS))
def test_killed_before_and_after_each_write_it_goes_on(company: Company, point: str) -> None:
    deals = [company.deal("anna", customer=None) for _ in range(DEALS)]
    session = company.session("manager")
    made = begin_handover(session, work_of(session, "anna"), "ben", ["deals"], set(), "")
    kills = sum(killed(company.office.data, point, number) for number in (1, 2, 3))
    assert kills == 3
    company.run()
    tracking = company.system.database("tracking")
    done = tracking.open(made.id)
    assert (done.get("state"), done.get("moved"), done.get("stayed")) == ("done", [DEALS], [0])
    for deal in deals:
        now = tracking.open(deal.id)
        assert now.get("owner") == "ben"
        assert [line["handover"] for line in now.raw["handovers"]] == [made.id]
    assert len(company.notices()) == 1
