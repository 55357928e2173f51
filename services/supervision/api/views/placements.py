"""Placements as they are shown: facts and sums, no text and no score."""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from services.supervision.api.views.reviews import ReviewLine
from services.supervision.domain.charge import Assignment
from services.supervision.domain.placement import Placement
from services.supervision.domain.practice import Phase
from shared.contracts.envelope import Moment
from shared.storage.mongo import Document

EXAMPLE: dict[str, Any] = {
    "placement": "8df4b651-5b37-580a-ae45-7382e3b5fb40",
    "person": "person-3",
    "site": "riverside",
    "programme": "core",
    "enrolment": "enrolment-3",
    "phase": "practice",
    "opened": "2026-03-02T09:00:00Z",
    "supervisor": "person-1",
    "supervised_since": "2026-03-02T10:00:00Z",
    "next_due": "2026-03-16T15:00:00Z",
    "overdue": False,
    "paused": False,
    "sessions": 1,
    "hours": {"required": 60, "approved": 12.5, "waiting": 3.5, "entries_waiting": 1},
    "reviews": [],
    "closed": None,
    "version": 7,
}


class HoursSum(BaseModel):
    """Hours of a placement: what the programme requires, what is signed off, what waits in how many entries."""

    required: float
    approved: float
    waiting: float
    entries_waiting: int

    @classmethod
    def of(cls, placement: Placement) -> Self:
        """The sums as they stand."""
        return cls(required=placement.supervised_hours_required, **placement.hours.model_dump())


class ClosingLine(BaseModel):
    """The end of a placement; `reason` is a code."""

    reason: str
    by: str
    at: Moment


class PlacementView(BaseModel):
    """A placement; `supervisor` is null while it waits for one."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})
    placement: str
    person: str
    site: str
    programme: str
    enrolment: str
    phase: Phase
    opened: Moment
    supervisor: str | None
    supervised_since: Moment | None
    next_due: Moment | None
    overdue: bool
    paused: bool
    sessions: int
    hours: HoursSum
    reviews: list[ReviewLine]
    closed: ClosingLine | None
    version: int

    @classmethod
    def of(cls, placement: Placement) -> Self:
        """The placement without any text or score."""
        facts = placement.model_dump(
            include={
                "person", "site", "programme", "enrolment", "phase", "opened", "supervisor",
                "supervised_since", "sessions", "closed", "version",
            }
        )  # fmt: skip
        return cls(
            **facts,
            placement=placement.id,
            next_due=placement.obligation.next_due,
            overdue=placement.obligation.is_overdue,
            paused=placement.obligation.paused,
            hours=HoursSum.of(placement),
            reviews=[ReviewLine.of(review) for review in placement.reviews],
        )

    @classmethod
    def row(cls, row: Document) -> Self:
        """A row of a list."""
        return cls.of(Placement.rebuild(row))


class AssignmentLine(BaseModel):
    """`by` put `supervisor` in charge; `since` where supervision had begun before it was entered."""

    supervisor: str
    by: str
    at: Moment
    reason: str | None
    since: Moment | None

    @classmethod
    def of(cls, assignment: Assignment) -> Self:
        """One of them, opened; without the reason where it was erased."""
        text = assignment.text.read()
        shown = assignment.model_dump(exclude={"text"})
        return cls(**shown, reason=text.reason if text else None)


class AssignmentsView(BaseModel):
    """Every assignment of a placement, oldest first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "placement": EXAMPLE["placement"],
                    "assignments": [
                        {
                            "supervisor": "person-1",
                            "by": "person-2",
                            "at": "2026-03-02T10:00:00Z",
                            "reason": "",
                            "since": None,
                        }
                    ],
                }
            ]
        }
    )
    placement: str
    assignments: list[AssignmentLine]

    @classmethod
    def of(cls, placement: Placement) -> Self:
        """All of them."""
        lines = [AssignmentLine.of(assignment) for assignment in placement.assignments]
        return cls(placement=placement.id, assignments=lines)
