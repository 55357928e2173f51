"""Cohorts, each complete and changed only where a test says so."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.training.domain.attendance import Entry, Presence
from services.training.domain.cohort import Cohort
from services.training.domain.convened import Seat
from services.training.domain.enrolment import Enrolment
from services.training.domain.joining import join
from services.training.domain.module import Delivery
from services.training.domain.session import SessionPlan
from shared.contracts.envelope import EventData
from shared.domain.errors import Refusal
from tests.training.builders import CORE, SITE, TRAINER, after, new, opened

NOW = after(days=1)
FIRST = after(days=10)
COORDINATOR = "coordinator-cleo"


def session(
    module: str = "communication", *, starts: datetime = FIRST, minutes: int = 240, **more: Any
) -> SessionPlan:
    """A workshop in a room, held by the trainer."""
    facts: dict[str, Any] = {
        "module": module,
        "title": "Listening, in pairs",
        "starts": starts,
        "minutes": minutes,
        "delivery": Delivery.IN_PERSON_WORKSHOP,
        "trainer": TRAINER,
        "place": "Riverside House, room 2",
    }
    return SessionPlan(**facts | more)


TWO = (session(), session(starts=FIRST + timedelta(days=1)))
"""Two sessions of the same module, which come to its minimum of eight hours."""


def cohort(
    *plans: SessionPlan,
    capacity: int = 2,
    by: str = COORDINATOR,
    now: datetime = NOW,
    **more: Any,
) -> Cohort:
    """A cohort as it is scheduled."""
    plans = plans or TWO
    facts: dict[str, Any] = {
        "site": SITE,
        "modules": tuple(dict.fromkeys(plan.module for plan in plans)),
        "language": "en",
        "time_zone": "America/New_York",
        "capacity": capacity,
    }
    return Cohort.convene(
        plans, id=new("cohort"), programme=CORE, certified=frozenset(), by=by, now=now, **facts | more
    )


def seat(person: str, *, taken: datetime = NOW) -> Seat:
    return Seat(person=person, enrolment=f"enrolment-of-{person}", taken=taken)


def joined(*people: str, capacity: int = 2, now: datetime = NOW) -> tuple[Cohort, dict[str, Enrolment]]:
    """A cohort that these people asked to join, in this order, and their enrolments."""
    made = cohort(capacity=capacity)
    enrolments = {person: opened(person=person) for person in people}
    for enrolment in enrolments.values():
        join(enrolment, made, programme=CORE, now=now)
    return made, enrolments


def present(minutes: int = 240) -> Entry:
    return Entry(presence=Presence.PRESENT, minutes=minutes)


ABSENT, EXCUSED = Entry(presence=Presence.ABSENT), Entry(presence=Presence.EXCUSED)


@contextmanager
def refused(code: str) -> Iterator[None]:
    """A rule says no, with this code."""
    with pytest.raises(Refusal) as found:
        yield
    assert found.value.code == code


def events(cohort: Cohort, *kinds: type[EventData]) -> list[Any]:
    """What the cohort announced, in order, of these kinds."""
    return [event for event in cohort.raised if isinstance(event, kinds)]


def people(seats: tuple[Seat, ...]) -> list[str]:
    return [seat.person for seat in seats]
