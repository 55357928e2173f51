"""The panel: named anew before it has scored, stepping back, and what it says together."""

from datetime import timedelta

import pytest

from services.recruitment.domain.candidate import Candidate
from services.recruitment.domain.offer import ProgrammeOffer
from services.recruitment.domain.person import KnownActor
from services.recruitment.domain.scoring import TALK_OVER_AT, scores_of, to_talk_over
from services.recruitment.domain.stage import Stage
from shared.contracts.recruitment import (
    AppealOutcome,
    CandidateInterviewerSteppedBack,
    CandidateInterviewScheduled,
    ScreeningOutcome,
)
from shared.domain.people import Role
from tests.recruitment.builders import (
    CORA,
    IAN,
    IVY,
    NOW,
    applied,
    clear_checks,
    decide,
    interviewing,
    known,
    refused,
    schedule,
    score,
    scored,
    scores,
)

EVE = known("eve", Role.INTERVIEWER)


def change(candidate: Candidate, *panel: KnownActor) -> None:
    candidate.change_panel(panel, by=CORA, now=NOW)


def test_an_interviewer_is_replaced_before_they_have_scored() -> None:
    """The round stays, its sequence rises, who scored keeps their card, and the newcomer completes it."""
    candidate = interviewing()
    score(candidate, IVY)
    change(candidate, IVY, EVE)
    event = candidate.raised[-1]
    assert isinstance(event, CandidateInterviewScheduled)
    assert (event.round, event.sequence, event.panel) == (1, 1, ("ivy", "eve"))
    assert event.only_panel
    refused("not_on_panel", lambda: score(candidate, IAN))
    score(candidate, EVE)
    assert candidate.stage is Stage.SCORED


def test_who_has_scored_stays_and_a_complete_panel_is_as_it_is() -> None:
    """A card is never dropped with its writer, and nobody joins who could have read the others'."""
    candidate = interviewing()
    score(candidate, IVY)
    kept = refused("panel_member_has_scored", lambda: change(candidate, IAN, EVE))
    assert "ivy" in kept.message
    score(candidate, IAN)
    refused("panel_complete", lambda: change(candidate, IVY, IAN, EVE))


def test_nobody_joins_a_panel_whose_cards_a_decline_has_shown() -> None:
    """What a decline showed to the coordinators can't be unseen when an appeal opens the application again."""
    candidate = interviewing()
    score(candidate, IVY)
    decide(candidate, ScreeningOutcome.DECLINED)
    candidate.appeal(words="I see it so.", offer=ProgrammeOffer(), now=NOW)
    sam = known("sam", Role.SITE_ADMIN)
    candidate.decide_appeal(AppealOutcome.UPHELD, by=sam, reason="Read again.", now=NOW)
    refused("cards_were_shown", lambda: change(candidate, IVY, EVE))


def test_a_panel_named_anew_keeps_the_rules_of_a_panel() -> None:
    """Two people other than the candidate, by somebody other than the candidate, of an interview there is."""
    refused("panel_too_small", lambda: change(interviewing(), IVY, IVY))
    refused("panel_has_candidate", lambda: change(interviewing(), IVY, known("robin")))
    refused("no_interview", lambda: change(applied(), IVY, IAN))
    own = known("cora", email_key="robin@example.org")
    refused("own_application", lambda: interviewing().change_panel((IVY, EVE), by=own, now=NOW))


def test_the_same_panel_again_changes_nothing() -> None:
    """No calendar is bothered for it."""
    candidate = interviewing()
    candidate.take_raised()
    change(candidate, IVY, IAN)
    assert candidate.raised == ()


def test_an_interviewer_who_is_too_close_steps_back_without_a_reason() -> None:
    """They are off the panel, a coordinator is told how many are left, and no reason is asked or told."""
    candidate = interviewing()
    candidate.step_back(by=IAN, now=NOW)
    event = candidate.raised[-1]
    assert isinstance(event, CandidateInterviewerSteppedBack)
    assert (event.interviewer, event.seats, event.sequence) == ("ian", 1, 1)
    refused("not_on_panel", lambda: score(candidate, IAN))
    assert not candidate.may_be_read_by(IAN)


