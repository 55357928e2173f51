"""What requests carry. Limits of size live here; what is allowed is the domain's to say."""

from datetime import date
from typing import Annotated

from fastapi import Depends, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.supervision.domain.hours import HoursDraft
from services.supervision.domain.practice import Practice
from services.supervision.domain.session import LONGEST_TEXT, MOST_FOLLOW_UPS, SessionDraft, SessionText
from shared.contracts.envelope import Code, Id, Moment
from shared.contracts.supervision import ReviewOutcome, SessionKind


def _practice(request: Request) -> Practice:
    practice: Practice = request.app.state.runtime.extras["practice"]
    return practice


PracticeDep = Annotated[Practice, Depends(_practice)]
FollowUp = Annotated[str, StringConstraints(min_length=1, max_length=500)]


class Body(BaseModel):
    """A request's body: a field nobody knows is a mistake, not an extra."""

    model_config = ConfigDict(extra="forbid")


class SupervisorBody(Body):
    """A supervisor's terms at one site."""

    site: Id = Field(examples=["riverside"])
    caseload_limit: int = Field(examples=[8])
    conflicts: tuple[Id, ...] = Field(default=(), max_length=200, description="People never to supervise.")
    active: bool = Field(default=True, description="False: takes nobody new, keeps the present caseload.")


class AssignmentBody(Body):
    """Whom to put in charge, by person id."""

    supervisor: Id = Field(examples=["0198f2c0-0000-7000-8000-000000000001"])


class TextBody(Body):
    """The sensitive part of a session. Please write no client's name."""

    notes: str = Field(default="", max_length=LONGEST_TEXT, examples=["We looked at how to end a meeting."])
    follow_ups: tuple[FollowUp, ...] = Field(default=(), max_length=MOST_FOLLOW_UPS)

    def text(self) -> SessionText:
        """As the domain knows it."""
        return SessionText(notes=self.notes, follow_ups=self.follow_ups)


class SessionBody(TextBody):
    """A session that was held."""

    kind: SessionKind
    held: Moment = Field(examples=["2026-03-02T15:00:00Z"])
    minutes: int = Field(examples=[50])
    topics: tuple[Code, ...] = Field(default=(), max_length=20, examples=[["wellbeing"]])

    def draft(self) -> SessionDraft:
        """As the domain knows it."""
        return SessionDraft(
            kind=self.kind, held=self.held, minutes=self.minutes, topics=self.topics, text=self.text()
        )


class HoursBody(Body):
    """Work on one day."""

    bucket: Code = Field(examples=["peer_support"])
    hours: float = Field(allow_inf_nan=False, examples=[3.5])
    worked_on: date = Field(examples=["2026-03-02"])
    note: str = Field(default="", max_length=1_000)

    def draft(self) -> HoursDraft:
        """As the domain knows it."""
        return HoursDraft(bucket=self.bucket, hours=self.hours, worked_on=self.worked_on, note=self.note)


class ReturnBody(Body):
    """Why hours go back to the mentor."""

    reason: str = Field(max_length=1_000, examples=["The 2nd was a Sunday; which day do you mean?"])


class ReviewBody(Body):
    """A score from 1 to 5 for every criterion of the rubric, and the outcome."""

    scores: dict[Code, int] = Field(max_length=50, examples=[{"boundaries": 4, "communication": 5}])
    outcome: ReviewOutcome
