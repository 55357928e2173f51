"""Opening a placement, its supervisor, and what is refused without one."""

from collections.abc import Callable

import pytest

from services.supervision.domain.assignment import assign
from services.supervision.domain.placement import Placement, placement_id
from services.supervision.domain.practice import Phase
from shared.contracts.supervision import PlacementOpened, ReviewOutcome, SupervisorAssigned
from shared.domain.errors import Conflict, Forbidden
from tests.supervision.builders import (
    COORDINATOR,
    MENTOR,
    PRACTICE,
    SITE,
    SUPERVISOR,
    after,
    full_scores,
    session,
    supervised_placement,
    supervisor,
    waiting_placement,
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


def test_assigning() -> None:
    """Assigning names the supervisor, who decided, and nobody before."""
    placement = supervised_placement()

    said = placement.raised[-1]

    assert isinstance(said, SupervisorAssigned)
    assert (said.supervisor, said.assigned_by, said.previous) == (SUPERVISOR, COORDINATOR, None)
    assert placement.supervised_since == after(hours=1)


def test_reassigning_keeps_previous() -> None:
    """A new supervisor's announcement names the one before, and the caseload moves over."""
    placement = waiting_placement()
    first, second = supervisor(), supervisor("supervisor-lee")
    assign(placement, to=first, previous=None, by=COORDINATOR, now=after(hours=1))

    assign(placement, to=second, previous=first, by=COORDINATOR, now=after(days=3))

    said = placement.raised[-1]
    assert isinstance(said, SupervisorAssigned)
    assert (said.supervisor, said.previous) == ("supervisor-lee", SUPERVISOR)
    assert first.caseload == ()
    assert [charge.placement for charge in second.caseload] == [placement.id]


def test_reassigning_keeps_the_obligation() -> None:
    """A change of supervisor neither delays nor excuses the session that is due."""
    placement = supervised_placement()
    due = placement.next_due

    assign(placement, to=supervisor("supervisor-lee"), previous=None, by=COORDINATOR, now=after(days=6))

    assert placement.next_due == due


def test_assigning_twice() -> None:
    """Assigning the supervisor there already is changes nothing and says so."""
    placement = supervised_placement()
    same = supervisor()

    with pytest.raises(Conflict) as refused:
        assign(placement, to=same, previous=same, by=COORDINATOR, now=after(days=1))

    assert refused.value.code == "supervisor_already_assigned"
    assert same.caseload == ()


def test_a_refused_assignment_changes_nothing() -> None:
    """When the new supervisor has no place left, the one before keeps the placement."""
    placement = waiting_placement()
    first, full = supervisor(), supervisor("supervisor-lee", limit=1)
    assign(placement, to=first, previous=None, by=COORDINATOR, now=after(hours=1))
    full.take_on("placement-of-another", person="mentor-bo", site=SITE)

    with pytest.raises(Conflict):
        assign(placement, to=full, previous=first, by=COORDINATOR, now=after(days=1))

    assert placement.supervisor == SUPERVISOR
    assert [charge.placement for charge in first.caseload] == [placement.id]


def test_nobody_works_without_a_supervisor() -> None:
    """Sessions, hours, sign-off and reviews are refused, kindly, until a supervisor is assigned."""
    placement = waiting_placement()
    now = after(days=1)
    attempts: list[Callable[[], None]] = [
        lambda: placement.log_session("s", session(), by=SUPERVISOR, practice=PRACTICE, now=now),
        lambda: placement.report_hours("h", work(), by=MENTOR, practice=PRACTICE, now=now),
        lambda: placement.approve_hours("h", by=SUPERVISOR, now=now),
        lambda: placement.return_hours("h", by=SUPERVISOR, reason="why", now=now),
        lambda: placement.review_performance(
            "r", by=SUPERVISOR, scores=full_scores(), outcome=ReviewOutcome.MEETS, practice=PRACTICE, now=now
        ),
    ]

    for attempt in attempts:
        with pytest.raises(Conflict) as refused:
            attempt()
        assert refused.value.code == "placement_without_supervisor"
        assert "A coordinator of the site can assign one" in refused.value.message


def test_only_the_assigned_supervisor() -> None:
    """Another supervisor of the site can't log, sign or review, and reads whom to ask."""
    placement = supervised_placement()
    placement.report_hours("h", work(), by=MENTOR, practice=PRACTICE, now=after(days=1))
    other, now = "supervisor-lee", after(days=1)
    attempts: list[Callable[[], None]] = [
        lambda: placement.log_session("s", session(), by=other, practice=PRACTICE, now=now),
        lambda: placement.approve_hours("h", by=other, now=now),
        lambda: placement.return_hours("h", by=other, reason="why", now=now),
        lambda: placement.review_performance(
            "r", by=other, scores=full_scores(), outcome=ReviewOutcome.MEETS, practice=PRACTICE, now=now
        ),
    ]

    for attempt in attempts:
        with pytest.raises(Forbidden) as refused:
            attempt()
        assert refused.value.code == "placement_not_yours"
        assert "ask a coordinator" in refused.value.message


def test_rebuilding() -> None:
    """A placement read back from its document is the placement that was stored."""
    placement = supervised_placement()
    placement.log_session(
        "s", session(notes="went well"), by=SUPERVISOR, practice=PRACTICE, now=after(days=1)
    )
    placement.report_hours("h", work(2.25), by=MENTOR, practice=PRACTICE, now=after(days=1))

    assert Placement.rebuild(placement.document()).document() == placement.document()
