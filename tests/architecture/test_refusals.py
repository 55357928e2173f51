"""Every refusal has a test that names its code."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KINDS = {"Forbidden", "NotFound", "Conflict", "Invalid"}


def refusals() -> dict[str, str]:
    """The code of every refusal the services and the shared library make, and a file that makes it."""
    found: dict[str, str] = {}
    for path in sorted([*ROOT.glob("services/**/*.py"), *ROOT.glob("shared/**/*.py")]):
        for code in _codes(path):
            found.setdefault(code, str(path.relative_to(ROOT)))
    return found


def _codes(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in KINDS
            and node.args
        ):
            code = node.args[0]
            if isinstance(code, ast.Constant) and isinstance(code.value, str):
                yield code.value


@pytest.fixture(scope="module")
def named() -> frozenset[str]:
    """Every string in the tests."""
    trees = (ast.parse(path.read_text("utf-8")) for path in ROOT.glob("tests/**/*.py"))
    return frozenset(
        node.value
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def test_every_refusal_has_a_test_that_names_its_code(named: frozenset[str]) -> None:
    """Codes are a public promise: one that no test names could change unnoticed."""
    assert {code: path for code, path in refusals().items() if code not in named} == {}


def test_the_refusals_are_found() -> None:
    """There are hundreds; a handful would mean that this looks in the wrong place."""
    assert len(refusals()) > 200
