"""What supervision tells the world: placements, sessions, hours and reviews."""

from enum import StrEnum

from pydantic import Field

from shared.contracts.envelope import Code, Id, Moment, PersonEvent, Privacy, event
from shared.contracts.topics import SUPERVISION


class SessionKind(StrEnum):
    """What kind of meeting a supervision session was."""

    INDIVIDUAL = "individual"
    DEBRIEF = "debrief"
    GROUP = "group"
    OBSERVATION = "observation"


class ReviewOutcome(StrEnum):
    """How a performance review ended."""

    MEETS = "meets"
    DEVELOPING = "developing"


class PlacementEvent(PersonEvent):
    """Common to every event of a placement."""

    placement: Id
    programme: Code


@event(
    "supervision.placement.opened",
    topic=SUPERVISION.name,
    privacy=Privacy.PERSONAL,
    meaning="A person's supervised work can begin as soon as a supervisor is assigned.",
)
class PlacementOpened(PlacementEvent):
    """Opened without a supervisor: the queue of those who wait for one is visible at the site."""

    enrolment: Id
    supervised_hours_required: float = Field(ge=0)


@event(
    "supervision.supervisor.assigned",
    topic=SUPERVISION.name,
    privacy=Privacy.PERSONAL,
    meaning="A supervisor of the same site took responsibility for a person's supervised work.",
)
class SupervisorAssigned(PlacementEvent):
    """`previous` is the supervisor before, if there was one; `next_due` is when they are to meet next."""

    supervisor: Id
    assigned_by: Id
    previous: Id | None = None
    next_due: Moment | None = None


@event(
    "supervision.supervision.logged",
    topic=SUPERVISION.name,
    privacy=Privacy.PERSONAL,
    meaning="A supervision session took place and was written down; its notes stay in supervision.",
)
class SupervisionLogged(PlacementEvent):
    """`topics` are codes. For a group there is one event per person who took part."""

    session: Id
    supervisor: Id
    kind: SessionKind
    held: Moment
    minutes: int = Field(gt=0, le=480)
    topics: tuple[Code, ...] = ()
    next_due: Moment | None = None


@event(
    "supervision.supervision.overdue",
    topic=SUPERVISION.name,
    privacy=Privacy.PERSONAL,
    meaning="The next supervision session is past its date and its grace time.",
)
class SupervisionOverdue(PlacementEvent):
    """`due` is the date that was missed. It is told again once per cadence until a session is held."""

    due: Moment
    supervisor: Id | None = None


@event(
    "supervision.hours.reported",
    topic=SUPERVISION.name,
    privacy=Privacy.PERSONAL,
    meaning="A mentor reported hours of supervised work; they count once somebody else signs them.",
)
class HoursReported(PlacementEvent):
    """`entry` is the line in the ledger, `bucket` the kind of work.

    A correction names in `corrects` an approved entry; its `hours` are the difference, below 0 to take some back.
    """

    entry: Id
    bucket: Code
    hours: float = Field(ge=-24, le=24)
    corrects: Id | None = None


@event(
    "supervision.hours.approved",
    topic=SUPERVISION.name,
    privacy=Privacy.PERSONAL,
    meaning="Somebody other than the mentor signed off reported hours.",
)
class HoursApproved(PlacementEvent):
    """`total` is the sum of approved hours of the placement after this entry; a correction can lower it."""

    entry: Id
    bucket: Code
    hours: float
    total: float
    approved_by: Id


@event(
    "supervision.hours.returned",
    topic=SUPERVISION.name,
    privacy=Privacy.PERSONAL,
    meaning="Reported hours were returned to the mentor with a reason to look at.",
)
class HoursReturned(PlacementEvent):
    """The reason itself stays in supervision."""

    entry: Id
    returned_by: Id


@event(
    "supervision.performance.reviewed",
    topic=SUPERVISION.name,
    privacy=Privacy.PERSONAL,
    meaning="A mentor's performance review was completed on the rubric.",
)
class PerformanceReviewed(PlacementEvent):
    """`scores` by criterion stay in supervision; the outcome is what others need."""

    review: Id
    reviewer: Id
    outcome: ReviewOutcome


@event(
    "supervision.placement.closed",
    topic=SUPERVISION.name,
    privacy=Privacy.PERSONAL,
    meaning="A person's supervised work at this placement ended.",
)
class PlacementClosed(PlacementEvent):
    """`reason` is a code such as `completed` or `moved`. Hours that wait may still be decided afterwards."""

    reason: Code


@event(
    "supervision.cadence.deadline",
    topic=SUPERVISION.name,
    privacy=Privacy.PERSONAL,
    meaning="Supervision's own reminder that a session's date and grace time have passed; of no use to others.",
)
class CadenceDeadline(PlacementEvent):
    """A timer: `due` names the obligation it was set for, so one met in time ignores it."""

    due: Moment
