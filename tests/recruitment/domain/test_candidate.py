"""The rules of a candidate, each in a sentence."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from services.recruitment.domain.application import ApplicationText, Referee
from services.recruitment.domain.candidate import Candidate, CheckResult, Stage
from services.recruitment.domain.decision import Withdrawal, WithdrawalText
from shared.contracts.recruitment import (
    CandidateApplied,
    CandidateInterviewScheduled,
    CandidateScreened,
    CandidateWithdrawn,
    ScreeningOutcome,
)
from shared.domain.errors import Refusal
from tests.recruitment.builders import CRITERIA, NOW, PANEL, applied, interviewing, ready, scores


def refused(code: str, act: Callable[[], object]) -> Refusal:
    with pytest.raises(Refusal) as refusal:
        act()
    assert refusal.value.code == code
    return refusal.value


def test_applying_is_announced_without_contact_data() -> None:
    """Name and address go to the contacts topic alone."""
    (announced,) = applied().raised
    assert isinstance(announced, CandidateApplied)
    assert (announced.person, announced.candidate, announced.site) == ("robin", "c1", "leeds")
    assert "example.org" not in announced.model_dump_json()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"lived_experience": False}, "lived_experience_not_attested"),
        ({"consents": ()}, "consent_missing"),
        ({"references": (Referee(name="A", email="a@example.org"),)}, "references_incomplete"),
        ({"references": (Referee(name="A", email="a@example.org"),) * 2}, "references_incomplete"),
        (
            {
                "references": (
                    Referee(name="Me", email="Robin@example.org"),
                    Referee(name="B", email="b@example.org"),
                )
            },
            "references_incomplete",
        ),
        ({"text": ApplicationText(statement="word " * 251)}, "statement_too_long"),
    ],
)
def test_an_incomplete_application_is_refused_by_name(change: dict[str, object], code: str) -> None:
    """What an application lacks is said, with what to do."""
    refused(code, lambda: applied(**change))


def test_an_interview_is_announced_and_can_be_set_anew() -> None:
    """Setting the interview again announces the new time."""
    candidate = interviewing()
    candidate.schedule_interview(starts=NOW + timedelta(days=5), minutes=30, panel=PANEL, by="cora", now=NOW)
    assert candidate.interview is not None
    assert candidate.interview.round == 2
    assert sum(isinstance(event, CandidateInterviewScheduled) for event in candidate.raised) == 2


def test_a_panel_is_two_other_people_and_the_time_lies_ahead() -> None:
    """One interviewer, the candidate as interviewer, or yesterday: each is refused."""
    candidate, later = applied(), NOW + timedelta(days=1)
    for panel, starts, code in (
        (("ivy", "ivy"), later, "panel_too_small"),
        (("ivy", "robin"), later, "panel_has_candidate"),
        (PANEL, NOW, "interview_in_the_past"),
    ):
        refused(
            code,
            lambda panel=panel, starts=starts: candidate.schedule_interview(  # type: ignore[misc]
                starts=starts, minutes=30, panel=panel, by="cora", now=NOW
            ),
        )


def test_scorecards_are_hidden_until_all_are_in() -> None:
    """An interviewer sees their own card, and everybody's only once the last is in."""
    candidate = interviewing()
    candidate.submit_scorecard(by="ivy", scores=scores(), notes="calm", criteria=CRITERIA, now=NOW)
    assert candidate.interview is not None
    assert len(candidate.interview.cards_visible_to("ivy", coordinates=False)) == 1
    assert candidate.interview.cards_visible_to("ian", coordinates=False) == ()
    assert candidate.interview.cards_visible_to("cora", coordinates=True) == ()
    assert candidate.interview.means() == {}
    candidate.submit_scorecard(by="ian", scores=scores(2), notes=None, criteria=CRITERIA, now=NOW)
    assert len(candidate.interview.cards_visible_to("ian", coordinates=False)) == 2
    assert len(candidate.interview.cards_visible_to("cora", coordinates=True)) == 2
    assert candidate.interview.cards_visible_to("stranger", coordinates=False) == ()
    assert candidate.stage is Stage.SCORED


def test_who_scores_and_how_is_checked() -> None:
    """No card without interview, from outside the panel, twice, with gaps, or out of range."""
    submit = Candidate.submit_scorecard

    def card(candidate: Candidate, by: str = "ivy", given: dict[str, int] | None = None) -> None:
        submit(candidate, by=by, scores=given or scores(), notes=None, criteria=CRITERIA, now=NOW)

    refused("no_interview", lambda: card(applied()))
    candidate = interviewing()
    refused("not_on_panel", lambda: card(candidate, by="eve"))
    refused("scores_incomplete", lambda: card(candidate, given={"empathy": 3}))
    refused("score_out_of_range", lambda: card(candidate, given=scores(6)))
    card(candidate)
    refused("scorecard_submitted", lambda: card(candidate))


