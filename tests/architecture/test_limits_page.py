"""The page of limits says what the code does."""

import re
from datetime import timedelta
from importlib import import_module
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs/how-to/limits.md").read_text("utf-8")
ROWS = re.findall(r"^\| ([^|]+) \| ([\d.,]+) ?(\w*) \| `(\S+)\.py::(\w+)` \|", PAGE, re.MULTILINE)
UNITS = {"KiB": 1024, "MiB": 1024 * 1024, "hours": 3_600, "days": 86_400}


@pytest.mark.parametrize(("limit", "value", "unit", "file", "name"), ROWS)
def test_every_limit_has_the_value_that_the_page_gives(
    limit: str, value: str, unit: str, file: str, name: str
) -> None:
    """A constant that is changed is changed on the page, and under the name that the page gives."""
    there = getattr(import_module(file.replace("/", ".")), name)
    told = float(value.replace(",", "")) * UNITS.get(unit, 1)
    assert told == (there.total_seconds() if isinstance(there, timedelta) else there), limit


def test_every_row_of_the_page_is_read() -> None:
    """Those that name a constant, all of them."""
    assert len(ROWS) == PAGE.count(".py::")
