"""The interview: when it may be set and scored, and that the last round counts."""

from datetime import datetime, timedelta

import pytest

from services.recruitment.domain.criteria import Criteria
from services.recruitment.domain.stage import Stage
from shared.contracts.recruitment import CandidateInterviewScheduled, ScreeningOutcome
from tests.recruitment.builders import (
    CRITERIA,
    IAN,
    IVY,
    NOW,
    PANEL,
    applied,
    clear_checks,
    decide,
    interviewing,
    known,
    ready,
    refused,
    schedule,
    score,
    scored,
    scores,
)

EVE = known("eve")


def test_an_interview_is_announced() -> None:
    """Setting it announces the appointment and puts the candidate into interviewing."""
    candidate, starts = applied(), NOW + timedelta(days=3)
    schedule(candidate, starts=starts, minutes=30)
    event = candidate.raised[-1]
    assert isinstance(event, CandidateInterviewScheduled)
    assert (event.starts, event.minutes, event.panel) == (starts, 30, ("ivy", "ian"))
    assert candidate.stage is Stage.INTERVIEWING


def test_a_panel_is_two_people_other_than_the_candidate() -> None:
    """One interviewer, even twice, or the candidate as interviewer: each is refused."""
    for panel, code in (
        ((IVY, IVY), "panel_too_small"),
        ((), "panel_too_small"),
        ((IVY, known("robin")), "panel_has_candidate"),
    ):
        refused(code, lambda panel=panel: schedule(applied(), panel=panel))  # type: ignore[misc]
    candidate = applied()
    schedule(candidate, panel=(IVY, IAN, IVY))
    assert candidate.interview is not None
    assert candidate.interview.panel == ("ivy", "ian")


@pytest.mark.parametrize(
    ("starts", "code"),
    [
        (NOW - timedelta(days=7), None),
        (NOW - timedelta(days=7, milliseconds=1), "interview_in_the_past"),
        (NOW + timedelta(days=730), None),
        (NOW + timedelta(days=730, milliseconds=1), "interview_too_far_ahead"),
    ],
)
def test_an_interview_lies_within_a_week_back_and_two_years_ahead(starts: datetime, code: str | None) -> None:
    """One that was held in the last days can be noted; anything beyond is a slip."""
    if code:
        refused(code, lambda: schedule(applied(), starts=starts))
    else:
        schedule(applied(), starts=starts)


@pytest.mark.parametrize(
    ("minutes", "allowed"), [(0, False), (1, True), (480, True), (481, False), (-5, False)]
)
def test_an_interview_has_a_length(minutes: int, allowed: bool) -> None:
    """From one minute to eight hours."""
    if allowed:
        schedule(applied(), minutes=minutes)
    else:
        refused("interview_length_out_of_range", lambda: schedule(applied(), minutes=minutes))


def test_nobody_scores_an_interview_that_was_not_held() -> None:
    """A card is refused until the interview starts, and taken from then on."""
    candidate, starts = applied(), NOW + timedelta(hours=1)
    schedule(candidate, starts=starts)
    before = starts - timedelta(milliseconds=1)
    refusal = refused("interview_not_held_yet", lambda: score(candidate, IVY, now=before))
    assert "2026-03-02 10:00 UTC" in refusal.message
    score(candidate, IVY, now=starts)


def test_who_scores_and_how_is_checked() -> None:
    """No card without interview, from outside the panel, twice, with gaps, or on something else."""
    refused("no_interview", lambda: score(applied(), IVY))
    candidate = interviewing()
    refused("not_on_panel", lambda: score(candidate, EVE))
    gap = refused("scores_incomplete", lambda: score(candidate, IVY, scores={"empathy": 3}))
    assert "boundaries" in gap.message
    assert "empathy" not in gap.message
    more = refused("criterion_unknown", lambda: score(candidate, IVY, scores={**scores(), "charm": 3}))
    assert "charm" in more.message
    assert "boundaries" not in more.message
    score(candidate, IVY)
    refused("scorecard_submitted", lambda: score(candidate, IVY))


@pytest.mark.parametrize(("value", "allowed"), [(0, False), (1, True), (5, True), (6, False)])
def test_a_score_is_from_one_to_five(value: int, allowed: bool) -> None:
    """Each end of the scale is a score, and what lies beyond is none, for one criterion as for all."""
    given = {**scores(), "empathy": value}
    if allowed:
        score(interviewing(), IVY, scores=given)
    else:
        refused("score_out_of_range", lambda: score(interviewing(), IVY, scores=given))


def test_an_interview_is_scored_on_the_criteria_it_was_set_with() -> None:
    """Criteria that change between two cards do not make the cards differ."""
    candidate = applied()
    fewer = Criteria(criteria=CRITERIA.criteria[:2], version=1)
    schedule(candidate, criteria=fewer)
    refused("criterion_unknown", lambda: score(candidate, IVY))
    for interviewer in PANEL:
        score(candidate, interviewer, scores=dict.fromkeys(fewer.codes, 4))
    assert set(candidate.criteria_met()) == fewer.codes


def test_each_criterion_has_a_code_of_its_own() -> None:
    """A data file that names one twice is refused with its name."""
    with pytest.raises(ValueError, match="there twice: lived_experience"):
        Criteria(criteria=(*CRITERIA.criteria, CRITERIA.criteria[0]), version=1)


def test_a_panel_member_who_is_lost_is_replaced_in_a_new_round() -> None:
    """With one card in and one interviewer gone, another round is set and its cards alone count."""
    candidate = interviewing()
    clear_checks(candidate)
    score(candidate, IVY, 1)
    schedule(candidate, panel=(IVY, EVE))
    assert (candidate.stage, len(candidate.interviews)) == (Stage.INTERVIEWING, 2)
    refused("not_on_panel", lambda: score(candidate, IAN))
    for interviewer in (IVY, EVE):
        score(candidate, interviewer)
    assert (candidate.stage, candidate.criteria_met()) == (Stage.SCORED, tuple(sorted(CRITERIA.codes)))
    decide(candidate, ScreeningOutcome.ACCEPTED)
    assert [len(one.cards) for one in candidate.interviews] == [1, 2]


def test_acceptance_judges_the_last_round() -> None:
    """A complete round does not carry over to one that was begun after it."""
    candidate = ready()
    schedule(candidate, starts=NOW + timedelta(days=9))
    refusal = refused(
        "not_ready_to_accept",
        lambda: decide(candidate, ScreeningOutcome.ACCEPTED),
    )
    assert "0 of 2 scorecards" in refusal.message
    assert candidate.criteria_met() == ()


def test_means_wait_for_the_last_card() -> None:
    """There is no mean until all cards are in."""
    candidate = interviewing()
    score(candidate, IVY, 2)
    assert candidate.interview is not None
    assert candidate.interview.means() == {}
    score(candidate, IAN, 5)
    assert set(candidate.interview.means().values()) == {3.5}
    assert scored().stage is Stage.SCORED
