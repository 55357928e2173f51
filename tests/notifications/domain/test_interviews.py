"""Who is told what becomes of an interview."""

from typing import Any

import pytest

from services.notifications.domain.audience import Audience, Invite
from services.notifications.domain.story import Story
from services.notifications.domain.table import line_of
from shared.contracts.recruitment import (
    Absent,
    CalledOff,
    CandidateInterviewCancelled,
    CandidateInterviewerSteppedBack,
    CandidateInterviewMissed,
    CandidateInterviewNear,
    CandidateInterviewScheduled,
    CandidateScreened,
    CandidateTimesAsked,
    ScreeningOutcome,
)
from tests.notifications.builders import ANA, CARL, CLEO, NOON, SITE, after, desk, messages, told

ABOUT: dict[str, Any] = {"site": SITE, "person": ANA, "candidate": "c-1", "programme": "core"}
ROUND: dict[str, Any] = {**ABOUT, "round": 1, "sequence": 1, "starts": after(days=2), "minutes": 45}
PANEL = ("i-1", "i-2")
COORDINATORS = {CLEO: "coordinator", CARL: "coordinator"}


def with_interview() -> Story:
    set_ = CandidateInterviewScheduled(**{**ROUND, "sequence": 0}, panel=PANEL)
    known = Story.told_of(None, set_, at=NOON, now=NOON)
    assert known is not None
    return known


def cancelled(because: CalledOff = CalledOff.ASKED) -> CandidateInterviewCancelled:
    return CandidateInterviewCancelled(**ROUND, panel=PANEL, by=CLEO, because=because)


def stepped_back(seats: int) -> CandidateInterviewerSteppedBack:
    return CandidateInterviewerSteppedBack(**ROUND, interviewer="i-1", seats=seats)


@pytest.mark.parametrize(
    ("because", "expected"),
    [
        (CalledOff.ASKED, {ANA, *PANEL}),
        (CalledOff.WITHDRAWN, {ANA, *PANEL}),
        (CalledOff.DECIDED, set(PANEL)),
    ],
)
def test_an_interview_is_called_off(because: CalledOff, expected: set[str]) -> None:
    """Both sides get the time back; a decision is not told to the person by an e-mail about a date."""
    assert messages(told(cancelled(because), story=with_interview())).keys() == expected


def test_a_person_who_calls_it_off_has_not_to_tell_the_site() -> None:
    """The coordinators find it in their inbox; of their own doing nobody has to tell them."""
    by_person = cancelled().model_copy(update={"by": ANA})
    coordinators = desk(**COORDINATORS)

    assert messages(told(by_person, story=with_interview(), desk=coordinators)).keys() == {
        ANA,
        *PANEL,
        CLEO,
        CARL,
    }
    assert messages(told(cancelled(), story=with_interview(), desk=coordinators)).keys() == {ANA, *PANEL}


def test_a_panel_that_changes_at_the_same_time_is_no_news_to_the_person() -> None:
    """Who comes is told, who leaves is told, and the person is not asked to read the same date again."""
    changed = CandidateInterviewScheduled(**ROUND, panel=("i-2", "i-3"), only_panel=True)
    story = Story.told_of(with_interview(), changed, at=NOON, now=NOON)

    assert messages(told(changed, story=story)).keys() == {"i-1", "i-2", "i-3"}


def test_a_panel_hears_once_that_it_is_not_needed() -> None:
    """After the cancellation the decision that caused it has nobody left to tell of it."""
    story = with_interview()
    story.ends_with(cancelled(CalledOff.DECIDED))
    declined = CandidateScreened(**ABOUT, outcome=ScreeningOutcome.DECLINED, decided_by=CLEO)

    assert messages(told(declined, story=story)).keys() == {ANA}


@pytest.mark.parametrize("absent", list(Absent))
def test_an_interview_that_was_missed(absent: Absent) -> None:
    """The person is offered another date, and the panel is told though its time is over; no coordinator is."""
    event = CandidateInterviewMissed(
        **{**ROUND, "starts": after(hours=-2)}, panel=PANEL, absent=absent, noted_by=CLEO
    )
    made = messages(told(event, story=with_interview(), desk=desk(**COORDINATORS)))

    assert {person: item.template for person, item in made.items()} == {
        ANA: "interview_another_date",
        "i-1": "interview_did_not_happen",
        "i-2": "interview_did_not_happen",
    }


@pytest.mark.parametrize(("seats", "expected"), [(1, {"i-1", CLEO, CARL}), (2, {"i-1"})])
def test_an_interviewer_steps_back(seats: int, expected: set[str]) -> None:
    """They get their time back; the coordinators hear of it where the panel is too small; the person never does."""
    made = told(stepped_back(seats), story=with_interview(), desk=desk(**COORDINATORS))

    assert messages(made).keys() == expected


def test_who_stepped_back_is_told_nothing_more() -> None:
    """A reminder goes to those who are on the panel still."""
    story = with_interview()
    story.ends_with(stepped_back(1))
    near = CandidateInterviewNear(**ROUND, panel=("i-2",))

    assert messages(told(near, story=story)).keys() == {ANA, "i-2"}


def test_other_times_are_for_the_coordinators_to_find() -> None:
    """They are told that somebody asks; the words stay where they were written."""
    made = messages(told(CandidateTimesAsked(**ABOUT), desk=desk(**COORDINATORS)))

    assert made.keys() == {CLEO, CARL}
    assert made[CLEO].facts == {"candidate": "c-1"}


@pytest.mark.parametrize(
    ("event", "audience", "invite"),
    [
        (CandidateInterviewScheduled, Audience.PERSON, Invite.REQUEST),
        (CandidateInterviewScheduled, Audience.PANEL, Invite.REQUEST),
        (CandidateInterviewScheduled, Audience.PREVIOUS_PANEL, Invite.CANCEL),
        (CandidateInterviewCancelled, Audience.PERSON, Invite.CANCEL),
        (CandidateInterviewCancelled, Audience.PREVIOUS_PANEL, Invite.CANCEL),
        (CandidateInterviewMissed, Audience.PERSON, Invite.CANCEL),
        (CandidateInterviewerSteppedBack, Audience.PREVIOUS_PANEL, Invite.CANCEL),
        (CandidateInterviewNear, Audience.PERSON, None),
    ],
)
def test_what_a_message_does_to_a_calendar(event: Any, audience: Audience, invite: Invite | None) -> None:
    """Whoever is to come gets the date, whoever is not gets it taken out."""
    line = line_of(event.facts.type, audience)
    assert line is not None
    assert line.invite is invite
