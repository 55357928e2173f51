"""Going on after a deferral, and at another site."""

from datetime import timedelta
from typing import Any

import pytest

from services.recruitment.domain.candidate import Candidate
from services.recruitment.domain.intake import Intake
from services.recruitment.domain.offer import ProgrammeOffer
from services.recruitment.domain.person import Person
from services.recruitment.domain.site import Description, Site
from services.recruitment.domain.stage import Stage
from shared.contracts.people import PersonContact, SiteDuty
from shared.contracts.recruitment import (
    CalledOff,
    CandidateDeferralDeadline,
    CandidateDeferralEnded,
    CandidateInterviewCancelled,
    CandidateMoved,
    CandidateMovedAway,
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
    robin,
    said,
    schedule,
    scored,
    terms,
    withdraw,
)

DEFERRED, WAITING = ScreeningOutcome.DEFERRED, ScreeningOutcome.WAITING
UNTIL = NOW + timedelta(days=90)
ME = known("robin")
YUKI = known("yuki", Role.COORDINATOR, site="york")


def deferred(candidate: Candidate) -> Candidate:
    """Somebody deferred for three months."""
    decide(candidate, DEFERRED, deferred_until=UNTIL, support_contacts=("Line 1",))
    return candidate


def deadline(**changes: Any) -> CandidateDeferralDeadline:
    about = {"site": "leeds", "person": "robin", "candidate": "c1", "programme": "core", "until": UNTIL}
    return CandidateDeferralDeadline(**{**about, **changes})


def york(**programmes: ProgrammeOffer) -> Site:
    described = Description(
        name="York",
        time_zone="Europe/London",
        languages=("en",),
        programmes=programmes or {"core": ProgrammeOffer()},
    )
    return Site.described(None, "york", described)


def move(candidate: Candidate, **changes: Any) -> None:
    values = {"by": ME, "consent": None, "terms": None, "now": NOW, **changes}
    candidate.move(values.pop("to", york()), **values)


@pytest.mark.parametrize(
    ("start", "stage"),
    [(applied, Stage.APPLIED), (interviewing, Stage.INTERVIEWING), (ready, Stage.SCORED)],
)
def test_at_its_date_a_deferral_ends_where_the_application_stood(start: Any, stage: Stage) -> None:
    """The person is open again, which is announced; nobody did it, and a second reminder does nothing."""
    candidate = deferred(start())
    timer = candidate.timers["deferral"]
    assert timer is not None
    assert (timer.due, timer.event) == (UNTIL, deadline())
    candidate.take_raised()
    for _ in range(2):
        candidate.meet_deferral_deadline(deadline(), now=NOW)
    (event,) = candidate.raised
    assert isinstance(event, CandidateDeferralEnded)
    assert (event.by, candidate.stage, candidate.holds_place) == (None, stage, True)


def test_a_person_comes_back_earlier_without_a_reason() -> None:
    """Who asked is announced and the reminder taken back; who is not deferred has nothing to come back from."""
    candidate = deferred(ready())
    candidate.take_raised()
    candidate.come_back(by=ME, now=NOW)
    (event,) = candidate.raised
    assert isinstance(event, CandidateDeferralEnded)
    assert (event.by, candidate.stage) == ("robin", Stage.SCORED)
    assert candidate.timers == {"deferral": None}
    refused("not_deferred", lambda: candidate.come_back(by=ME, now=NOW))


def test_a_reminder_that_fits_nothing_any_more_is_passed_over() -> None:
    """One of an earlier date, and one after another decision."""
    candidate = deferred(ready())
    candidate.take_raised()
    candidate.meet_deferral_deadline(deadline(until=NOW), now=NOW)
    decide(candidate, WAITING)
    assert candidate.timers["deferral"] is None
    candidate.take_raised()
    candidate.meet_deferral_deadline(deadline(), now=NOW)
    assert (candidate.raised, candidate.stage) == ((), Stage.WAITING)
    gone = deferred(ready())
    withdraw(gone)
    assert gone.timers["deferral"] is None


def test_a_deferral_names_the_sites_lines_where_nobody_names_others() -> None:
    """The site's own support contacts go with it; those that a coordinator names come instead."""
    own, named = applied(), applied()
    decide(own, DEFERRED, deferred_until=UNTIL, terms=terms(support=("The peer line",)))
    decide(
        named,
        DEFERRED,
        deferred_until=UNTIL,
        terms=terms(support=("The peer line",)),
        support_contacts=("Line 1",),
    )
    told = [said(one.decisions[-1].text).support_contacts for one in (own, named)]
    assert told == [("The peer line",), ("Line 1",)]


def test_a_move_is_told_to_each_site_as_its_own() -> None:
    """The old site hears that it left, the new one that it came and from where; checks and cards come along."""
    candidate = ready()
    move(candidate)
    away, moved = candidate.raised
    assert isinstance(away, CandidateMovedAway)
    assert isinstance(moved, CandidateMoved)
    assert (away.site, away.by, "york" in away.model_dump_json()) == ("leeds", "robin", False)
    assert (moved.site, moved.from_site, moved.by) == ("york", "leeds", "robin")
    assert (candidate.site, candidate.stage, len(candidate.checks)) == ("york", Stage.SCORED, 2)
    assert (candidate.moves[0].from_site, candidate.moves[0].to_site) == ("leeds", "york")


