"""What recruitment tells the world: a person's way from application to decision."""

from enum import StrEnum

from pydantic import Field

from shared.contracts.envelope import Code, Id, Moment, PersonEvent, Privacy, event
from shared.contracts.topics import RECRUITMENT


class ScreeningOutcome(StrEnum):
    """What a coordinator decided about a candidate. No outcome is ever reached by software alone."""

    ACCEPTED = "accepted"
    WAITING = "waiting"
    DEFERRED = "deferred"
    DECLINED = "declined"


class CandidateEvent(PersonEvent):
    """Common to every event of a candidate."""

    candidate: Id
    programme: Code


@event(
    "recruitment.candidate.applied",
    topic=RECRUITMENT.name,
    privacy=Privacy.PERSONAL,
    meaning="A person applied to become a peer mentor at a site, or was entered by a coordinator.",
)
class CandidateApplied(CandidateEvent):
    """`entered_by` names the coordinator when it was not the person themselves."""

    entered_by: Id | None = None


@event(
    "recruitment.candidate.interview_scheduled",
    topic=RECRUITMENT.name,
    privacy=Privacy.PERSONAL,
    meaning="An interview with a candidate was set or moved to another time.",
)
class CandidateInterviewScheduled(CandidateEvent):
    """`panel` are the interviewers, at least two."""

    starts: Moment
    minutes: int = Field(gt=0, le=480)
    panel: tuple[Id, ...] = Field(min_length=2)


@event(
    "recruitment.candidate.screened",
    topic=RECRUITMENT.name,
    privacy=Privacy.PERSONAL,
    meaning="A named coordinator decided about a candidate; on `accepted` training may begin.",
)
class CandidateScreened(CandidateEvent):
    """The decision, in codes. The reason stays in recruitment and is told to the person there."""

    outcome: ScreeningOutcome
    decided_by: Id
    criteria_met: tuple[Code, ...] = Field(default=(), description="Selection criteria met, as codes.")
    checks_cleared: tuple[Code, ...] = Field(default=(), description="Checks that were cleared, as codes.")
    deferred_until: Moment | None = None


@event(
    "recruitment.candidate.withdrawn",
    topic=RECRUITMENT.name,
    privacy=Privacy.PERSONAL,
    meaning="An application was taken back, by the person or by a coordinator on their behalf.",
)
class CandidateWithdrawn(CandidateEvent):
    """`by` names who did it. Nothing more is told: no person has to give a reason."""

    by: Id
