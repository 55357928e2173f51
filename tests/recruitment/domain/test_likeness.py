"""When two applications may be of the same person."""

import pytest

from services.recruitment.domain.likeness import likeness_of, mailbox_of, name_key, phone_key
from tests.recruitment.builders import NOW, applied, known


def alike(one: tuple[str, str, str | None], other: tuple[str, str, str | None]) -> bool:
    return bool(set(likeness_of(*one, ())) & set(likeness_of(*other, ())))


ROBIN = ("Robin Adeyemi", "robin@example.org", "+44 7700 900123")


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (("ROBIN  ADEYEMI", "Robin+peer@Example.org", None), True),
        (("Robin Adéyemi", "else@example.org", "07700 900123"), True),
        (("\uff32obin Adeyemi", "robin@example.org", None), True),
        (("Robin Adeyemi", "else@example.org", None), False),
        (("Kim Adeyemi", "robin@example.org", "07700 900123"), False),
        # Cyrillic letters that look like Latin ones: somebody else, as far as a program can tell.
        (("R\u043ebin Adeyemi", "robin@example.org", None), False),
        (("Robin Adeyemi", "else@example.org", "900123"), False),
    ],
)
def test_a_name_with_something_beside_it_is_alike(other: tuple[str, str, str | None], same: bool) -> None:
    """A name in another spelling together with the mailbox or the phone; neither of them alone."""
    assert alike(ROBIN, other) is same


def test_how_each_part_is_compared() -> None:
    """Case, accents, spacing, tags and country codes do not tell people apart."""
    assert name_key("  JOSÉ\u00a0 Straße ") == "jose strasse"
    assert mailbox_of("A.B+x+y@Example.ORG") == "a.b@example.org"
    assert mailbox_of("+x@example.org") == "+x@example.org"
    assert phone_key("0044 (0)7700-900123") == phone_key("07700 900123") == "700900123"
    assert phone_key("12345") is None


def test_a_shared_referee_and_a_name_are_alike() -> None:
    """Whoever has the same name and names the same person to speak for them may be the same."""
    first = likeness_of("Kim", "kim@a.example", None, ["Ref@example.org"])
    assert set(first) & set(likeness_of("kim", "kim@b.example", None, ["ref+1@example.org"]))


def test_what_is_kept_says_no_name() -> None:
    """A list of candidates holds digests."""
    assert not any("robin" in one or "example" in one for one in applied().likeness)


def test_nobody_is_alike_to_somebody_erased() -> None:
    """With the name and the addresses goes what was made of them."""
    candidate = applied()
    candidate.erase(by=known("robin"), terms=None, now=NOW)
    assert (candidate.likeness, candidate.email_key, candidate.application.references) == ((), "", ())


def test_a_tag_behind_the_own_address_makes_nobody_else() -> None:
    """Whoever is known by the address without the tag handles their own application no more than with it."""
    assert applied().is_about(known("cora", email_key="robin+work@example.org"))
    assert not applied().is_about(known("cora", email_key="rob@example.org"))
