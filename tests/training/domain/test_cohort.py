"""A cohort's dates: what fits, what may change, and who is told."""

from datetime import timedelta
from typing import Any

import pytest

from services.training.domain.cohort import Cohort
from services.training.domain.convened import CohortStatus
from services.training.domain.module import Delivery
from services.training.domain.session import SessionPlan
from shared.contracts.training import (
    CancellationReason,
    CohortCalledOff,
    CohortChange,
    CohortChanged,
    CohortScheduled,
    CohortSessionChanged,
    CohortSessionsAssigned,
    CohortSessionsReleased,
)
from tests.training.builders import CORE, TRAINER, after
from tests.training.cohorts import COORDINATOR, FIRST, NOW, TWO, cohort, events, joined, refused, session

ONLINE = Delivery.LIVE_ONLINE
LINK = "https://meet.example.org/room"


def change(it: Cohort, code: str, plan: SessionPlan, *, by: str = COORDINATOR, **more: Any) -> None:
    facts: dict[str, Any] = {"programme": CORE, "certified": frozenset(), "by": by, "now": NOW}
    it.change_session(code, plan, **facts | more)


def cancel(it: Cohort, message: str = "") -> None:
    it.call_off(CancellationReason.WEATHER, message, by=COORDINATOR, now=NOW)


def test_a_cohort_is_scheduled() -> None:
    """What is scheduled is announced once as a whole, and to whoever is to hold it."""
    made = cohort(*reversed(TWO))

    (scheduled,) = events(made, CohortScheduled)
    assert (scheduled.starts, scheduled.ends) == (TWO[0].starts, TWO[1].ends)
    assert (scheduled.modules, scheduled.session_count) == (("communication",), 2)
    assert scheduled.partition_key() == made.id
    (assigned,) = events(made, CohortSessionsAssigned)
    assert (assigned.person, assigned.sessions, assigned.starts) == (TRAINER, ("s1", "s2"), FIRST)
    assert made.places_left == 2


def test_whoever_schedules_their_own_session_knows() -> None:
    """A trainer is not told of what they arranged themself."""
    assert events(cohort(by=TRAINER), CohortSessionsAssigned) == []


def test_how_a_cohort_stands() -> None:
    """A cohort is scheduled, running and completed by its sessions, or cancelled."""
    made = cohort()
    moments = (NOW, FIRST, TWO[1].ends - timedelta(minutes=1), TWO[1].ends)
    assert [made.status(at) for at in moments] == [
        CohortStatus.SCHEDULED,
        CohortStatus.RUNNING,
        CohortStatus.RUNNING,
        CohortStatus.COMPLETED,
    ]
    cancel(made)
    assert made.status(FIRST) is CohortStatus.CANCELLED


@pytest.mark.parametrize(
    ("plans", "more", "code"),
    [
        ((session("yoga"),), {}, "module_unknown"),
        ((session(),), {"modules": ("communication", "self_care")}, "sessions_and_modules"),
        ((session(),), {"modules": ("communication", "communication")}, "sessions_and_modules"),
        ((session(delivery=Delivery.SELF_PACED),), {}, "delivery_not_offered"),
        ((session(delivery=Delivery.SHADOWING, mentor="m"),), {}, "delivery_not_offered"),
        ((session(delivery=ONLINE),), {}, "session_nowhere"),
        ((session(place=None, link=LINK),), {}, "session_nowhere"),
        ((session(mentor="mentor-mo"),), {}, "mentor_misplaced"),
        ((session(), session(starts=FIRST + timedelta(minutes=239))), {}, "sessions_overlap"),
        ((session(starts=NOW),), {}, "session_in_the_past"),
        ((session(),), {"time_zone": "Mars/Olympus"}, "time_zone_unknown"),
        ((session(),), {"time_zone": "../etc/passwd"}, "time_zone_unknown"),
        (
            (session("boundaries_ethics"), session(starts=FIRST + timedelta(days=1))),
            {},
            "modules_out_of_order",
        ),
    ],
)
def test_what_does_not_fit(plans: tuple[SessionPlan, ...], more: dict[str, Any], code: str) -> None:
    """A cohort whose sessions, modules and places don't go together is not scheduled."""
    with refused(code):
        cohort(*plans, **more)


def test_modules_one_after_another() -> None:
    """One cohort can teach a module and, afterwards, another that builds on it."""
    made = cohort(session(), session("boundaries_ethics", starts=FIRST + timedelta(days=1)))

    assert made.modules == ("communication", "boundaries_ethics")


