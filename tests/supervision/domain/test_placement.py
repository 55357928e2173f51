"""Opening a placement, its supervisor, its end, and what is refused without one or after the other."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from services.supervision.domain.assignment import close
from services.supervision.domain.hours import HoursState
from services.supervision.domain.placement import Placement, placement_id
from services.supervision.domain.practice import Phase
from services.supervision.domain.session import SessionText
from shared.contracts.supervision import PlacementClosed, PlacementOpened, SupervisorAssigned
from shared.domain.errors import Conflict, Forbidden, Invalid
from tests.supervision.builders import (
    ASSESSOR,
    COORDINATOR,
    MENTOR,
    OTHER,
    PRACTICE,
    SITE,
    SUPERVISOR,
    after,
    approve,
    closing,
    give,
    give_back,
    log,
    report,
    review,
    session,
    supervised_placement,
    supervisor,
    waiting_placement,
    words,
    work,
)


def test_opening() -> None:
    """A placement opens without a supervisor and says whose it is and how many hours are required."""
    placement = waiting_placement(enrolment="enrolment-7")

    assert placement.id == placement_id("enrolment-7")
    assert placement.supervisor is None
    assert placement.phase is Phase.PRACTICE
    assert placement.raised == (
        PlacementOpened(
            site=SITE,
            person=MENTOR,
            placement=placement.id,
            programme="core",
            enrolment="enrolment-7",
            supervised_hours_required=60,
        ),
    )
    assert not placement.timers


def assigned(placement: Placement) -> SupervisorAssigned:
    said = placement.raised[-1]
    assert isinstance(said, SupervisorAssigned)
    return said


def test_assigning() -> None:
    """Assigning names the supervisor, who decided, nobody before, and when the first session is due."""
    placement = supervised_placement()

    said = assigned(placement)

    assert (said.supervisor, said.assigned_by, said.previous) == (SUPERVISOR, COORDINATOR, None)
    assert said.next_due == after(days=7, hours=1)
    assert placement.supervised_since == after(hours=1)


def test_reassigning() -> None:
    """A new supervisor's announcement names the one before, and the caseload moves over."""
    placement = waiting_placement()
    first, second = supervisor(), supervisor(OTHER)
    give(placement, first)

    give(placement, second, previous=first, at=after(days=3))

    assert (assigned(placement).supervisor, assigned(placement).previous) == (OTHER, SUPERVISOR)
    assert first.caseload == ()
    assert [charge.placement for charge in second.caseload] == [placement.id]


def test_every_assignment_is_kept() -> None:
    """Who put whom in charge, when and why stays on record when somebody else takes over."""
    placement = waiting_placement()
    give(placement, supervisor())

    give(placement, supervisor(OTHER), by="coordinator-bo", at=after(days=3), reason="Sam is on leave")

    assert [(one.supervisor, one.by, one.at, words(one.text).reason) for one in placement.assignments] == [
        (SUPERVISOR, COORDINATOR, after(hours=1), ""),
        (OTHER, "coordinator-bo", after(days=3), "Sam is on leave"),
    ]
    assert "on leave" not in assigned(placement).model_dump_json()


def test_a_change_has_a_reason() -> None:
    """Nobody takes over from somebody else without a reason; the first supervisor needs none."""
    placement = supervised_placement()

    with pytest.raises(Invalid) as refused:
        give(placement, supervisor(OTHER), reason="  ")

    assert refused.value.code == "assignment_reason_missing"
    assert placement.supervisor == SUPERVISOR


def test_reassigning_keeps_the_obligation() -> None:
    """A change of supervisor neither delays nor excuses the session that is due."""
    placement = supervised_placement()
    due = placement.obligation.next_due

    give(placement, supervisor(OTHER), at=after(days=6))

    assert placement.obligation.next_due == due
    assert assigned(placement).next_due == due


def test_assigning_twice() -> None:
    """Assigning the supervisor there already is changes nothing and says so."""
    placement = supervised_placement()
    same = supervisor()

    with pytest.raises(Conflict) as refused:
        give(placement, same, previous=same)

    assert refused.value.code == "supervisor_already_assigned"
    assert same.caseload == ()


