"""The environment is read by settings classes and by nothing else."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
READERS = frozenset({"environ", "environb", "getenv", "getenvb", "putenv"})


def reads_of_the_environment(source: str) -> Iterator[int]:
    """The lines that take the environment from `os`, by attribute or by import."""
    for node in ast.walk(ast.parse(source)):
        by_attribute = (
            isinstance(node, ast.Attribute) and node.attr in READERS and ast.unparse(node.value) == "os"
        )
        by_import = (
            isinstance(node, ast.ImportFrom)
            and node.module == "os"
            and any(name.name in READERS for name in node.names)
        )
        if by_attribute or by_import:
            yield getattr(node, "lineno", 0)


def test_only_settings_read_the_environment() -> None:
    """No file of the product but a settings.py takes anything from the environment."""
    files = [path for folder in ("shared", "services") for path in (ROOT / folder).rglob("*.py")]
    assert files
    found = [
        f"{path.relative_to(ROOT)}:{line}: move it to the settings of this part"
        for path in files
        if path.name != "settings.py"
        for line in reads_of_the_environment(path.read_text("utf-8"))
    ]
    assert found == []


def test_every_way_to_the_environment_is_seen() -> None:
    """Reading by attribute, by call and by import are all noticed, and other names are not."""
    source = "import os\nos.environ['A']\nos.getenv('A')\nfrom os import environ as e\nsettings.environment\n"
    assert sorted(reads_of_the_environment(source)) == [2, 3, 4]
