"""Continuing education: courses a person took elsewhere, approved or returned by a trainer; renewals count them."""

from datetime import date, datetime
from enum import StrEnum
from typing import Self, TypeVar

from pydantic import Field

from services.training.domain.changing import having
from services.training.domain.entries import find, must_leave_room, with_one
from services.training.domain.hours_of_day import must_be_possible
from services.training.domain.reason import ReasonText, sealed
from shared.contracts.envelope import Code, Id, Moment
from shared.domain.aggregate import Value
from shared.domain.errors import Conflict, Forbidden, Invalid
from shared.domain.sealed import Sealed

LONGEST_COURSE = 200.0


class EducationState(StrEnum):
    """What became of an entry."""

    SUBMITTED = "submitted"
    APPROVED = "approved"
    RETURNED = "returned"
    CORRECTED = "corrected"
    """Another entry stands in its place: it counts for nothing, and is kept."""


class EducationText(Value):
    """What the person calls the course. Sensitive: it is in no event."""

    title: str = Field(min_length=1)


class EducationDraft(Value):
    """A course: its title, who gave it, its last day, its hours and the bucket they are meant for.

    A correction names in `corrects` an entry that was returned or approved, and stands in its place.
    """

    title: str = Field(min_length=1)
    provider: Code
    day: date
    hours: float
    bucket: Code
    corrects: Id | None = None


class EducationEntry(Value):
    """One course; `day` is an ISO 8601 date. `why` says what it is returned for."""

    id: Id
    provider: Code
    day: str
    hours: float
    bucket: Code
    corrects: Id | None = None
    submitted: Moment
    state: EducationState = EducationState.SUBMITTED
    decided_by: Id | None = None
    decided: Moment | None = None
    text: Sealed[EducationText]
    why: Sealed[ReasonText] | None = None


class Education(Value):
    """Every entry, oldest first. Nothing is taken out; a correction is a further entry."""

    entries: tuple[EducationEntry, ...] = ()

    def approved_hours_between(self, start: datetime, end: datetime, bucket: str | None = None) -> float:
        """Approved hours of courses that ended from `start` (included) to `end` (excluded), as days in UTC.

        Of one bucket, or of all of them.
        """
        first, beyond = start.date().isoformat(), end.date().isoformat()
        return sum(
            entry.hours
            for entry in self.entries
            if entry.state is EducationState.APPROVED
            and first <= entry.day < beyond
            and bucket in (None, entry.bucket)
        )

    def entry(self, id: str) -> EducationEntry:
        """Raises NotFound `education_unknown`."""
        return find(self.entries, id, code="education_unknown", what="course")

    def corrected_by(self, entry: EducationEntry) -> tuple[str, ...]:
        """Ids of the entry that this one corrects, of the one which that corrected, and so on."""
        found: list[str] = []
        while entry.corrects:
            found.append(entry.corrects)
            entry = self.entry(entry.corrects)
        return tuple(found)

    def submitting(self, draft: EducationDraft, *, id: str, now: datetime) -> Self:
        """With one more course, which waits for a trainer.

        Raises:
            Invalid: `education_title_missing`, or what `must_be_possible` raises.
            NotFound: `education_unknown`.
            Conflict: `too_much_waiting`, `education_not_to_correct`.
        """
        if not draft.title.strip():
            raise Invalid("education_title_missing", "Please say what the course was called.")
        must_leave_room(sum(entry.state is EducationState.SUBMITTED for entry in self.entries))
        must_be_possible(draft.hours, draft.day, at_most=LONGEST_COURSE, now=now)
        entry = EducationEntry(
            id=id,
            **draft.model_dump(include={"provider", "hours", "bucket", "corrects"}),
            day=draft.day.isoformat(),
            submitted=now,
            text=Sealed.of(EducationText(title=draft.title.strip())),
        )
        return _with(self._making_room_for(draft.corrects), entry)

    def approving(self, id: str, *, by: str, person: str, now: datetime) -> Self:
        """With a course approved; one that it corrects, at once or over returned corrections, counts no more.

        Raises Forbidden `education_own_approval`, NotFound `education_unknown`, Conflict `education_already_decided`.
        """
        entry = self._to_decide(id, by=by, person=person)
        changed = _with(self, _decided(entry, EducationState.APPROVED, by=by, now=now))
        while entry.corrects:
            changed, entry = _correcting(changed, entry.corrects), self.entry(entry.corrects)
        return changed

    def returning(self, id: str, *, by: str, person: str, reason: str, now: datetime) -> Self:
        """With a course returned. Raises as `approving`, and Invalid `reason_missing`."""
        entry = self._to_decide(id, by=by, person=person)
        why = sealed(reason)
        return _with(self, _decided(entry, EducationState.RETURNED, by=by, now=now, why=why))

    def _making_room_for(self, corrects: str | None) -> Self:
        if corrects is None:
            return self
        before = self.entry(corrects)
        corrected = any(entry.corrects == corrects for entry in self.entries)
        if before.state not in (EducationState.RETURNED, EducationState.APPROVED) or corrected:
            raise Conflict(
                "education_not_to_correct",
                "Only a course that was returned or approved can be corrected, and once: correct its correction.",
            )
        # An approved one counts until its correction is approved.
        return _correcting(self, corrects) if before.state is EducationState.RETURNED else self

    def _to_decide(self, id: str, *, by: str, person: str) -> EducationEntry:
        if by == person:
            raise Forbidden(
                "education_own_approval", "Nobody decides on their own course. Another trainer does."
            )
        entry = self.entry(id)
        if entry.state is not EducationState.SUBMITTED:
            raise Conflict(
                "education_already_decided",
                f"This course is {entry.state.value} already. What has changed goes into a correction.",
            )
        return entry


C = TypeVar("C", bound=Education)


def _with(education: C, entry: EducationEntry) -> C:
    return having(education, entries=with_one(education.entries, entry))


def _correcting(education: C, id: str) -> C:
    return _with(education, having(education.entry(id), state=EducationState.CORRECTED))


def _decided(
    entry: EducationEntry, state: EducationState, *, by: str, now: datetime, **more: object
) -> EducationEntry:
    return having(entry, state=state, decided_by=by, decided=now, **more)