def test_a_refused_assignment_changes_nothing() -> None:
    """When the new supervisor has no place left, the one before keeps the placement."""
    placement = waiting_placement()
    first, full = supervisor(), supervisor(OTHER, limit=1)
    give(placement, first)
    full.take_on("placement-of-another", person="mentor-bo", site=SITE)

    with pytest.raises(Conflict):
        give(placement, full, previous=first)

    assert placement.supervisor == SUPERVISOR
    assert [charge.placement for charge in first.caseload] == [placement.id]


def test_nobody_assigns_their_own_supervisor() -> None:
    """A coordinator who is the mentor leaves the choice of the supervisor to another."""
    placement = waiting_placement()

    with pytest.raises(Forbidden) as refused:
        give(placement, supervisor(), by=MENTOR)

    assert refused.value.code == "placement_own_decision"
    assert placement.supervisor is None


def test_the_assessor_does_not_supervise() -> None:
    """Who passed the practical assessment must not sign the hours as well."""
    placement = waiting_placement()

    with pytest.raises(Conflict) as refused:
        give(placement, supervisor(ASSESSOR))

    assert refused.value.code == "supervisor_assessed_this_person"
    assert placement.supervisor is None


@pytest.mark.parametrize(
    ("since", "code"),
    [
        (after(hours=2), "assignment_since_out_of_range"),
        (after(hours=1) - timedelta(days=367), "assignment_since_out_of_range"),
    ],
)
def test_when_supervision_can_not_have_begun(since: datetime, code: str) -> None:
    """Supervision can't have begun after it was entered, nor more than a year before."""
    with pytest.raises(Invalid) as refused:
        give(waiting_placement(), supervisor(), since=since)

    assert refused.value.code == code


def test_a_beginning_in_the_past_has_a_reason() -> None:
    """A coordinator who enters supervision later says when it began, and why it is entered now."""
    with pytest.raises(Invalid) as refused:
        give(waiting_placement(), supervisor(), since=after(days=-10), reason="")

    assert refused.value.code == "assignment_reason_missing"


def test_only_the_first_can_have_begun_before() -> None:
    """Who takes over begins on that day: an earlier one would be the former supervisor's time."""
    with pytest.raises(Invalid) as refused:
        give(supervised_placement(), supervisor(OTHER), since=after(days=-1))

    assert refused.value.code == "assignment_since_not_first"


def test_a_beginning_in_the_past() -> None:
    """Sessions and hours since the day supervision really began count; the cadence counts from now."""
    placement = waiting_placement()

    give(placement, supervisor(), since=after(days=-10))

    assert placement.supervised_since == after(days=-10)
    assert placement.obligation.next_due == after(days=7, hours=1)
    log(placement, session(held=after(days=-9)))
    report(placement, work(worked_on=after(days=-10)))


def _attempts(placement: Placement, *, by: str, mentor: str = MENTOR) -> list[Callable[[], object]]:
    return [
        lambda: log(placement, session(), by=by),
        lambda: report(placement, work(), by=mentor),
        lambda: review(placement, by=by),
    ]


def _decisions(placement: Placement, *, by: str) -> list[Callable[[], object]]:
    return [
        lambda: approve(placement, None, by=by),
        lambda: give_back(placement, None, by=by),
        lambda: placement.rewrite_session(None, SessionText(), by=by, now=after(days=1)),
    ]


def test_nobody_works_without_a_supervisor() -> None:
    """Sessions, hours, sign-off and reviews are refused, kindly, until a supervisor is assigned."""
    placement = waiting_placement()

    for attempt in _attempts(placement, by=SUPERVISOR) + _decisions(placement, by=SUPERVISOR):
        with pytest.raises(Conflict) as refused:
            attempt()
        assert refused.value.code == "placement_without_supervisor"
        assert "A coordinator of the site can assign one" in refused.value.message


@pytest.mark.parametrize("somebody", [OTHER, MENTOR])
def test_only_the_assigned_supervisor(somebody: str) -> None:
    """Neither another supervisor of the site nor the mentor logs or reviews, and they read whom to ask."""
    placement = supervised_placement()
    logs, _, reviews = _attempts(placement, by=somebody)

    for attempt in (logs, reviews, _decisions(placement, by=somebody)[2]):
        with pytest.raises(Forbidden) as refused:
            attempt()
        assert refused.value.code == "placement_not_yours"
        assert "ask a coordinator" in refused.value.message


