"""What requests carry. Limits of size live here; what is allowed is the domain's to say."""

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictInt, StringConstraints

from services.supervision.domain.charge import LONGEST_REASON, Assignment, AssignmentText
from services.supervision.domain.hours import LONGEST_NOTE, HoursDraft
from services.supervision.domain.session import LONGEST_TEXT, MOST_FOLLOW_UPS, SessionDraft, SessionText
from shared.contracts.envelope import Code, Id, Moment
from shared.contracts.supervision import ReviewOutcome, SessionKind
from shared.domain.sealed import Sealed


def _written_out(value: object) -> object:
    # A number would be taken for seconds since 1970.
    if not isinstance(value, str):
        raise ValueError("write it as text, as ISO 8601 has it")  # noqa: TRY004 - pydantic wants this one
    return value


Day = Annotated[date, BeforeValidator(_written_out)]
Time = Annotated[Moment, BeforeValidator(_written_out)]
FollowUp = Annotated[str, StringConstraints(min_length=1, max_length=500)]


class Body(BaseModel):
    """A request's body: a field nobody knows is a mistake, not an extra."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class SupervisorBody(Body):
    """A supervisor's terms at one site, all of them: what is left out would be a guess."""

    site: Id = Field(examples=["riverside"])
    caseload_limit: StrictInt = Field(examples=[8])
    conflicts: tuple[Id, ...] = Field(
        max_length=200, description="People never to supervise.", examples=[["person-7"]]
    )
    active: StrictBool = Field(
        description="False: takes nobody new, keeps the present caseload.", examples=[True]
    )


class AssignmentBody(Body):
    """Whom to put in charge, by person id; a reason where there was somebody before, or with `since`."""

    supervisor: Id = Field(examples=["0198f2c0-0000-7000-8000-000000000001"])
    reason: str = Field(default="", max_length=LONGEST_REASON, examples=["Sam is on leave until June."])
    since: Time | None = Field(
        default=None, description="When supervision really began, where it is entered later.", examples=[None]
    )

    def assignment(self, *, by: str, at: datetime) -> Assignment:
        """As the domain keeps it."""
        text = Sealed.of(AssignmentText(reason=self.reason))
        return Assignment(supervisor=self.supervisor, since=self.since, by=by, at=at, text=text)


class ClosingBody(Body):
    """Why a placement ends: a code of the practice rules."""

    reason: Code = Field(examples=["completed"])


class TextBody(Body):
    """The sensitive part of a session. Please write no client's name."""

    notes: str = Field(default="", max_length=LONGEST_TEXT, examples=["We looked at how to end a meeting."])
    follow_ups: tuple[FollowUp, ...] = Field(
        default=(), max_length=MOST_FOLLOW_UPS, examples=[["Try the closing question."]]
    )

    def text(self) -> SessionText:
        """As the domain knows it."""
        return SessionText(notes=self.notes, follow_ups=self.follow_ups)


class SessionBody(TextBody):
    """A session that was held."""

    kind: SessionKind = Field(examples=["individual"])
    held: Time = Field(description="When it began.", examples=["2026-03-02T15:00:00Z"])
    minutes: StrictInt = Field(examples=[50])
    topics: tuple[Code, ...] = Field(default=(), max_length=20, examples=[["wellbeing"]])

    def draft(self) -> SessionDraft:
        """As the domain knows it."""
        return SessionDraft(
            kind=self.kind, held=self.held, minutes=self.minutes, topics=self.topics, text=self.text()
        )


class HoursBody(Body):
    """Work on one day; with `corrects`, the difference to an approved entry of the same kind and day."""

    bucket: Code = Field(examples=["peer_support"])
    hours: float = Field(strict=True, allow_inf_nan=False, examples=[3.5])
    worked_on: Day = Field(examples=["2026-03-02"])
    corrects: Id | None = Field(default=None, examples=[None])
    note: str = Field(default="", max_length=LONGEST_NOTE, examples=["Two visits and the way there."])

    def draft(self) -> HoursDraft:
        """As the domain knows it."""
        return HoursDraft(**self.model_dump())


class ReturnBody(Body):
    """Why hours go back to the mentor."""

    reason: str = Field(max_length=LONGEST_NOTE, examples=["The 2nd was a Sunday; which day do you mean?"])


class ReviewBody(Body):
    """A score from 1 to 5 for every criterion of the rubric, and the outcome."""

    scores: dict[Code, StrictInt] = Field(max_length=50, examples=[{"boundaries": 4, "communication": 5}])
    outcome: ReviewOutcome = Field(examples=["meets"])
