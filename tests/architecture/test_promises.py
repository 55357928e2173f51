"""The page of promises names tests that exist."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROWS = [
    line for line in (ROOT / "docs/promises.md").read_text("utf-8").splitlines() if line.startswith("| ")
][1:]


@pytest.mark.parametrize("row", ROWS)
def test_every_promise_has_its_test(row: str) -> None:
    """Each row names one test, which is there under that name."""
    [(file, name)] = re.findall(r"`(tests/\S+\.py)::(\w+)`", row)
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    tests = [node.name for node in tree.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    assert name in tests, f"{file} has no {name}: name the test that proves this promise now"
