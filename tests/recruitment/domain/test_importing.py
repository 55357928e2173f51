"""Reading a file of applications, and what an import may do when."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.recruitment.domain.importing.file import check_file
from services.recruitment.domain.importing.imported import SHOWN, Import, State
from services.recruitment.domain.importing.part import ROWS, ImportPart
from services.recruitment.domain.importing.row import Outcome, row_id
from services.recruitment.domain.importing.rows import Read, read_row
from services.recruitment.domain.importing.sheet import read_sheet
from shared.domain.errors import Refusal
from shared.ids import new_id
from tests.recruitment.builders import CONSENTS, NOW, refused, said
from tests.recruitment.import_files import file, row, rows


def as_read(cells: dict[str, str]) -> Any:
    """One row through a file and the form's rules: what it says, or what is wrong with it."""
    [sheet_row] = read_sheet(file([cells]))
    return read_row(sheet_row.cells, consents=CONSENTS, now=NOW)


def codes(cells: dict[str, str]) -> list[tuple[str, str]]:
    return [(fault.column, fault.code) for fault in as_read(cells)]


def dry_run(*people: dict[str, str]) -> tuple[Import, list[ImportPart]]:
    checked = check_file(file(people), import_id=new_id(), consents=CONSENTS, now=NOW)
    id = new_id()
    parts = ImportPart.cut(checked.rows, import_id=id, site="leeds", programme="core", keep_until=NOW)
    made = Import.checked(checked.rows, len(parts), id=id, site="leeds", programme="core", by="cora", now=NOW)
    return made, parts


def started(made: Import, **how: Any) -> Import:
    values: dict[str, Any] = {"by": "cora", "announce": False, "skip_errors": False, "now": NOW}
    made.start(**{**values, **how})
    return made


def test_a_row_says_what_the_form_says() -> None:
    """Contact, consents with the day they were signed, references, and the words."""
    read = as_read(
        row(
            1,
            consents="data_processing@1 | contact_referees@1",
            consented_on="2026-02-27",
            language="es",
            time_zone="Europe/Madrid",
            statement="Two\nlines.",
        )
    )
    assert isinstance(read, Read)
    assert [(one.code, one.version, one.given.day) for one in read.application.consents] == [
        ("data_processing", "1", 27),
        ("contact_referees", "1", 27),
    ]
    assert (read.contact.time_zone, said(read.application.text).statement) == ("Europe/Madrid", "Two\nlines.")


@pytest.mark.parametrize(
    ("changes", "column", "code"),
    [
        ({"name": ""}, "name", "cell_missing"),
        ({"name": "a\tb"}, "name", "name_unreadable"),
        ({"name": "x" * 201}, "name", "cell_too_long"),
        ({"email": "none"}, "email", "email_invalid"),
        ({"phone": "0" * 41}, "phone", "cell_too_long"),
        ({"language": "English"}, "language", "language_invalid"),
        ({"time_zone": "Leeds"}, "time_zone", "time_zone_unknown"),
        ({"lived_experience": "maybe"}, "lived_experience", "yes_or_no_needed"),
        ({"lived_experience": "no"}, "lived_experience", "lived_experience_not_attested"),
        ({"consents": "yes please"}, "consents", "consents_unreadable"),
        ({"consents": "|".join(["data_processing@1"] * 21)}, "consents", "too_many_consents"),
        ({"consents": "messages@1"}, "consents", "consent_unknown"),
        ({"consents": "contact_referees@1"}, "consents", "consent_missing"),
        ({"consents": "data_processing@9"}, "consents", "consent_not_in_force"),
        ({"consented_on": "2025-12-31"}, "consents", "consent_not_in_force"),
        ({"consented_on": "2030-01-01"}, "consented_on", "day_invalid"),
        ({"consented_on": "27/02/2026"}, "consented_on", "day_invalid"),
        ({"reference_2_email": "friend@example.org"}, "reference_1_email", "references_incomplete"),
        ({"reference_2_email": "x"}, "reference_2_email", "email_invalid"),
        ({"statement": "a " * 251}, "statement", "statement_too_long"),
        ({"external_id": "x" * 101}, "external_id", "cell_too_long"),
    ],
)
def test_each_fault_names_its_column_and_a_remedy(changes: dict[str, str], column: str, code: str) -> None:
    """What the form would refuse is told with where it is and what to do."""
    assert codes(row(1, **changes)) == [(column, code)]
    [fault] = as_read(row(1, **changes))
    assert fault.remedy.endswith(".")


