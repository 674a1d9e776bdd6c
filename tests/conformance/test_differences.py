"""The list of known differences names tests that are there."""

import ast
from pathlib import Path

import pytest

from tests.conformance.differences import DIFFERENCES

HERE = Path(__file__).parent
NAMED = sorted(
    {
        test.partition("[")[0]
        for differences in DIFFERENCES.values()
        for difference in differences
        for test in difference.tests
    }
)


@pytest.mark.parametrize("test", NAMED)
def test_a_known_difference_names_a_test(test: str) -> None:
    file, _, function = test.partition("::")
    tree = ast.parse((HERE / file).read_text(encoding="utf-8"))
    assert not function or function in {
        node.name for node in tree.body if isinstance(node, ast.FunctionDef)
    }
