"""An interview's appointment: moved, called off, missed, said again the day before; the same one in a calendar."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from services.recruitment.domain.appointment import NOTICE, State, StepKind, Where
from services.recruitment.domain.candidate import Candidate
from services.recruitment.domain.stage import Stage
from shared.contracts.envelope import EventData
from shared.contracts.recruitment import (
    Absent,
    CalledOff,
    CandidateInterviewCancelled,
    CandidateInterviewMissed,
    CandidateInterviewNear,
    CandidateInterviewScheduled,
    CandidateScreened,
    CandidateWithdrawn,
    InterviewReminder,
    ScreeningOutcome,
)
from tests.recruitment.builders import (
    CORA,
    IVY,
    NOW,
    applied,
    decide,
    interviewing,
    known,
    ready,
    refused,
    schedule,
    score,
)

ROBIN = known("robin")
THURSDAY = NOW + timedelta(days=3)
FRIDAY = NOW + timedelta(days=4)
JUST_IN_TIME, TOO_LATE = THURSDAY - NOTICE, THURSDAY - NOTICE + timedelta(milliseconds=1)


def set_ahead(**changes: Any) -> Candidate:
    """Somebody whose interview is on Thursday, with nothing left to announce."""
    candidate = applied()
    schedule(candidate, starts=THURSDAY, **changes)
    candidate.take_raised()
    return candidate


def move(candidate: Candidate, **changes: Any) -> None:
    values = {"starts": FRIDAY, "minutes": 60, "where": None, "by": CORA, "now": NOW}
    candidate.move_interview(**{**values, **changes})


def call_off(candidate: Candidate) -> None:
    candidate.cancel_interview(by=CORA, now=NOW)


def reminder(candidate: Candidate) -> InterviewReminder:
    timer = candidate.timers["interview-reminder"]
    assert timer is not None
    assert isinstance(timer.event, InterviewReminder)
    return timer.event


def told(candidate: Candidate) -> list[type[EventData]]:
    return [type(event) for event in candidate.raised]


def test_a_moved_interview_is_the_same_round() -> None:
    """It keeps its round and raises its sequence; what it was before is in its history."""
    candidate = set_ahead()
    move(candidate)
    (event,) = candidate.raised
    assert isinstance(event, CandidateInterviewScheduled)
    assert (event.round, event.sequence, event.starts, event.minutes) == (1, 1, FRIDAY, 60)
    (interview,) = candidate.interviews
    (step,) = interview.steps
    assert (step.kind, step.by, step.starts, step.minutes) == (StepKind.MOVED, "cora", THURSDAY, 45)


def test_a_place_stays_unless_another_is_named() -> None:
    """Moving the time leaves the place; a new place is taken over."""
    candidate = set_ahead(where=Where(place="Room 2"))
    move(candidate)
    assert candidate.interview is not None
    assert candidate.interview.where.place == "Room 2"
    move(candidate, where=Where(link="https://meet.example.org/r"))
    assert candidate.interview.where == Where(link="https://meet.example.org/r")


def test_an_interview_ahead_is_moved_or_called_off_before_another_is_set() -> None:
    """So that no calendar shows two; once it has begun, setting another begins a round."""
    candidate = set_ahead()
    refused("interview_ahead", lambda: schedule(candidate, starts=FRIDAY))
    schedule(candidate, starts=FRIDAY, now=THURSDAY)
    event = candidate.raised[-1]
    assert isinstance(event, CandidateInterviewScheduled)
    assert (event.round, event.sequence) == (2, 0)


@pytest.mark.parametrize(
    ("starts", "code"),
    [
        (NOW, None),
        (NOW - timedelta(milliseconds=1), "interview_in_the_past"),
        (NOW + timedelta(days=731), "interview_too_far_ahead"),
    ],
)
def test_an_interview_moves_to_a_time_ahead(starts: datetime, code: str | None) -> None:
    """Not into the past, nor further than an interview is set."""
    if code:
        refused(code, lambda: move(set_ahead(), starts=starts))
    else:
        move(set_ahead(), starts=starts)


def test_only_what_lies_ahead_is_moved_or_called_off() -> None:
    """Without an interview, or once it has begun, both are refused."""
    for candidate in (applied(), interviewing()):
        refused("no_interview_ahead", lambda candidate=candidate: move(candidate))  # type: ignore[misc]
        refused("no_interview_ahead", lambda candidate=candidate: call_off(candidate))  # type: ignore[misc]


def test_a_cancelled_interview_leaves_the_calendar_and_room_for_another() -> None:
    """It is announced with a higher sequence, no longer counts, and the next one is another round."""
    candidate = set_ahead()
    candidate.cancel_interview(by=CORA, now=NOW)
    (event,) = candidate.raised
    assert isinstance(event, CandidateInterviewCancelled)
    assert (event.round, event.sequence, event.because) == (1, 1, CalledOff.ASKED)
    assert (candidate.stage, candidate.interview) == (Stage.APPLIED, None)
    schedule(candidate, starts=FRIDAY)
    last = candidate.raised[-1]
    assert isinstance(last, CandidateInterviewScheduled)
    assert (last.round, last.sequence) == (2, 0)
    assert [one.state for one in candidate.interviews] == [State.CANCELLED, State.SET]


def test_a_scored_round_counts_again_when_the_one_after_it_is_called_off() -> None:
    """A round that never was takes nothing away from one that was held."""
    candidate = ready()
    schedule(candidate, starts=FRIDAY)
    assert candidate.stage is Stage.INTERVIEWING
    candidate.cancel_interview(by=CORA, now=NOW)
    assert (candidate.stage, candidate.round) == (Stage.SCORED, 1)
    assert candidate.earlier_cards_for(CORA) == ()
    decide(candidate, ScreeningOutcome.ACCEPTED)


def test_a_candidate_calls_off_until_the_day_before() -> None:
    """Without a reason; later they ask the site, which can at any time before it."""
    candidate = set_ahead()
    late = refused("interview_too_near", lambda: candidate.cancel_interview(by=ROBIN, now=TOO_LATE))
    assert "not count against you" in late.message
    candidate.cancel_interview(by=CORA, now=TOO_LATE)
    candidate = set_ahead()
    candidate.cancel_interview(by=ROBIN, now=JUST_IN_TIME)
    assert candidate.interviews[0].steps[0].by == "robin"


@pytest.mark.parametrize("absent", list(Absent))
def test_a_missed_interview_is_noted_without_a_judgement(absent: Absent) -> None:
    """Whoever could not come, the candidate is where they were before, and another interview can be set."""
    candidate = interviewing()
    candidate.miss_interview(absent, by=CORA, now=NOW)
    event = candidate.raised[-1]
    assert isinstance(event, CandidateInterviewMissed)
    assert (event.absent, event.round, event.sequence) == (absent, 1, 1)
    assert (candidate.stage, candidate.interviews[0].absent) == (Stage.APPLIED, absent)
    refused("no_interview", lambda: score(candidate, IVY))
    schedule(candidate, starts=FRIDAY)
    assert candidate.round == 2


def test_an_interview_is_missed_only_once_it_should_have_begun_and_nobody_scored() -> None:
    """Before it begins it is moved or called off; with a card in it was held."""
    early = refused(
        "interview_not_begun", lambda: set_ahead().miss_interview(Absent.CANDIDATE, by=CORA, now=NOW)
    )
    assert "moved or called off" in early.message
    candidate = interviewing()
    score(candidate, IVY)
    refused("interview_was_held", lambda: candidate.miss_interview(Absent.CANDIDATE, by=CORA, now=NOW))
    refused("no_interview", lambda: applied().miss_interview(Absent.CANDIDATE, by=CORA, now=NOW))


def test_everybody_is_reminded_a_day_before() -> None:
    """The timer is due a day before, and what comes of it names the appointment and its panel."""
    candidate = applied()
    schedule(candidate, starts=THURSDAY)
    timer = candidate.timers["interview-reminder"]
    assert timer is not None
    assert timer.due == THURSDAY - NOTICE
    note = reminder(candidate)
    candidate.take_raised()
    candidate.remind_of_interview(note, now=timer.due)
    (event,) = candidate.raised
    assert isinstance(event, CandidateInterviewNear)
    assert (event.starts, event.panel) == (THURSDAY, ("ivy", "ian"))


def test_an_interview_set_for_tomorrow_needs_no_reminder() -> None:
    """They have just been told."""
    candidate = applied()
    schedule(candidate, starts=NOW + NOTICE)
    assert candidate.timers["interview-reminder"] is None


def test_a_reminder_that_comes_late_twice_or_for_a_time_that_moved_says_nothing() -> None:
    """After a move only the new appointment's is said; none of one called off, begun, or of an ended application."""
    candidate = applied()
    schedule(candidate, starts=THURSDAY)
    old = reminder(candidate)
    move(candidate)
    new = reminder(candidate)
    candidate.take_raised()
    candidate.remind_of_interview(old, now=JUST_IN_TIME)
    candidate.remind_of_interview(new, now=FRIDAY)
    assert told(candidate) == []
    candidate.cancel_interview(by=CORA, now=NOW)
    assert candidate.timers["interview-reminder"] is None
    candidate.take_raised()
    candidate.remind_of_interview(new, now=FRIDAY - NOTICE)
    assert told(candidate) == []
    waiting = set_ahead()
    waiting.withdraw(by=ROBIN, reason=None, now=NOW, terms=None)
    waiting.take_raised()
    waiting.remind_of_interview(old, now=JUST_IN_TIME)
    assert told(waiting) == []