def test_all_faults_of_a_row_are_told_at_once() -> None:
    """So that a file is corrected once."""
    found = codes(row(1, email="none", lived_experience="?", consents="?"))
    assert [column for column, _ in found] == ["email", "lived_experience", "consents"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_delimiters_and_the_mark_of_utf8(delimiter: str, encoding: str) -> None:
    """Comma, semicolon and tab are told apart by the titles; the byte order mark is no part of the first title."""
    [found] = read_sheet(file([row(1, name="a;b,c\td")], delimiter=delimiter, encoding=encoding))
    assert found.cells == row(1, name="a;b,c\td")


def test_titles_in_spanish() -> None:
    """With accents and capitals as people write them; a title twice, unknown or missing is named."""
    titles = (
        "Nombre;Correo electrónico;Experiencia vivida;Consentimientos;Referencia 1 nombre;Referencia 1 correo;"
        "Referencia 2 nombre;Referencia 2 correo"
    )
    content = f"{titles}\nAna;ana@example.org;sí;data_processing@1;A;a@example.org;B;b@example.org\n".encode()
    [found] = read_sheet(content)
    assert isinstance(read_row(found.cells, consents=CONSENTS, now=NOW), Read)
    refusal = refused("columns_wrong", lambda: read_sheet(b"name,nombre,age\nA,B,3\n"))
    assert (refusal.details["twice"], refusal.details["unknown"]) == (["name"], ["age"])


def test_row_numbers_are_a_spreadsheets() -> None:
    """The titles are row 1; an empty row counts, a cell with line breaks is one row."""
    lines = file([row(1, statement="a\nb"), row(2)]).decode().split("\r\n")
    content = "\r\n".join([lines[0], lines[1], "," * 8, *lines[2:]]).encode()
    assert [one.number for one in read_sheet(content)] == [2, 4]


@settings(deadline=None)
@given(st.binary(max_size=200) | st.text(st.sampled_from(list(',;\t\r\n"\x00\x0b\u2028 aé')), max_size=60))
@example('""')
@example(" \x0bname")
def test_whatever_is_sent_is_read_or_refused(content: bytes | str) -> None:
    """Nothing but a refusal is raised, for any bytes and any text, with the titles there or not."""
    sent = content if isinstance(content, bytes) else content.encode()
    for before in (b"", file(rows(1))):
        with suppress(Refusal):
            check_file(before + sent, import_id=new_id(), consents=CONSENTS, now=NOW)


def test_more_cells_than_titles_are_told() -> None:
    """As when a comma in a cell has no quotation marks round it."""
    content = file(rows(1)).rstrip() + b",more\r\n"
    checked = check_file(content, import_id=new_id(), consents=CONSENTS, now=NOW)
    assert [fault.code for fault in checked.rows[0].faults] == ["row_too_long"]


def test_ids_are_the_same_for_ever_and_in_the_order_of_the_rows() -> None:
    """They sort by import and row, and person and application differ."""
    one, two = new_id(), new_id()
    ids = [row_id(one, "candidate", number) for number in range(10_000)]
    assert ids == sorted(set(ids))
    assert ids[7] == row_id(one, "candidate", 7) != row_id(one, "person", 7)
    assert ids[-1] < row_id(two, "candidate", 0) or one[:13] == two[:13]


def test_faults_are_all_counted_and_some_shown() -> None:
    """The report has the rest."""
    made, _ = dry_run(*[row(number, email="none") for number in range(SHOWN + 10)])
    assert (len(made.first_faults), made.codes) == (SHOWN, {"email_invalid": SHOWN + 10})
    refused("import_has_errors", lambda: started(made))
    assert started(made, skip_errors=True).state is State.RUNNING


def test_the_text_of_what_is_not_imported_is_not_kept() -> None:
    """Only rows that wait have one."""
    _, [part] = dry_run(row(1), row(2, email="none"))
    assert [one.text is not None for one in part.rows] == [True, False]
    assert [one.outcome for one in part.rows] == [Outcome.READY, Outcome.FAULTY]


def test_a_stopped_import_goes_on_where_it_was() -> None:
    """Started or undone, whichever it was doing."""
    made, parts = dry_run(*rows(ROWS + 1))
    started(made)
    made.stepped(parts[0], before=parts[0].outcomes(), now=NOW)
    made.stop("import_failed")
    started(made)
    assert (made.state, made.next_part, made.problem) == (State.RUNNING, 1, None)
    made.stop("import_failed")
    made.undo(by="cora", touched=0, now=NOW)
    made.stop("import_failed")
    refused("import_not_startable", lambda: started(made))
    made.undo(by="cora", touched=0, now=NOW + timedelta(days=1))
    assert made.state is State.UNDOING
