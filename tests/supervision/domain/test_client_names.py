"""The hint that a note may name a client."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.supervision.domain.client_names import names_in
from tests.supervision.builders import PRACTICE


@pytest.mark.parametrize(
    ("note", "names"),
    [
        ("Talked about Maria's first week.", ("Maria",)),
        ("We discussed John Smith and José-Luis.", ("John", "Smith", "José-Luis")),
        ("Ms. Lopez was upset", ("Lopez",)),
        ("Maria Lopez said so", ("Lopez",)),
        ("We met O\N{RIGHT SINGLE QUOTATION MARK}Brien; then O'Brien left", ("O'Brien",)),
        ("Hablamos de Ángel y su familia", ("Ángel",)),
    ],
)
def test_names(note: str, names: tuple[str, ...]) -> None:
    """Capitalised words inside a sentence, and after a title, look like a name; each is told once."""
    assert names_in(note, not_names=PRACTICE.not_names) == names


@pytest.mark.parametrize("title", ["Mr", "Mrs", "Ms", "Mx", "Dr", "Sr", "Sra", "Srta", "Señor", "Señora"])
def test_titles(title: str) -> None:
    """After a title even the word that opens a sentence is a name; the title itself is none."""
    assert names_in(f"{title}. Lopez came. Then {title} Ruiz", not_names=()) == ("Lopez", "Ruiz")


@pytest.mark.parametrize(
    "note",
    [
        "",
        "We met on Monday and I listened. She used WRAP and CBT skills.",
        "Plan: Call the clinic. Ask about sleep!\n- Next week, review.",
        "todo en español, sin nombres",
    ],
)
def test_no_names(note: str) -> None:
    """Sentences, lists, weekdays and abbreviations bring no warning."""
    assert names_in(note, not_names=PRACTICE.not_names) == ()


@given(note=st.text())
def test_any_text(note: str) -> None:
    """Whatever is written, the hint names only words of the text, and never fails."""
    straight = note.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    assert all(name in straight for name in names_in(note, not_names=PRACTICE.not_names))
