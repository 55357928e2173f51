"""Who sees what of a candidate."""

import pytest

from services.recruitment.domain.candidate import Candidate
from services.recruitment.domain.person import KnownActor
from shared.contracts.recruitment import ScreeningOutcome
from shared.domain.people import Role
from tests.recruitment.builders import (
    CORA,
    IAN,
    IVY,
    decide,
    interviewing,
    known,
    refused,
    schedule,
    score,
    scored,
)

EVE = known("eve", Role.INTERVIEWER)
ME = known("robin")
STRANGER = known("stranger")
SEATED_WITHOUT_ROLE = known("ivy")
SEATED_OF_ANOTHER_SITE = known("ivy", Role.INTERVIEWER, site="york")


def seen_by(candidate: Candidate, who: KnownActor) -> list[str]:
    """Whose cards somebody sees."""
    return [card.interviewer for card in candidate.cards_for(who)]


@pytest.mark.parametrize(
    ("who", "codes", "text", "private", "cards"),
    [
        (CORA, True, True, True, True),
        (known("cora", Role.COORDINATOR, site="york"), False, False, False, False),
        (IVY, True, True, False, True),
        (EVE, False, False, False, False),
        (SEATED_WITHOUT_ROLE, False, False, False, False),
        (SEATED_OF_ANOTHER_SITE, False, False, False, False),
        (ME, True, True, True, False),
        (known("ada", Role.AUDITOR), True, False, False, False),
        (known("sam", Role.SITE_ADMIN), True, False, False, False),
        (known("cora", Role.COORDINATOR, email_key="robin@example.org"), True, False, False, True),
        (STRANGER, False, False, False, False),
    ],
)
def test_who_sees_what(who: KnownActor, *, codes: bool, text: bool, private: bool, cards: bool) -> None:
    """A seat on the panel counts with the interviewer's role at the site, and each sees what they need."""
    candidate = interviewing()
    assert candidate.may_be_read_by(who) is codes
    assert candidate.shows_text_to(who) is text
    assert candidate.shows_private_to(who) is private
    assert candidate.shows_cards_to(who) is cards


def test_scorecards_are_hidden_until_all_are_in() -> None:
    """An interviewer sees their own card, and everybody's only once the last is in."""
    candidate = interviewing()
    score(candidate, IVY, notes="calm")
    assert [seen_by(candidate, who) for who in (IVY, IAN, CORA)] == [["ivy"], [], []]
    score(candidate, IAN)
    assert [seen_by(candidate, who) for who in (IVY, IAN, CORA)] == [["ivy", "ian"]] * 3
    assert seen_by(candidate, EVE) == seen_by(candidate, STRANGER) == []


def test_a_seat_without_the_role_shows_no_cards_of_others() -> None:
    """Somebody who is no interviewer of the site any more sees at most what they wrote."""
    for who in (SEATED_WITHOUT_ROLE, SEATED_OF_ANOTHER_SITE):
        assert seen_by(scored(), who) == ["ivy"]


def test_cards_show_to_the_coordinator_when_the_application_has_ended() -> None:
    """When no card can follow, one that is in is hidden no longer; from the panel it stays hidden."""
    candidate = interviewing()
    score(candidate, IVY)
    decide(candidate, ScreeningOutcome.WAITING)
    assert seen_by(candidate, CORA) == []
    decide(candidate, ScreeningOutcome.DECLINED)
    assert [seen_by(candidate, who) for who in (CORA, IVY, IAN)] == [["ivy"], ["ivy"], []]


def test_nobody_reads_the_scorecards_about_themself() -> None:
    """Not even as a coordinator, under an address of theirs."""
    refused("own_application", lambda: scored().cards_for(ME))
    own = known("cora", Role.COORDINATOR, email_key="robin@example.org")
    refused("own_application", lambda: scored().cards_for(own))


def test_earlier_rounds_are_for_the_coordinators() -> None:
    """They see its cards again with those of the round that counts; a panel sees the round that counts."""
    candidate = interviewing()
    score(candidate, IVY, 1)
    schedule(candidate, panel=(IVY, EVE))
    assert candidate.earlier_cards_for(CORA) == ()
    for interviewer in (IVY, EVE):
        score(candidate, interviewer)
    assert [card.scores["empathy"] for card in candidate.earlier_cards_for(CORA)] == [1]
    assert candidate.earlier_cards_for(IVY) == ()
    assert not candidate.may_be_read_by(IAN)
    assert len(candidate.cards_for(IVY)) == 2
