"""Who hears what of an application after a decision: appeals, moves, and going on."""

import pytest

from shared.contracts.recruitment import (
    AppealOutcome,
    CandidateAppealDecided,
    CandidateAppealDue,
    CandidateAppealed,
    CandidateDeferralEnded,
    CandidateEvent,
    CandidateMoved,
    CandidateMovedAway,
    CandidateNextInLine,
)
from tests.notifications.builders import ANA, CARL, CLEO, after, desk, messages, told
from tests.notifications.domain.test_telling import CANDIDATE, COORDINATORS

ADMIN = "admin-1"
STAFF = {**COORDINATORS, ADMIN: "site_admin"}
DECIDE_BY = after(days=30)


def templates(event: CandidateEvent) -> dict[str, str]:
    """Who is told, and in which words."""
    made = messages(told(event, desk=desk(**STAFF)))
    return {person: item.template for person, item in made.items()}


def test_an_appeal_is_for_coordinators_and_admins_to_decide() -> None:
    """The person hears that it arrived; when it is due, those who can see to it hear so, and not the person."""
    appealed = CandidateAppealed(**CANDIDATE, decide_by=DECIDE_BY)
    due = CandidateAppealDue(**CANDIDATE, decide_by=DECIDE_BY, overdue=True)

    decides = dict.fromkeys((CLEO, CARL, ADMIN), "application_appeal_to_decide")
    assert templates(appealed) == {ANA: "application_appeal_received", **decides}
    assert templates(due) == dict.fromkeys((CLEO, CARL, ADMIN), "application_appeal_due")


@pytest.mark.parametrize(
    ("outcome", "others"),
    [(AppealOutcome.UPHELD, {CLEO: "application_open_again"}), (AppealOutcome.DISMISSED, {})],
)
def test_an_answer_is_told_without_the_outcome(outcome: AppealOutcome, others: dict[str, str]) -> None:
    """The person reads it beside its reason; coordinators hear of what they have to decide afresh."""
    decided = CandidateAppealDecided(**CANDIDATE, outcome=outcome, decided_by=CARL)

    assert templates(decided) == {ANA: "application_appeal_answered", **others}
    assert "outcome" not in messages(told(decided))[ANA].facts


def test_who_was_deferred_is_told_that_they_are_welcome() -> None:
    """So are they when they asked for it themself; the coordinators look at it again."""
    again = dict.fromkeys((CLEO, CARL), "application_open_again")
    for by in (None, ANA):
        ended = CandidateDeferralEnded(**CANDIDATE, by=by)
        assert templates(ended) == {ANA: "welcome_to_go_on", **again}


def test_each_site_hears_its_own_part_of_a_move() -> None:
    """The old one's coordinators, the new one's, and the person once."""
    away = CandidateMovedAway(**CANDIDATE, by=CLEO)
    moved = CandidateMoved(**CANDIDATE, by="somebody", from_site="hillside")

    assert templates(away) == {CARL: "application_moved_away"}
    here = dict.fromkeys((CLEO, CARL), "application_moved_here")
    assert templates(moved) == {ANA: "application_moved", **here}


def test_who_is_first_in_line_is_promised_nothing() -> None:
    """Coordinators hear that there is room; the person hears of the decision."""
    assert templates(CandidateNextInLine(**CANDIDATE, free=1)) == dict.fromkeys((CLEO, CARL), "place_to_give")