def test_only_the_assigned_supervisor_signs() -> None:
    """Another supervisor of the site neither approves nor returns hours."""
    placement = supervised_placement()
    entry = report(placement, work())

    for decide in (approve, give_back):
        with pytest.raises(Forbidden) as refused:
            decide(placement, entry, by=OTHER)
        assert refused.value.code == "placement_not_yours"


def test_the_former_supervisor_does_nothing_more() -> None:
    """After a reassignment the one before can't log, review or sign, and the new one can."""
    placement = supervised_placement()
    entry = report(placement, work())
    give(placement, supervisor(OTHER), at=after(days=1))

    for attempt in (lambda: approve(placement, entry), _attempts(placement, by=SUPERVISOR)[0]):
        with pytest.raises(Forbidden) as refused:
            attempt()
        assert refused.value.code == "placement_not_yours"
    approve(placement, entry, by=OTHER)
    log(placement, session(), by=OTHER)
    review(placement, by=OTHER)
    assert placement.hours.approved == 4


def test_closing() -> None:
    """The end names its reason, keeps who decided, frees the supervisor's place and owes no more sessions."""
    placement, sam = waiting_placement(), supervisor(limit=1)
    give(placement, sam)

    close(placement, closing("moved"), supervisor=sam, practice=PRACTICE)

    said = placement.raised[-1]
    assert isinstance(said, PlacementClosed)
    assert said.reason == "moved"
    assert placement.closed == closing("moved")
    assert sam.places_left == 1
    assert placement.obligation.next_due is None
    assert placement.timers == {"cadence": None}


def test_closing_while_waiting() -> None:
    """A placement nobody supervises yet can end as well."""
    placement = waiting_placement()

    close(placement, closing("entered_in_error"), supervisor=None, practice=PRACTICE)

    assert isinstance(placement.raised[-1], PlacementClosed)


def test_closing_for_no_known_reason() -> None:
    """A reason that is not on the list is refused, with the list."""
    placement = supervised_placement()

    with pytest.raises(Invalid) as refused:
        placement.close(closing("boredom"), practice=PRACTICE)

    assert refused.value.code == "closing_reason_unknown"
    assert "completed, moved" in refused.value.message
    assert placement.closed is None


def test_nobody_closes_their_own() -> None:
    """A coordinator who is the mentor leaves the end to another."""
    with pytest.raises(Forbidden) as refused:
        supervised_placement().close(closing(by=MENTOR), practice=PRACTICE)

    assert refused.value.code == "placement_own_decision"


def test_nothing_new_after_the_end() -> None:
    """After the end nothing is logged, reported, reviewed, reassigned or ended again."""
    placement = supervised_placement()
    placement.close(closing(), practice=PRACTICE)

    attempts: list[Callable[[], object]] = [
        *_attempts(placement, by=SUPERVISOR),
        lambda: give(placement, supervisor(OTHER)),
        lambda: placement.close(closing(), practice=PRACTICE),
    ]
    for attempt in attempts:
        with pytest.raises(Conflict) as refused:
            attempt()
        assert refused.value.code == "placement_closed"
        assert "2026-05-31" in refused.value.message


def test_what_waits_is_decided_after_the_end() -> None:
    """Hours reported before the end are still signed by the supervisor there was, so that none is lost."""
    placement = supervised_placement()
    entry = report(placement, work())
    placement.close(closing(), practice=PRACTICE)

    approve(placement, entry)

    assert entry.state is HoursState.APPROVED
    assert placement.hours.approved == 4


def test_nothing_is_due_after_the_end() -> None:
    """Neither a certificate nor the end of a pause brings back sessions that are due."""
    placement = supervised_placement()
    placement.close(closing(), practice=PRACTICE)

    placement.continue_certified(practice=PRACTICE)
    placement.pause()
    placement.resume(now=after(days=100))

    assert placement.obligation.next_due is None
    assert placement.timers == {"cadence": None}


def test_rebuilding() -> None:
    """A placement read back from its document is the placement that was stored."""
    placement = supervised_placement()
    log(placement, session())
    report(placement, work(2.25))
    review(placement)

    assert Placement.rebuild(placement.document()).document() == placement.document()
