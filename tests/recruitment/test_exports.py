"""Candidates as CSV, over the real database: for whom, with what in it, and noted."""

import csv
import io

from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.recruitment import csv_files, exporting
from tests.recruitment.builders import said
from tests.recruitment.domain.test_importing import as_read
from tests.recruitment.import_files import file, imported, row
from tests.recruitment.running import recruiting
from tests.recruitment.test_api import LEEDS, applied, refused
from tests.support.stack import Stack

FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def read(text: str) -> list[dict[str, str]]:
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:], newline="")))


async def test_an_export_has_what_the_list_has_and_is_noted(stack: Stack) -> None:
    """The same filters, every page of it, no statement; who took it and when is there before it goes out."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora:
        count = exporting.AT_ONCE + 20
        await imported(app, cora, file([row(at, statement="In confidence.") for at in range(count)]))
        await applied(app, name="=SUM(A1)", programme="other")
        answer = await cora.get("/v1/candidates.csv?site=leeds&programme=core")
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        lines = read(answer.text)
        assert sorted(int(one["name"].removeprefix("Person ")) for one in lines) == list(range(count))
        assert "confidence" not in answer.text
        [formula] = read((await cora.get("/v1/candidates.csv?site=leeds&programme=other")).text)
        assert (formula["name"], formula["stage"]) == ("'=SUM(A1)", "applied")
        noted = await app.database.find("accesses", {}, sort=(("_id", 1),))
        assert [(one["by"], one["site"], one["named"]) for one in noted] == [("cora", "leeds", True)] * 2
        assert noted[0]["filters"] == ["programme"]


async def test_who_may_export(stack: Stack) -> None:
    """Auditors without names; not who works elsewhere, nor an interviewer, of whom nothing is noted."""
    async with recruiting(stack) as app:
        await applied(app, name="Robin")
        path = "/v1/candidates.csv?site=leeds"
        async with app.client("ada", [("auditor", "leeds")]) as ada:
            [line] = read((await ada.get(path)).text)
            assert (line["name"], line["email"]) == ("", "")
        for grant, status, code in (
            (("coordinator", "york"), 404, "not_found"),
            (("interviewer", "leeds"), 403, "role_missing"),
        ):
            async with app.client("other", [grant]) as other:
                refused(await other.get(path), status, code)
        assert [one["by"] for one in await app.database.find("accesses", {})] == ["ada"]


ANY_TEXT = st.text(st.characters(codec="utf-8"), max_size=120)


@given(ANY_TEXT)
@example("=1+1")
@example("\tx")
def test_a_cell_is_written_as_it_is_but_for_the_mark_before_a_formula(text: str) -> None:
    """Any text comes back unchanged; one that begins like a formula has one quotation mark more."""
    [[cell, _]] = list(csv.reader(io.StringIO(csv_files.lines([[text, "end"]]), newline="")))
    assert cell == (f"'{text}" if text.startswith(FORMULAS) else text)


@settings(deadline=None)
@given(name=ANY_TEXT, external_id=ANY_TEXT, phone=ANY_TEXT, statement=ANY_TEXT, email=ANY_TEXT)
@example(
    name="=cmd|' /C calc'!A0", external_id="@x", phone="+44 113 496 0000", statement='a "b"\nc', email=""
)
def test_any_text_in_a_cell_is_told_of_or_taken_as_it_is(
    name: str, external_id: str, phone: str, statement: str, email: str
) -> None:
    """A row is read whole and unchanged, or every fault names its column; nothing raises."""
    cells = {"name": name, "external_id": external_id, "phone": phone, "statement": statement}
    changed = row(1, **cells, **({"email": email} if email else {}))
    read = as_read(changed)
    if isinstance(read, tuple):
        assert all(fault.column in changed for fault in read)
        assert all(fault.remedy for fault in read)
    else:
        told = {column: cell for column, cell in cells.items() if cell.strip()}
        found = {
            "name": read.contact.name,
            "external_id": read.external_id,
            "phone": read.contact.phone,
            "statement": said(read.application.text).statement,
        }
        assert {column: found[column] for column in told} == told


async def test_cells_survive_import_and_export(stack: Stack) -> None:
    """Names, numbers and ids of every kind come out as they went in, but for the mark before a formula."""
    texts = ("=1+1", "+44 113", "-x", "@me", "a,b;c", 'he said "so"', "Núñez 漢字 🙂", "' leading", "trail ")
    people = [row(at, name=text, phone=text, external_id=f"{text}{at}") for at, text in enumerate(texts)]
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora:
        await imported(app, cora, file(people, delimiter=";"))
        lines = read((await cora.get("/v1/candidates.csv?site=leeds")).text)
        by_email = {line["email"]: line for line in lines}
        for one in people:
            line = by_email[one["email"]]
            for column in ("name", "phone", "external_id"):
                assert line[column] == csv_files.safe(one[column])
