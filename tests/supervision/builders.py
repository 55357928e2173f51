"""People, placements and supervisors for tests, each complete and changed only where a test says so."""

from datetime import UTC, datetime, timedelta
from itertools import count

from services.supervision.domain.assignment import assign
from services.supervision.domain.hours import HoursDraft
from services.supervision.domain.placement import Placement
from services.supervision.domain.session import SessionDraft, SessionText
from services.supervision.domain.supervisor import Supervisor
from services.supervision.settings import read_practice
from shared.contracts.supervision import SessionKind
from shared.contracts.training import TrainingCompleted

PRACTICE = read_practice()
OPENED = datetime(2026, 3, 2, 9, tzinfo=UTC)
"""When training was completed, a Monday."""
MENTOR, SUPERVISOR, COORDINATOR = "mentor-ana", "supervisor-sam", "coordinator-cleo"
SITE = "riverside"

_numbers = count(1)


def new(kind: str) -> str:
    """An id no other has had in this run."""
    return f"{kind}-{next(_numbers)}"


def after(*, days: float = 0, hours: float = 0) -> datetime:
    """A time after the placement opened."""
    return OPENED + timedelta(days=days, hours=hours)


def completed(
    *, enrolment: str = "enrolment-1", person: str = MENTOR, site: str = SITE, hours: float = 60
) -> TrainingCompleted:
    return TrainingCompleted(
        site=site,
        person=person,
        enrolment=enrolment,
        programme="core",
        training_hours=40,
        supervised_hours_required=hours,
    )


def waiting_placement(*, enrolment: str = "enrolment-1", person: str = MENTOR, site: str = SITE) -> Placement:
    """A placement as it opens: nobody supervises it yet."""
    training = completed(enrolment=enrolment, person=person, site=site)
    return Placement.open(training, practice=PRACTICE, now=OPENED)


def supervisor(
    person: str = SUPERVISOR,
    *,
    site: str = SITE,
    limit: int = 5,
    conflicts: tuple[str, ...] = (),
    active: bool = True,
) -> Supervisor:
    return Supervisor.appoint(person, site=site, caseload_limit=limit, conflicts=conflicts, active=active)


def supervised_placement() -> Placement:
    """A placement whose supervisor was assigned one hour after it opened."""
    placement = waiting_placement()
    assign(placement, to=supervisor(), previous=None, by=COORDINATOR, now=after(hours=1))
    return placement


def session(
    *,
    held: datetime | None = None,
    minutes: int = 50,
    topics: tuple[str, ...] = ("wellbeing",),
    notes: str = "",
    kind: SessionKind = SessionKind.INDIVIDUAL,
) -> SessionDraft:
    return SessionDraft(
        kind=kind,
        held=held or after(hours=2),
        minutes=minutes,
        topics=topics,
        text=SessionText(notes=notes),
    )


def work(
    hours: float = 4, *, worked_on: datetime | None = None, bucket: str = "peer_support", note: str = ""
) -> HoursDraft:
    return HoursDraft(bucket=bucket, hours=hours, worked_on=(worked_on or OPENED).date(), note=note)


def full_scores(score: int = 4) -> dict[str, int]:
    """Every criterion of the rubric with the same score."""
    return dict.fromkeys(PRACTICE.review_criteria, score)
