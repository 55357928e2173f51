"""An appeal: once, in time, decided by somebody who had no part in the decline."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from services.recruitment.domain.candidate import Candidate
from services.recruitment.domain.decision import Decision
from services.recruitment.domain.offer import ProgrammeOffer
from services.recruitment.domain.person import KnownActor
from services.recruitment.domain.stage import Stage
from shared.contracts.recruitment import (
    AppealOutcome,
    CandidateAppealDeadline,
    CandidateAppealDecided,
    CandidateAppealDue,
    CandidateAppealed,
    CandidateScreened,
    ScreeningOutcome,
)
from shared.domain.people import Role
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
    said,
    schedule,
    scored,
    terms,
    withdraw,
)

DECLINED = ScreeningOutcome.DECLINED
UPHELD, DISMISSED = AppealOutcome.UPHELD, AppealOutcome.DISMISSED
CHRIS, SAM = known("chris", Role.COORDINATOR), known("sam", Role.SITE_ADMIN)
DAY = timedelta(days=1)


def declined(candidate: Candidate | None = None) -> Candidate:
    """Somebody whom Cora declined, with a month to appeal."""
    candidate = candidate or ready()
    decide(candidate, DECLINED)
    return candidate


def appeal(candidate: Candidate, *, now: datetime = NOW, days: int = 30, words: str = "I see it so.") -> None:
    candidate.appeal(words=words, offer=ProgrammeOffer(appeal_decision_days=days), now=now)


def appealed(candidate: Candidate | None = None) -> Candidate:
    """Somebody who has appealed, with nothing left to announce."""
    candidate = declined(candidate)
    appeal(candidate)
    candidate.take_raised()
    return candidate


def rule(candidate: Candidate, outcome: AppealOutcome = UPHELD, **changes: Any) -> None:
    values: dict[str, Any] = {"by": SAM, "reason": "I read it again", "now": NOW}
    candidate.decide_appeal(outcome, **{**values, **changes})


def deadline(candidate: Candidate, *, overdue: bool, **changes: Any) -> CandidateAppealDeadline:
    about = {"site": "leeds", "person": "robin", "candidate": "c1", "programme": "core"}
    by = candidate.appeals[-1].decide_by
    return CandidateAppealDeadline(**{**about, "decide_by": by, "overdue": overdue, **changes})


def test_a_decline_says_until_when_it_can_be_appealed() -> None:
    """The site's number of days counts from the decision, and other outcomes have no such date."""
    candidate = ready()
    decide(candidate, DECLINED, terms=terms(appeal_days=10))
    event = candidate.raised[-1]
    assert isinstance(event, CandidateScreened)
    assert event.appeal_until == candidate.decisions[-1].appeal_until == NOW + 10 * DAY
    waits = ready()
    decide(waits, ScreeningOutcome.WAITING)
    assert waits.decisions[-1].appeal_until is None


def test_an_appeal_is_kept_and_announced_without_its_words() -> None:
    """It holds the person's place, says until when it is decided, and sets the reminders."""
    candidate = declined()
    assert not candidate.holds_place
    appeal(candidate, words="I have had more time since.")
    event = candidate.raised[-1]
    assert isinstance(event, CandidateAppealed)
    assert event.decide_by == NOW + 30 * DAY
    assert "more time" not in event.model_dump_json()
    assert (candidate.stage, candidate.holds_place) == (Stage.APPEALED, True)
    due = {name: timer.due for name, timer in candidate.timers.items() if timer}
    assert due == {"appeal-close": NOW + 23 * DAY, "appeal-overdue": NOW + 30 * DAY}


def test_a_short_time_has_no_reminder_before_its_end() -> None:
    """Where all of it is close to the end, only the end is told."""
    candidate = declined()
    appeal(candidate, days=7)
    assert list(candidate.timers) == ["appeal-overdue"]


def test_an_appeal_is_made_in_time_and_with_words() -> None:
    """Until the very moment it was told; what was stored without a date has no end."""
    refused("appeal_without_words", lambda: appeal(declined(), words="  "))
    end = NOW + 30 * DAY
    appeal(declined(), now=end - timedelta(milliseconds=1))
    assert "apply again" in refused("appeal_too_late", lambda: appeal(declined(), now=end)).message
    old = declined()
    old.decisions = (old.decisions[0].model_copy(update={"appeal_until": None}),)
    appeal(old, now=end)


def test_only_a_decline_is_appealed_and_each_once() -> None:
    """Neither what is open nor what was accepted; a new decline after an upheld appeal has its own."""
    for candidate in (applied(), accepted()):
        refused("nothing_to_appeal", lambda one=candidate: appeal(one))  # type: ignore[misc]
    candidate = appealed()
    refused("appealed_already", lambda: appeal(candidate))
    rule(candidate, DISMISSED)
    refused("appealed_already", lambda: appeal(candidate))
    again = appealed()
    rule(again, UPHELD)
    refused("appealed_already", lambda: appeal(again))
    appealed(again)
    assert [one.decision for one in again.appeals] == [1, 2]


@pytest.mark.parametrize(
    ("who", "code"),
    [
        (CORA, "appeal_not_by_decider"),
        (IVY, "appeal_not_by_panel"),
        (known("robin"), "own_application"),
        (known("cara", Role.COORDINATOR, email_key="robin@example.org"), "own_application"),
    ],
)
def test_somebody_else_decides(who: KnownActor, code: str) -> None:
    """Not who declined, not who interviewed, and never the person themself."""
    candidate = appealed()
    refused(code, lambda: rule(candidate, by=who))
    assert not candidate.may_have_appeal_decided_by(who)
    assert candidate.may_have_appeal_decided_by(SAM)


