"""An office for each test, on a real store in a directory of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.plugin.kit import Kit


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[Kit]:
    kit = Kit(tmp_path)
    yield kit
    kit.office.close()