def test_one_interviewer_alone_never_completes_an_interview() -> None:
    """When the other has stepped back, a card shows to nobody and nothing is ready until another has scored."""
    candidate = interviewing()
    clear_checks(candidate)
    candidate.step_back(by=IAN, now=NOW)
    score(candidate, IVY)
    assert candidate.stage is Stage.INTERVIEWING
    assert candidate.cards_for(CORA) == ()

    def accept() -> None:
        decide(candidate, ScreeningOutcome.ACCEPTED)

    assert "one person short" in refused("not_ready_to_accept", accept).message
    change(candidate, IVY, EVE)
    score(candidate, EVE)
    accept()


def test_a_panel_that_is_short_is_made_whole_before_its_interview_moves() -> None:
    """An interview is announced with two people; booking another time brings its own panel."""
    candidate, thursday = applied(), NOW + timedelta(days=3)
    schedule(candidate, starts=thursday)
    candidate.step_back(by=IAN, now=NOW)

    def move() -> None:
        candidate.move_interview(
            starts=thursday + timedelta(hours=1), minutes=45, where=None, by=CORA, now=NOW
        )

    assert "name another" in refused("panel_short", move).message
    change(candidate, IVY, EVE)
    move()


def test_the_last_one_who_owed_a_card_steps_back_and_the_others_are_complete() -> None:
    """A panel of three that becomes two, both with a card in, is scored."""
    candidate = applied()
    schedule(candidate, panel=(IVY, IAN, EVE))
    for interviewer in (IVY, IAN):
        score(candidate, interviewer)
    candidate.step_back(by=EVE, now=NOW)
    assert candidate.stage is Stage.SCORED


def test_who_stepped_back_is_on_no_panel_for_this_candidate_again() -> None:
    """Neither in this round nor in another; after scoring it is the coordinator who sets another."""
    candidate = interviewing()
    candidate.step_back(by=IAN, now=NOW)
    named = refused("interviewer_stepped_back", lambda: change(candidate, IVY, IAN))
    assert "ian" in named.message
    refused("interviewer_stepped_back", lambda: schedule(candidate, starts=NOW + timedelta(days=1)))
    score(candidate, IVY)
    refused("scorecard_submitted", lambda: candidate.step_back(by=IVY, now=NOW))
    refused("not_on_panel", lambda: candidate.step_back(by=EVE, now=NOW))
    refused("no_interview", lambda: applied().step_back(by=IVY, now=NOW))


def test_cards_together_say_how_high_and_how_far_apart() -> None:
    """For each criterion the mean, the lowest, the highest and what lies between."""
    interview = scored(2, 5).interview
    assert interview is not None
    (empathy,) = [one for one in scores_of(interview.cards, interview.criteria) if one.criterion == "empathy"]
    assert (empathy.mean, empathy.lowest, empathy.highest, empathy.spread) == (3.5, 2, 5, 3)
    assert scores_of((), interview.criteria) == ()


@pytest.mark.parametrize(
    ("other", "sentences"), [(3, 0), (3 + TALK_OVER_AT - 1, 0), (3 + TALK_OVER_AT, 1), (1, 1)]
)
def test_interviewers_who_disagree_are_asked_to_talk(other: int, sentences: int) -> None:
    """From two apart on the view says so in a sentence; it names the criterion, and nothing is decided by it."""
    candidate = interviewing()
    score(candidate, IVY, scores={**scores(3), "empathy": 3})
    score(candidate, IAN, scores={**scores(3), "empathy": other})
    interview = candidate.interview
    assert interview is not None
    said = to_talk_over(scores_of(interview.cards, interview.criteria))
    assert len(said) == sentences
    assert all("empathy" in one and "talk it through" in one for one in said)
    assert candidate.stage is Stage.SCORED