def test_after_a_move_the_new_sites_coordinators_read_the_cards() -> None:
    """Those of the old site, the panel included, read nothing of them any more."""
    candidate = scored()
    move(candidate)
    assert [card.interviewer for card in candidate.cards_for(YUKI)] == ["ivy", "ian"]
    assert [candidate.shows_cards_to(who) for who in (YUKI, CORA, IVY)] == [True, False, False]
    assert [candidate.may_be_read_by(who) for who in (YUKI, CORA, IVY)] == [True, False, False]


def test_a_coordinator_moves_with_the_persons_consent() -> None:
    """It is written down, and stays out of the events; nobody moves their own as a coordinator."""
    refused("move_needs_consent", lambda: move(applied(), by=CORA))
    own = known("cora", Role.COORDINATOR, email_key="robin@example.org")
    refused("own_application", lambda: move(applied(), by=own, consent="x"))
    candidate = applied()
    move(candidate, by=CORA, consent="Rang to ask for it.")
    text = candidate.moves[0].text
    assert text
    assert said(text).consent == "Rang to ask for it."
    assert not any("Rang" in event.model_dump_json() for event in candidate.raised)


def test_a_move_needs_a_site_that_takes_it() -> None:
    """Not where it is already, not where the programme is not offered, not where it is closed."""
    refused("programme_not_offered", lambda: move(applied(), to=york(other=ProgrammeOffer())))
    refused("programme_closed", lambda: move(applied(), to=york(core=ProgrammeOffer(open=False))))
    here = york()
    here.id = "leeds"
    refused("already_at_site", lambda: move(applied(), to=here))


def test_only_what_is_open_moves_and_each_refusal_says_what_to_do() -> None:
    """An acceptance concerns training, an appeal is decided first, and what has ended has ended."""
    accepted, appealed, withdrawn = ready(), applied(), applied()
    decide(accepted, ScreeningOutcome.ACCEPTED)
    decide(appealed, ScreeningOutcome.DECLINED)
    appealed.appeal(words="no", offer=ProgrammeOffer(), now=NOW)
    withdraw(withdrawn)
    for candidate, code in (
        (accepted, "move_after_acceptance"),
        (appealed, "appeal_open"),
        (withdrawn, "application_closed"),
    ):
        refused(code, lambda one=candidate: move(one))  # type: ignore[misc]
        assert candidate.site == "leeds"


def test_an_interview_ahead_is_called_off_at_the_old_site() -> None:
    """Its panel hears so as of the site they work for; one that was held stays, and the new site sets its own."""
    ahead, held = applied(), interviewing()
    schedule(ahead, starts=NOW + timedelta(days=3))
    for candidate in (ahead, held):
        candidate.take_raised()
        move(candidate)
    cancelled = ahead.raised[0]
    assert isinstance(cancelled, CandidateInterviewCancelled)
    assert (cancelled.site, cancelled.because) == ("leeds", CalledOff.ASKED)
    assert (ahead.interview, ahead.stage, held.stage) == (None, Stage.APPLIED, Stage.INTERVIEWING)
    assert [type(event) for event in held.raised] == [CandidateMovedAway, CandidateMoved]


def test_who_waited_leaves_the_line_and_is_open_at_the_new_site() -> None:
    """The decision was about a place at the old site."""
    candidate, intake = ready(), Intake.begin("leeds", "core")
    decide(candidate, WAITING, terms=terms(intake=intake))
    move(candidate, terms=terms(intake=intake))
    assert (intake.waiting, candidate.stage) == ((), Stage.SCORED)


def test_a_deferral_moves_along() -> None:
    """The person is still told to wait until then, and the reminder is of the new site."""
    candidate = deferred(ready())
    move(candidate)
    timer = candidate.timers["deferral"]
    assert timer is not None
    assert (timer.due, timer.event.site, candidate.stage) == (UNTIL, "york", Stage.DEFERRED)
    candidate.meet_deferral_deadline(deadline(site="york"), now=NOW)
    assert candidate.stage is Stage.SCORED


def test_the_person_belongs_to_the_new_site() -> None:
    """So its administrators can mend the address; who works at the old site, or belongs elsewhere, stays."""
    person, staff, other = robin(), robin(), robin()
    staff.duties = (SiteDuty(site="leeds", duty="trainer"),)
    for one in (person, staff, other):
        one.take_raised()
    person.goes_on_at("york", was="leeds")
    staff.goes_on_at("york", was="leeds")
    other.goes_on_at("york", was="hull")
    assert [one.site for one in (person, staff, other)] == ["york", "leeds", "leeds"]
    (event,) = person.raised
    assert isinstance(event, PersonContact)
    assert _announced(staff) == _announced(other) == 0


def _announced(person: Person) -> int:
    return len(person.raised)