def test_an_interview_ahead_goes_with_the_application() -> None:
    """A withdrawal or a decline takes it out of every calendar before it is announced; waiting leaves it there."""
    withdrawn, declined, waiting = set_ahead(), set_ahead(), set_ahead()
    withdrawn.withdraw(by=ROBIN, reason=None, now=NOW, terms=None)
    decide(declined, ScreeningOutcome.DECLINED)
    decide(waiting, ScreeningOutcome.WAITING)
    assert told(withdrawn) == [CandidateInterviewCancelled, CandidateWithdrawn]
    assert told(declined) == [CandidateInterviewCancelled, CandidateScreened]
    assert told(waiting) == [CandidateScreened]
    because = [one.raised[0].because for one in (withdrawn, declined)]  # type: ignore[attr-defined]
    assert because == [CalledOff.WITHDRAWN, CalledOff.DECIDED]


def test_one_that_was_held_is_not_called_off_with_the_application() -> None:
    """What has begun stays as it was."""
    candidate = interviewing()
    candidate.take_raised()
    candidate.withdraw(by=ROBIN, reason=None, now=NOW, terms=None)
    assert told(candidate) == [CandidateWithdrawn]


def test_nobody_arranges_their_own_interview_as_staff() -> None:
    """Moving, noting as missed, and calling off under another id of theirs are for somebody else."""
    own = known("cora", email_key="robin@example.org")
    refused("own_application", lambda: move(set_ahead(), by=own))
    refused("own_application", lambda: set_ahead().cancel_interview(by=own, now=NOW))
    refused("own_application", lambda: interviewing().miss_interview(Absent.CANDIDATE, by=own, now=NOW))


def test_a_round_kept_since_before_rounds_moved_is_read() -> None:
    """A document without history, place or state is one that was set and never changed."""
    document = interviewing().document()
    for name in ("rubric", "rubric_version", "where", "slot", "state", "absent", "steps"):
        del document["interviews"][0][name]
    del document["stepped_back"], document["times_wish"]
    interview = Candidate.rebuild(document).interview
    assert interview is not None
    assert (interview.state, interview.sequence, interview.rubric_version) == (State.SET, 0, 1)
