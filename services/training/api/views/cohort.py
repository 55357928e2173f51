"""A cohort as it is answered."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel

from services.training.api.views import cohort_examples as examples
from services.training.api.views.examples import example
from services.training.domain.attendance import ModuleHours, Presence
from services.training.domain.cohort import Cohort
from services.training.domain.convened import CohortStatus
from services.training.domain.module import Delivery
from services.training.domain.session import Session
from services.training.domain.signing import NotSigned, Signatures, Signed
from shared.contracts.envelope import Moment
from shared.contracts.training import CancellationReason


class CohortSummary(BaseModel):
    """One cohort in a list; `waiting` is how many wait for a place."""

    model_config = example(examples.SUMMARY)
    cohort: str
    site: str
    programme: str
    programme_version: int
    modules: tuple[str, ...]
    language: str
    time_zone: str
    starts: Moment
    ends: Moment
    status: CohortStatus
    capacity: int
    places_left: int
    waiting: int
    version: int

    @classmethod
    def of(cls, cohort: Cohort, *, now: datetime) -> Self:
        """As it stands."""
        return cls(**cls.facts(cohort, now=now))

    @classmethod
    def facts(cls, cohort: Cohort, *, now: datetime) -> dict[str, Any]:
        """What every answer about a cohort says."""
        same = set(CohortSummary.model_fields) - {"cohort", "status", "waiting"}
        facts = cohort.model_dump(include=same)
        return {
            **facts,
            "cohort": cohort.id,
            "status": cohort.status(now),
            "waiting": len(cohort.waiting),
        }

    @classmethod
    def of_row(cls, row: Mapping[str, Any], *, now: datetime) -> Self:
        """From storage."""
        return cls.of(Cohort.rebuild(row), now=now)


class SessionView(BaseModel):
    """One session; `link` is shown to staff and to whoever has a place."""

    session: str
    module: str
    title: str
    starts: Moment
    minutes: int
    delivery: Delivery
    trainer: str
    mentor: str | None
    place: str | None
    link: str | None

    @classmethod
    def of(cls, session: Session, *, with_link: bool) -> Self:
        """As it stands."""
        facts = session.model_dump(include=set(cls.model_fields))
        return cls(**{**facts, "link": session.link if with_link else None}, session=session.code)


class CancellationView(BaseModel):
    """Why it does not take place; the site's own words are only read, and not in a command's answer."""

    reason: CancellationReason
    message: str | None
    at: Moment


class CohortView(CohortSummary):
    """One cohort as one person reads it, without the others in it.

    `your_place` says whether they have one, `your_turn` the how manyeth on the waiting list they are.
    """

    model_config = example(examples.COHORT)
    accessibility: str
    sessions: tuple[SessionView, ...]
    calendar_sequence: int
    cancelled: CancellationView | None
    your_place: bool
    your_turn: int | None

    @classmethod
    def read_by(cls, cohort: Cohort, person: str, *, staff: bool, now: datetime, kept: bool = False) -> Self:
        """For this person; `kept` is a command's answer, which is stored for repetitions."""
        turns = [seat.person for seat in cohort.waiting]
        with_link = staff or cohort.has_seat(person)
        return cls(
            **cls.facts(cohort, now=now),
            accessibility=cohort.accessibility,
            sessions=tuple(SessionView.of(session, with_link=with_link) for session in cohort.sessions),
            calendar_sequence=cohort.calendar_sequence,
            cancelled=_cancellation(cohort, kept=kept),
            your_place=cohort.has_seat(person),
            your_turn=turns.index(person) + 1 if person in turns else None,
        )


def _cancellation(cohort: Cohort, *, kept: bool) -> CancellationView | None:
    if cohort.cancelled is None:
        return None
    message = None if kept else cohort.cancelled.text.message
    return CancellationView(reason=cohort.cancelled.reason, message=message, at=cohort.cancelled.at)


class SeatView(BaseModel):
    """One person in a cohort, and since when."""

    person: str
    enrolment: str
    taken: Moment


class RosterView(BaseModel):
    """Everybody in a cohort, for staff. `gone` left after they had been in a session; it is no mark against them."""

    model_config = example(examples.ROSTER)
    cohort: str
    seats: tuple[SeatView, ...]
    waiting: tuple[SeatView, ...]
    gone: tuple[SeatView, ...]

    @classmethod
    def of(cls, cohort: Cohort) -> Self:
        """As it stands, the waiting list in its order."""
        return cls(cohort=cohort.id, **cohort.model_dump(include={"seats", "waiting", "gone"}))


class MarkView(BaseModel):
    """What was said of one person in one session, by whom and when."""

    presence: Presence
    minutes: int
    by: str
    at: Moment


class SheetRow(BaseModel):
    """One person; `marks` are in the order they were made, and the last one counts."""

    person: str
    enrolment: str
    marks: tuple[MarkView, ...]


class SheetView(BaseModel):
    """The sheet of one session."""

    model_config = example(examples.SHEET)
    cohort: str
    session: str
    people: tuple[SheetRow, ...]
    version: int

    @classmethod
    def of(cls, cohort: Cohort, code: str) -> Self:
        """Everybody who was expected, or made it up. Raises NotFound `session_unknown`."""
        session = cohort.session(code)
        said: dict[str, list[MarkView]] = {}
        for mark in cohort.marks:
            if mark.session == code:
                view = MarkView(**mark.model_dump(include=set(MarkView.model_fields)))
                said.setdefault(mark.person, []).append(view)
        expected = {seat.person for seat in cohort.expected_in(session)}
        rows = tuple(
            SheetRow(person=seat.person, enrolment=seat.enrolment, marks=tuple(said.get(seat.person, ())))
            for seat in cohort.learners
            if seat.person in expected
        )
        return cls(cohort=cohort.id, session=code, people=rows, version=cohort.version)


class HoursRow(ModuleHours):
    """What one person's attendance comes to; `ready` to be signed when nothing is left."""

    ready: bool


class HoursView(BaseModel):
    """The hours that are suggested for one module."""

    model_config = example(examples.HOURS)
    cohort: str
    module: str
    people: tuple[HoursRow, ...]

    @classmethod
    def of(cls, cohort: Cohort, module: str) -> Self:
        """Everybody who learns here. Raises NotFound `module_not_taught`."""
        cohort.must_teach(module)
        found = [cohort.hours_of(seat, module) for seat in cohort.learners]
        rows = tuple(HoursRow(**hours.model_dump(), ready=hours.complete) for hours in found)
        return cls(cohort=cohort.id, module=module, people=rows)


class SignaturesView(BaseModel):
    """Whose module was signed, and whose was not, with the reason and what to do."""

    model_config = example(examples.SIGNATURES)
    cohort: str
    module: str
    signed: tuple[Signed, ...]
    refused: tuple[NotSigned, ...]

    @classmethod
    def of(cls, cohort: Cohort, signatures: Signatures) -> Self:
        """What came of it."""
        return cls(cohort=cohort.id, **dict(signatures))
