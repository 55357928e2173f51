"""What a cohort holds, and what its rules ask first and see to in the end."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from pydantic import Field

from services.training.domain.attendance import Mark
from services.training.domain.session import Session
from services.training.domain.wording import listed
from shared.contracts.envelope import Code, Id, Moment
from shared.contracts.training import CancellationReason, CohortPlaceGiven, SeatEvent
from shared.domain.aggregate import Aggregate, Value
from shared.domain.errors import Conflict, NotFound


class CohortStatus(StrEnum):
    """How a cohort stands at a moment: by its sessions, unless it is cancelled."""

    SCHEDULED = "scheduled"
    RUNNING = "running"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class Seat(Value):
    """One person's place, or turn to wait for one; `taken` is when they asked for it."""

    person: Id
    enrolment: Id
    taken: Moment


class CancellationText(Value):
    """What the site adds for those concerned, in its own words."""

    message: str = Field(default="", max_length=1_000)


class Cancellation(Value):
    """Who cancelled it, when and why."""

    reason: CancellationReason
    text: CancellationText = CancellationText()
    by: Id
    at: Moment


class Convened(Aggregate):
    """The state of a `Cohort`; its rules are in the files named for what they are about.

    `waiting` is in the order of asking. `gone` left after they had been in a session: what they learnt there stays
    theirs. `starts`, `ends` and `places_left` follow from the rest, and are kept for whoever looks for a cohort.
    """

    collection: ClassVar[str] = "cohorts"

    programme: Code
    programme_version: int
    modules: tuple[Code, ...] = Field(min_length=1, max_length=40)
    language: Code
    time_zone: str
    capacity: int = Field(ge=1, le=100)
    accessibility: str = Field(default="", max_length=1_000)
    sessions: tuple[Session, ...] = Field(min_length=1, max_length=60)
    scheduled: Moment
    scheduled_by: Id
    calendar_sequence: int = 0
    seats: tuple[Seat, ...] = ()
    waiting: tuple[Seat, ...] = ()
    gone: tuple[Seat, ...] = ()
    marks: tuple[Mark, ...] = ()
    cancelled: Cancellation | None = None
    starts: Moment
    ends: Moment
    places_left: int

    def status(self, now: datetime) -> CohortStatus:
        """How it stands."""
        if self.cancelled:
            return CohortStatus.CANCELLED
        if now < self.starts:
            return CohortStatus.SCHEDULED
        return CohortStatus.RUNNING if now < self.ends else CohortStatus.COMPLETED

    def session(self, code: str) -> Session:
        """Raises NotFound `session_unknown`."""
        for session in self.sessions:
            if session.code == code:
                return session
        raise NotFound("session_unknown", f"This cohort has no session {code!r}. Read it for those it has.")

    def has_seat(self, person: str) -> bool:
        """Has this person a place?"""
        return any(seat.person == person for seat in self.seats)

    def waits(self, person: str) -> bool:
        """Does this person wait for a place?"""
        return any(seat.person == person for seat in self.waiting)

    def knows(self, person: str) -> bool:
        """Has this person a place, waits for one, or was here?"""
        return any(seat.person == person for seat in (*self.seats, *self.waiting, *self.gone))

    def must_teach(self, module: str) -> None:
        """Raises NotFound `module_not_taught`."""
        if module not in self.modules:
            raise NotFound(
                "module_not_taught",
                f"This cohort does not teach {module!r}. It teaches {listed(self.modules)}.",
            )

    def sessions_ahead(self, now: datetime) -> tuple[Session, ...]:
        """Those that have not begun."""
        return tuple(session for session in self.sessions if session.starts > now)

    def must_go_on(self, now: datetime) -> None:
        """Raises Conflict `cohort_cancelled` or `cohort_over`."""
        if self.cancelled:
            raise Conflict(
                "cohort_cancelled",
                "This cohort was cancelled. Look for another date among the cohorts of the site.",
            )
        if not self.sessions_ahead(now):
            raise Conflict(
                "cohort_over",
                "The last session of this cohort has begun. Look for another date among the cohorts of the site.",
            )

    def _about(self) -> dict[str, Any]:
        return {"site": self.site, "cohort": self.id, "programme": self.programme}

    def _tell(self, event: type[SeatEvent], seat: Seat, **more: Any) -> None:
        self.record(event(**self._about(), person=seat.person, enrolment=seat.enrolment, **more))

    def _fill(self, now: datetime) -> None:
        """Whoever waited longest gets what is free, as long as there is something left to come to."""
        ahead = () if self.cancelled else self.sessions_ahead(now)
        while ahead and self.waiting and len(self.seats) < self.capacity:
            first, *others = self.waiting
            self.seats, self.waiting = (*self.seats, first), tuple(others)
            self._tell(CohortPlaceGiven, first, starts=ahead[0].starts)
        self._settle()

    def _settle(self) -> None:
        self.sessions = tuple(sorted(self.sessions, key=lambda session: (session.starts, session.code)))
        self.starts = self.sessions[0].starts
        self.ends = max(session.ends for session in self.sessions)
        self.gone = tuple(seat for seat in self.gone if not self.has_seat(seat.person))
        self.places_left = self.capacity - len(self.seats)
