"""Where a person stands with an assessment, as the person and as others read it."""

from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel

from services.training.api.views.words import words
from services.training.domain.attempt import AnyAssessment, Attempt, AttemptState, NotesText, Sheet
from services.training.domain.enrolment import Enrolment
from services.training.domain.reason import ReasonText
from shared.contracts.envelope import Moment
from shared.contracts.training import AssessmentKind


class SheetView(BaseModel):
    """One assessor's scores where several assess; shown once all of them are in."""

    by: str
    at: Moment
    scores: dict[str, int]
    notes: str | None

    @classmethod
    def of(cls, sheet: Sheet, *, readers: tuple[str | None, ...]) -> Self:
        """With its notes if one of these readers wrote it."""
        facts = sheet.model_dump(exclude={"notes"})
        return cls(**facts, notes=words(sheet.notes, _notes) if sheet.by in readers else None)


class AttemptView(BaseModel):
    """One attempt, without questions and answers.

    To others than the person a written attempt has days and no hours: how long somebody took, and how long they
    were given, is theirs to know.
    """

    attempt: int
    state: str
    started: Moment
    handed_in: Moment | None
    ends: Moment | None
    decided: Moment | None
    right: int | None
    points: int | None
    out_of_time: bool
    scores: dict[str, int]
    sheets: tuple[SheetView, ...]
    assessed_by: str | None
    notes: str | None
    review_reason: str | None

    @classmethod
    def of(cls, attempt: Attempt, *, person: str, reader: str | None) -> Self:
        """As this reader sees it."""
        own, with_notes = reader == person, reader is not None and reader in (person, attempt.assessed_by)
        facts = attempt.model_dump(include=set(cls.model_fields) - {"notes", "sheets"})
        facts |= {} if own or not attempt.questions else _days(attempt)
        shown = attempt.sheets if attempt.is_decided else ()
        return cls(
            attempt=attempt.number,
            **facts,
            sheets=tuple(SheetView.of(s, readers=(reader, s.by if own else None)) for s in shown),
            notes=words(attempt.notes, _notes) if with_notes else None,
            review_reason=words(attempt.why, _reason) if with_notes else None,
        )


class AllowanceView(BaseModel):
    """One more attempt that a trainer opened."""

    by: str
    at: Moment
    reason: str | None


class AssessmentView(BaseModel):
    """Where a person stands with one assessment. What a pause set aside is seen by the person alone."""

    code: str
    kind: AssessmentKind
    title: str
    passed: bool
    attempts_left: int
    attempts: tuple[AttemptView, ...]
    allowances: tuple[AllowanceView, ...]

    @classmethod
    def of(cls, enrolment: Enrolment, rule: AnyAssessment, *, reader: str | None, reasons: bool) -> Self:
        """As this reader sees it; None for a command's answer."""
        record, person = enrolment.learning.assessment(rule.code), enrolment.person
        return cls(
            code=rule.code,
            kind=rule.kind,
            title=rule.title,
            passed=record.passed is not None,
            attempts_left=record.attempts_left(rule),
            attempts=tuple(
                AttemptView.of(attempt, person=person, reader=reader)
                for attempt in record.attempts
                if reader == person or attempt.state is not AttemptState.SET_ASIDE
            ),
            allowances=tuple(
                AllowanceView(by=given.by, at=given.at, reason=words(given.why, _reason) if reasons else None)
                for given in record.allowances
            ),
        )


def _notes(text: NotesText) -> str:
    return text.notes


def _reason(text: ReasonText) -> str:
    return text.reason


def _days(attempt: Attempt) -> dict[str, Any]:
    times = {
        "started": attempt.started,
        "handed_in": attempt.handed_in,
        "decided": attempt.decided,
        "ends": None,
    }
    return {name: _day(time) for name, time in times.items()}


def _day(time: datetime | None) -> datetime | None:
    return time and time.replace(hour=0, minute=0, second=0, microsecond=0)
