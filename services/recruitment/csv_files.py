"""Writing CSV that spreadsheet programs open as it is meant, and run nothing from."""

import csv
import io
from collections.abc import Iterable

BOM = "\ufeff"
"""Without it some spreadsheet programs take UTF-8 for something else."""

MEDIA_TYPE = "text/csv; charset=utf-8"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def safe(cell: object) -> str:
    """A cell that no spreadsheet program takes for a formula: one that begins like it gets a quotation mark in front.

    https://owasp.org/www-community/attacks/CSV_Injection
    """
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(_FORMULA) else text


def lines(rows: Iterable[Iterable[object]]) -> str:
    """Rows as RFC 4180 has them."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows([safe(cell) for cell in row] for row in rows)
    return out.getvalue()