def test_an_earlier_round_and_an_earlier_decline_count_too() -> None:
    """Whoever interviewed or declined this person once is not impartial later."""
    candidate = scored()
    schedule(candidate, panel=(CHRIS, SAM))
    rule(appealed(candidate), by=known("ed", Role.COORDINATOR))
    decide(candidate, DECLINED, by=known("dora", Role.COORDINATOR))
    appeal(candidate)
    refused("appeal_not_by_panel", lambda: rule(candidate, by=IVY))
    refused("appeal_not_by_decider", lambda: rule(candidate, by=CORA))


@pytest.mark.parametrize(
    ("start", "stage"),
    [(applied, Stage.APPLIED), (interviewing, Stage.INTERVIEWING), (ready, Stage.SCORED)],
)
def test_an_upheld_appeal_opens_the_application_where_it_was(start: Any, stage: Stage) -> None:
    """It can be decided about afresh; reminders are taken back, and the event has no words."""
    candidate = appealed(start())
    rule(candidate, UPHELD, reason="A reference came in.")
    event = candidate.raised[-1]
    assert isinstance(event, CandidateAppealDecided)
    assert (event.outcome, event.decided_by) == (UPHELD, "sam")
    assert "reference" not in event.model_dump_json()
    assert (candidate.stage, candidate.holds_place) == (stage, True)
    assert set(candidate.timers.values()) == {None}
    decide(candidate, ScreeningOutcome.WAITING)
    assert candidate.stage is Stage.WAITING


def test_a_dismissed_appeal_leaves_the_person_free_to_apply_again() -> None:
    """The place is free; what was ruled, by whom and why is kept."""
    candidate = appealed()
    refused("reason_missing", lambda: rule(candidate, DISMISSED, reason=" "))
    rule(candidate, DISMISSED)
    assert (candidate.stage, candidate.holds_place) == (Stage.DECLINED, False)
    ruling = candidate.appeals[-1].ruling
    assert ruling is not None
    assert (ruling.by, said(ruling.text).reason) == ("sam", "I read it again")
    refused("no_open_appeal", lambda: rule(candidate))


def test_while_an_appeal_is_open_nothing_else_happens() -> None:
    """No decision, no other application; the person may take it all back, and the reminders with it."""
    candidate = appealed()
    assert "appealed" in refused("application_closed", lambda: decide(candidate, DECLINED)).message
    assert "appealed" in refused("candidate_already_applied", candidate.leave_no_room).message
    withdraw(candidate)
    assert (candidate.stage, set(candidate.timers.values())) == (Stage.WITHDRAWN, {None})


def test_the_clock_tells_and_never_decides() -> None:
    """A week before the end and at the end people are told, once each, and the appeal stays open."""
    candidate = appealed()
    by = candidate.appeals[-1].decide_by
    # The last reminder is met by a process whose clock is behind: the timer is the clock.
    for now, overdue in ((by - 7 * DAY, False), (by - DAY, False), (by - DAY, True), (by + DAY, True)):
        candidate.meet_appeal_deadline(deadline(candidate, overdue=overdue), now=now)
    told = [event for event in candidate.raised if isinstance(event, CandidateAppealDue)]
    assert [one.overdue for one in told] == [False, True]
    assert (len(candidate.raised), candidate.stage) == (2, Stage.APPEALED)
    rule(candidate, DISMISSED, now=by + DAY)


def test_a_reminder_that_fits_nothing_any_more_is_passed_over() -> None:
    """One of another appeal, one of the end being close that comes after it, and one after the answer."""
    candidate = appealed()
    by = candidate.appeals[-1].decide_by
    for event, now in (
        (deadline(candidate, overdue=True, decide_by=by + DAY), by + DAY),
        (deadline(candidate, overdue=False), by),
    ):
        candidate.meet_appeal_deadline(event, now=now)
    rule(candidate, DISMISSED)
    candidate.take_raised()
    candidate.meet_appeal_deadline(deadline(candidate, overdue=True), now=by)
    applied().meet_appeal_deadline(deadline(candidate, overdue=True), now=by)
    assert candidate.raised == ()


def test_who_may_decide_reads_why_it_was_declined() -> None:
    """A site admin without a part in it sees the reason and the words while the appeal is open, no address."""
    candidate = appealed()
    seen = [candidate.shows_decision_to(who) for who in (SAM, CHRIS, IVY, known("ada", Role.AUDITOR))]
    assert seen == [True, True, False, False]
    assert not candidate.shows_private_to(SAM)
    assert not candidate.shows_decision_to(known("sue", Role.SITE_ADMIN, site="york"))
    rule(candidate, DISMISSED)
    assert not candidate.shows_decision_to(SAM)


def test_a_stored_appeal_is_rebuilt_as_it_was() -> None:
    """What storage gives back is the same candidate, and an older decision has no date."""
    candidate = appealed()
    rule(candidate, UPHELD)
    assert Candidate.rebuild(candidate.document()).document() == candidate.document()
    stored = candidate.decisions[0].model_dump(exclude={"appeal_until", "beyond_capacity"})
    assert Decision.model_validate(stored).appeal_until is None


def accepted() -> Candidate:
    """Somebody who was accepted."""
    candidate = ready()
    decide(candidate, ScreeningOutcome.ACCEPTED)
    return candidate
