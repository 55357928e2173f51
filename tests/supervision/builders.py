"""People, placements and supervisors for tests, each complete and changed only where a test says so."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TypeVar

from services.supervision.domain.assignment import assign
from services.supervision.domain.charge import Assignment, AssignmentText, Closing
from services.supervision.domain.hours import HoursDraft, HoursEntry, Workday
from services.supervision.domain.placement import Placement
from services.supervision.domain.session import Session, SessionDraft, SessionText
from services.supervision.domain.supervisor import Supervisor
from services.supervision.settings import read_practice
from shared.contracts.supervision import ReviewOutcome, SessionKind
from shared.contracts.training import TrainingCompleted
from shared.domain.aggregate import Value
from shared.domain.people import Actor, Grant, Role
from shared.domain.sealed import Sealed

PRACTICE = read_practice()
OPENED = datetime(2026, 3, 2, 9, tzinfo=UTC)
"""When training was completed, a Monday."""
MENTOR, SUPERVISOR, COORDINATOR = "mentor-ana", "supervisor-sam", "coordinator-cleo"
OTHER, ASSESSOR = "supervisor-lee", "assessor-aron"
SITE = "riverside"

_numbers = count(1)

V = TypeVar("V", bound=Value)


def new(kind: str) -> str:
    """An id no other has had in this run."""
    return f"{kind}-{next(_numbers)}"


def after(*, days: float = 0, hours: float = 0) -> datetime:
    """A time after the placement opened."""
    return OPENED + timedelta(days=days, hours=hours)


def actor(person: str, role: Role | None = None, *, site: str = SITE) -> Actor:
    """Somebody signed in, with one role or none."""
    return Actor(person=person, grants=frozenset({Grant(role=role, site=site)} if role else ()))


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
        assessed_by=ASSESSOR,
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
    return Supervisor.appoint(
        person,
        site=site,
        caseload_limit=limit,
        conflicts=conflicts,
        active=active,
        by=COORDINATOR,
        now=OPENED,
    )


def give(
    placement: Placement,
    to: Supervisor,
    *,
    previous: Supervisor | None = None,
    mentor: Supervisor | None = None,
    by: str = COORDINATOR,
    at: datetime | None = None,
    reason: str | None = None,
    since: datetime | None = None,
) -> None:
    """Assign, one hour after the opening unless said otherwise, with a reason where one is needed."""
    if reason is None:
        reason = "on leave" if placement.supervisor or since else ""
    text = Sealed.of(AssignmentText(reason=reason))
    assignment = Assignment(supervisor=to.person, by=by, at=at or after(hours=1), text=text, since=since)
    assign(placement, assignment, to=to, previous=previous, mentor=mentor)


def supervised_placement() -> Placement:
    """A placement whose supervisor was assigned one hour after it opened."""
    placement = waiting_placement()
    give(placement, supervisor())
    return placement


def closing(reason: str = "completed", *, by: str = COORDINATOR, at: datetime | None = None) -> Closing:
    return Closing(by=by, reason=reason, at=at or after(days=90))


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


def log(
    placement: Placement, draft: SessionDraft, *, by: str = SUPERVISOR, now: datetime | None = None
) -> Session:
    """Write a session down, long after it was held unless said otherwise."""
    return placement.log_session(new("session"), draft, by=by, practice=PRACTICE, now=now or after(days=60))


def work(
    hours: float = 4,
    *,
    worked_on: datetime | None = None,
    bucket: str = "peer_support",
    note: str = "",
    corrects: str | None = None,
) -> HoursDraft:
    return HoursDraft(
        bucket=bucket, hours=hours, worked_on=(worked_on or OPENED).date(), note=note, corrects=corrects
    )


def report(
    placement: Placement,
    draft: HoursDraft,
    *,
    among: Iterable[HoursEntry] = (),
    by: str = MENTOR,
    now: datetime | None = None,
) -> HoursEntry:
    """Report hours; `among` are the entries there are, of whatever day."""
    day = Workday([entry for entry in among if entry.worked_on == draft.day])
    return placement.report_hours(
        new("entry"), draft, day=day, by=by, practice=PRACTICE, now=now or after(days=5)
    )


def approve(placement: Placement, entry: HoursEntry | None, *, by: str = SUPERVISOR) -> None:
    placement.approve_hours(entry, by=by, now=after(days=6))


def give_back(
    placement: Placement, entry: HoursEntry | None, *, by: str = SUPERVISOR, reason: str = "which day?"
) -> None:
    placement.return_hours(entry, by=by, reason=reason, now=after(days=6))


def full_scores(score: int = 4) -> dict[str, int]:
    """Every criterion of the rubric with the same score."""
    return dict.fromkeys(PRACTICE.review_criteria, score)


def review(
    placement: Placement,
    *,
    id: str = "review-1",
    by: str = SUPERVISOR,
    scores: dict[str, int] | None = None,
    outcome: ReviewOutcome = ReviewOutcome.MEETS,
) -> None:
    placement.review_performance(
        id,
        by=by,
        scores=full_scores() if scores is None else scores,
        outcome=outcome,
        practice=PRACTICE,
        now=after(days=30),
    )


def words(part: Sealed[V]) -> V:
    """A text that is open, and there."""
    text = part.read()
    assert text is not None
    return text
