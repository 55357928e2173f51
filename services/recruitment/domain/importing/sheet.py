"""From the bytes of a CSV file to cells under known columns; what is wrong with the file as a whole is refused."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.recruitment.domain.importing.columns import REQUIRED, column_of
from shared.domain.errors import Invalid

ROWS_AT_MOST = 10_000
BYTES_AT_MOST = 8 * 1024 * 1024
DELIMITERS = ",;\t"
_BOM = "\ufeff"


@dataclass(frozen=True, kw_only=True)
class SheetRow:
    """One row of the file with its number as a spreadsheet shows it: the titles are row 1.

    `cells` are those that have a text; `ragged` where there are more cells than titles.
    """

    number: int
    cells: dict[str, str]
    ragged: bool = False


def read_sheet(content: bytes) -> list[SheetRow]:
    """Every row that has a text in any cell.

    Raises:
        Invalid: `file_not_utf8`, `file_empty`, `file_unreadable`, `columns_wrong` or `too_many_rows`.
    """
    text = _decoded(content)
    titles, *rows = _records(text) or [[]]
    columns = _columns(titles)
    found = [_row(number, columns, cells) for number, cells in enumerate(rows, start=2) if any(cells)]
    if not found:
        raise Invalid("file_empty", "The file has no rows below its titles; add one for each person.")
    if len(found) > ROWS_AT_MOST:
        raise Invalid(
            "too_many_rows", f"The file has {len(found)} rows, {ROWS_AT_MOST} are the limit; split it."
        )
    return found


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8").removeprefix(_BOM)
    except UnicodeDecodeError:
        raise Invalid(
            "file_not_utf8",
            "The file is not UTF-8; save it again as `CSV UTF-8` from your spreadsheet program.",
        ) from None


def _records(text: str) -> list[list[str]]:
    if not text.strip():
        raise Invalid("file_empty", "The file is empty; its first row has the titles of the columns.")
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        return list(_read(lines))
    except csv.Error:
        raise Invalid(
            "file_unreadable",
            f"Row {lines.line_num} can't be read: look for a quotation mark that is not closed.",
        ) from None


def _read(lines: Iterator[list[str]]) -> Iterator[list[str]]:
    # Empty lines above the titles are none of them.
    begun = False
    for cells in lines:
        begun = begun or any(cell.strip() for cell in cells)
        if begun:
            yield cells


def _delimiter(text: str) -> str:
    """Whichever of the three is most often in the line of titles."""
    first = text.lstrip("\r\n").splitlines()[0]
    return max(DELIMITERS, key=first.count)


def _columns(titles: Sequence[str]) -> list[str]:
    known = [column_of(title) for title in titles]
    unknown = [title[:40] for title, column in zip(titles, known, strict=True) if column is None]
    columns = [column for column in known if column is not None]
    missing = [column for column in REQUIRED if column not in columns]
    twice = sorted({column for column in columns if columns.count(column) > 1})
    if unknown or missing or twice:
        wrong = {"missing": missing, "unknown": unknown, "twice": twice}
        said = "; ".join(f"{what}: {', '.join(map(repr, names))}" for what, names in wrong.items() if names)
        raise Invalid("columns_wrong", f"The titles of the columns don't fit; {said}.", **wrong)
    return columns


def _row(number: int, columns: Sequence[str], cells: Sequence[str]) -> SheetRow:
    told = {column: cell for column, cell in zip(columns, cells, strict=False) if cell.strip()}
    return SheetRow(number=number, cells=told, ragged=any(cells[len(columns) :]))