def test_shadowing() -> None:
    """A mentor who is shadowed has a certificate of the site, and is told of the session as the trainer is."""
    shadowing = CORE.module("crisis_response").model_copy(
        update={"delivery": (Delivery.SHADOWING,), "requires": ()}
    )
    rules = CORE.model_copy(update={"modules": (shadowing,)})
    plan = session("crisis_response", delivery=Delivery.SHADOWING, mentor="mentor-mo")
    facts: dict[str, Any] = {
        "id": "cohort-of-shadows",
        "programme": rules,
        "by": COORDINATOR,
        "now": NOW,
        "site": "riverside",
        "modules": ("crisis_response",),
        "language": "en",
        "time_zone": "UTC",
        "capacity": 1,
    }
    with refused("mentor_not_certified"):
        Cohort.convene([plan], certified=frozenset(), **facts)
    made = Cohort.convene([plan], certified=frozenset({"mentor-mo"}), **facts)

    assert [event.person for event in events(made, CohortSessionsAssigned)] == ["mentor-mo", TRAINER]


def test_a_session_is_moved() -> None:
    """A moved session is announced with the next calendar sequence, and to each participant and its trainer."""
    made, _ = joined("ana", "ben", "cora")
    made.take_raised()
    later = FIRST + timedelta(days=3)
    change(made, "s1", session(starts=later))

    (changed,) = events(made, CohortChanged)
    assert (changed.changes, changed.session) == ((CohortChange.SESSION_MOVED,), "s1")
    assert changed.calendar_sequence == made.calendar_sequence == 1
    told = events(made, CohortSessionChanged)
    assert [(event.person, event.starts) for event in told] == [("ana", later), ("ben", later)]
    assert [event.person for event in events(made, CohortSessionsAssigned)] == [TRAINER]
    assert [one.code for one in made.sessions] == ["s2", "s1"]
    assert made.starts == TWO[1].starts


def test_another_trainer_elsewhere() -> None:
    """Whoever held the session, and whoever holds it now, are told; what changed are codes."""
    made, _ = joined("ana")
    made.take_raised()
    change(made, "s2", session(starts=TWO[1].starts, trainer="trainer-tea", delivery=ONLINE, link=LINK))

    (changed,) = events(made, CohortChanged)
    assert changed.changes == (CohortChange.TRAINER_CHANGED, CohortChange.PLACE_CHANGED)
    assert [event.person for event in events(made, CohortSessionsReleased)] == [TRAINER]
    assert [event.person for event in events(made, CohortSessionsAssigned)] == ["trainer-tea"]
    assert LINK not in str(made.raised)


def test_nothing_changed() -> None:
    """A session that stays as it is told to nobody and raises no sequence; nor does another title."""
    made, _ = joined("ana")
    made.take_raised()
    change(made, "s1", TWO[0].model_copy(update={"title": "Listening well"}))

    assert made.raised == ()
    assert made.calendar_sequence == 0
    assert made.session("s1").title == "Listening well"


@pytest.mark.parametrize(
    ("code", "plan", "more", "refusal"),
    [
        ("s9", TWO[0], {}, "session_unknown"),
        ("s1", TWO[0], {"now": FIRST}, "session_begun"),
        ("s1", session(starts=NOW), {}, "session_in_the_past"),
        ("s1", session(starts=TWO[1].starts), {}, "sessions_overlap"),
        ("s1", session("self_care"), {}, "session_module"),
    ],
)
def test_changes_that_are_refused(code: str, plan: SessionPlan, more: dict[str, Any], refusal: str) -> None:
    """A session is moved to a time ahead that is free, and only while it is ahead itself."""
    with refused(refusal):
        change(cohort(), code, plan, **more)


def test_a_cohort_is_cancelled() -> None:
    """A cancellation tells everybody with a place or a turn, and the trainers; the message stays here."""
    made, _ = joined("ana", "ben", "cora")
    made.take_raised()
    cancel(made, "Tom is ill; we will find another date.")

    (changed,) = events(made, CohortChanged)
    assert (changed.changes, changed.reason) == ((CohortChange.CANCELLED,), CancellationReason.WEATHER)
    assert [event.person for event in events(made, CohortCalledOff)] == ["ana", "ben", "cora"]
    assert [event.sessions for event in events(made, CohortSessionsReleased)] == [("s1", "s2")]
    assert made.calendar_sequence == 1
    assert "Tom" not in str(made.raised)


def test_what_is_cancelled_or_over_stays() -> None:
    """A cohort that was cancelled, or whose last session has begun, is neither changed nor cancelled."""
    gone, over, late = cohort(), cohort(), after(days=90)
    cancel(gone)
    with refused("cohort_cancelled"):
        cancel(gone)
    with refused("cohort_cancelled"):
        change(gone, "s1", TWO[1])
    with refused("cohort_cancelled"):
        gone.change_capacity(9, by=COORDINATOR, now=NOW)
    with refused("cohort_over"):
        over.change_capacity(9, by=COORDINATOR, now=late)
    with refused("cohort_over"):
        over.call_off(CancellationReason.OTHER, "", by=COORDINATOR, now=late)