def test_acceptance_needs_checks_and_cards_and_says_which() -> None:
    """Accepting too early is refused with every missing thing in a sentence."""
    candidate = interviewing()
    refusal = refused(
        "not_ready_to_accept",
        lambda: candidate.decide(ScreeningOutcome.ACCEPTED, by="cora", reason="good", now=NOW),
    )
    assert "background_check" in refusal.message
    assert "0 of 2 scorecards" in refusal.message


def test_a_cleared_check_that_has_expired_does_not_count() -> None:
    """A check counts until its expiry."""
    candidate = ready()
    candidate.note_check("background_check", CheckResult.CLEARED, by="cora", now=NOW, expires=NOW)
    assert candidate.checks_cleared(NOW) == ("references",)


def test_a_named_coordinator_accepts_with_a_reason() -> None:
    """The decision keeps who and why; the event carries codes only."""
    candidate = ready()
    candidate.decide(ScreeningOutcome.ACCEPTED, by="cora", reason="warm and steady", now=NOW)
    (event,) = candidate.raised
    assert isinstance(event, CandidateScreened)
    assert event.decided_by == "cora"
    assert "warm" not in event.model_dump_json()
    assert set(event.criteria_met) == CRITERIA.codes
    assert event.checks_cleared == ("background_check", "references")
    assert (candidate.stage, candidate.open) == (Stage.ACCEPTED, False)


def test_nobody_decides_about_themself() -> None:
    """A coordinator who applied is somebody else's case."""
    refused(
        "own_application", lambda: ready().decide(ScreeningOutcome.WAITING, by="robin", reason="x", now=NOW)
    )
    refused(
        "own_application",
        lambda: applied().schedule_interview(
            starts=NOW + timedelta(days=1), minutes=30, panel=PANEL, by="robin", now=NOW
        ),
    )
    refused("own_application", lambda: ready().note_check("x", CheckResult.CLEARED, by="robin", now=NOW))


def test_a_decision_has_a_reason() -> None:
    """Blanks are no reason."""
    refused(
        "reason_missing", lambda: ready().decide(ScreeningOutcome.WAITING, by="cora", reason=" ", now=NOW)
    )


def test_deferring_needs_a_date_and_support() -> None:
    """A deferral without a date ahead or without support contacts is refused."""
    candidate = applied()
    later = NOW + timedelta(days=90)
    deferred = ScreeningOutcome.DEFERRED
    refused("deferral_without_date", lambda: candidate.decide(deferred, by="cora", reason="rest", now=NOW))
    refused(
        "deferral_without_support",
        lambda: candidate.decide(deferred, by="cora", reason="rest", now=NOW, deferred_until=later),
    )
    candidate.decide(
        deferred, by="cora", reason="rest", now=NOW, deferred_until=later, support_contacts=("Line 1",)
    )
    assert (candidate.stage, candidate.open) == (Stage.DEFERRED, True)


def test_a_closed_application_stays_closed() -> None:
    """After a decline or a withdrawal nothing more happens to this application."""
    declined = applied()
    declined.decide(ScreeningOutcome.DECLINED, by="cora", reason="not now", now=NOW)
    refused("application_closed", lambda: declined.withdraw(by="robin", reason=None, now=NOW))
    withdrawn = applied()
    withdrawn.withdraw(by="robin", reason=None, now=NOW)
    refused("application_closed", lambda: withdrawn.note_check("x", CheckResult.CLEARED, by="c", now=NOW))


@pytest.mark.parametrize(("by", "reason"), [("robin", None), ("cora", "Robin rang to say so.")])
def test_withdrawing_keeps_and_announces_who_did_it(by: str, reason: str | None) -> None:
    """The person needs no reason, a coordinator on their behalf has one; the event carries the id alone."""
    candidate, later = applied(), NOW + timedelta(days=2)
    candidate.withdraw(by=by, reason=reason, now=later)
    assert candidate.withdrawal == Withdrawal(by=by, at=later, text=WithdrawalText(reason=reason))
    event = candidate.raised[-1]
    assert isinstance(event, CandidateWithdrawn)
    assert event.by == by
    assert "rang" not in event.model_dump_json()
    assert candidate.stage is Stage.WITHDRAWN


@pytest.mark.parametrize("reason", [None, "", "  "])
def test_nobody_withdraws_for_somebody_without_a_reason(reason: str | None) -> None:
    """A coordinator who says nothing of why is refused, and the application stays."""
    candidate = applied()
    refused("withdrawal_needs_reason", lambda: candidate.withdraw(by="cora", reason=reason, now=NOW))
    assert candidate.stage is Stage.APPLIED


def test_an_interview_with_cards_is_not_set_anew() -> None:
    """Cards that are in are not thrown away by a new appointment."""
    candidate = interviewing()
    candidate.submit_scorecard(by="ivy", scores=scores(), notes=None, criteria=CRITERIA, now=NOW)
    refused(
        "interview_under_way",
        lambda: candidate.schedule_interview(
            starts=NOW + timedelta(days=9), minutes=30, panel=PANEL, by="cora", now=NOW
        ),
    )


def test_a_stored_candidate_is_rebuilt_as_it_was() -> None:
    """What storage gives back is the same candidate."""
    candidate = ready()
    assert Candidate.rebuild(candidate.document()).document() == candidate.document()
